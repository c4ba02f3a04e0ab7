"""Tissue of any kind: it is handled, or an error of ours says why not and leaves it as it was; and what must not matter does not.

``SPAMCA_EXAMPLES=2000`` in the environment makes it 2,000 examples and not 15.
"""

from __future__ import annotations

import logging
import os
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mudata import MuData
from scipy import sparse

import spamca

if TYPE_CHECKING:
    from collections.abc import Iterator

# A search for domains that takes a fraction of the time.
LIGHT = {"n_starts": 2, "n_groups": 2, "n_blanks": 2, "reference_starts": 1, "scales": (1, 2)}
EXAMPLES = int(os.environ.get("SPAMCA_EXAMPLES", "15"))
OURS = str(Path(spamca.__file__).parent)

NAMES = ("rna", "protein", "atac", "image", "metabolites", "other", "Gene Expression", "ADT_2")
COORDINATES = ("lattice", "points", "line", "one place", "integers", "far", "tiny", "block", "flat block")
COLUMNS = ("none", "none", "none", "string", "categorical", "unused", "number", "flag", "missing")
HOLES = (*("none", "rows", "nan rows", "column", "half") * 4, "nan", "infinite", "all")


@st.composite
def matrices(draw: Any, n: int) -> Any:
    """Features (n, p) of one modality, with holes."""
    p, rng = draw(st.sampled_from([6, 12, 8, 3, 1])), np.random.default_rng(draw(st.integers(0, 99)))
    X = rng.poisson(draw(st.sampled_from([3, 50, 0.2])), (n, p)).astype(float)
    if not draw(st.booleans()):
        X[: n // 2, ::2] *= 9  # two domains
    what = draw(st.sampled_from(["counts", "logged", "scaled", "fractions"]))
    if what != "counts":
        X = np.log1p(X)
    if what == "scaled":
        X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9)
    elif what == "fractions":
        X = X / np.maximum(X.sum(axis=1, keepdims=True), 1)
    hole = draw(st.sampled_from(HOLES))
    some = rng.random(n) < 0.2
    if hole == "rows":
        X[some] = 0
    elif hole == "nan rows":
        X[some] = np.nan
    elif hole == "nan":
        X[0, 0] = np.nan
    elif hole == "infinite":
        X[-1, -1] = np.inf
    elif hole == "column":
        X[:, 0] = 7
    elif hole == "all":
        X[:] = 0
    elif hole == "half":
        X[n // 2 :] = 0
    whole = what == "counts" and np.isfinite(X).all()
    X = X.astype(draw(st.sampled_from([np.float32, np.float64, *([np.int64, np.uint16, np.int8] if whole else [])])))
    return draw(st.sampled_from([np.array, np.asfortranarray, sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array]))(
        X
    )


@st.composite
def places(draw: Any, n: int) -> np.ndarray:
    """Coordinates (n, 2), or (n, 3)."""
    kind, rng = draw(st.sampled_from(COORDINATES)), np.random.default_rng(draw(st.integers(0, 9)))
    side = int(np.ceil(np.sqrt(n)))
    lattice = np.column_stack([np.arange(n) % side, np.arange(n) // side]).astype(float)
    points = rng.random((n, 2))
    return {
        "lattice": lattice,
        "points": points,
        "line": lattice * [1, 0],
        "one place": np.zeros((n, 2)),
        "integers": lattice.astype(np.int32),
        "far": points + 1e9,
        "tiny": points * 1e-12,
        "block": np.column_stack([points, rng.integers(0, 3, n)]),
        "flat block": np.column_stack([points, np.full(n, 5.0)]),
    }[kind]


def column(kind: str, n: int) -> Any:
    """A column of obs of a kind."""
    text = np.where(np.arange(n) < n // 2, "a", "b")
    return {
        "string": text,
        "categorical": pd.Categorical(text),
        "unused": pd.Categorical(text, ["b", "c", "a"]),
        "number": np.arange(n) % 2,
        "flag": np.arange(n) % 2 == 0,
        "missing": pd.Categorical(np.where(np.arange(n) == 0, None, text)),
    }[kind]


@st.composite
def recipes(draw: Any) -> dict[str, Any]:
    """What :func:`tissue_of` makes a tissue of."""
    n = draw(st.sampled_from([30, 48, 9, 30, 3, 48, 2]))
    modalities: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        order = np.arange(n)
        if draw(st.booleans()):
            order = np.random.default_rng(draw(st.integers(0, 9))).permutation(n)
        if modalities and n > 8 and draw(st.booleans()):
            order = order[: -n // 4]
        modalities[name] = draw(matrices(n)), order
    return {
        "modalities": modalities,
        "place": draw(places(n)),
        "where": draw(st.sampled_from(["first", "every", "joint"])),
        "column": (draw(st.sampled_from(["section", "label", "batch"])), draw(st.sampled_from(COLUMNS))),
        "view": draw(st.integers(0, 19)) == 13,
    }


def tissue_of(recipe: dict[str, Any]) -> MuData:
    mod, place = {}, recipe["place"]
    spots = pd.Index([f"spot {i}" for i in range(len(place))])
    for name, (X, order) in recipe["modalities"].items():
        var = pd.DataFrame(index=[f"{name}:{j}" for j in range(X.shape[1])])
        mod[name] = AnnData(X[order], pd.DataFrame(index=spots[order]), var)
        if recipe["where"] == "every" or (recipe["where"] == "first" and len(mod) == 1):
            mod[name].obsm["spatial"] = place[order]
    with warnings.catch_warnings(action="ignore"):
        mdata = MuData(mod)
    if recipe["where"] == "joint":
        mdata.obsm["spatial"] = place[spots.get_indexer(mdata.obs_names)]
    key, kind = recipe["column"]
    if kind != "none":
        mdata.obs[key] = column(kind, mdata.n_obs)
    return mdata[::-1] if recipe["view"] else mdata


def contents(mdata: MuData) -> dict[str, Any]:
    """What a MuData holds, to see whether it changed."""
    holders = {"": mdata, **mdata.mod}
    out: dict[str, Any] = {name: sorted([*one.obs, *one.obsm, *one.obsp, *one.uns]) for name, one in holders.items()}
    return out | {"obs": mdata.obs.copy()}


def calls(mdata: MuData) -> Any:
    """The four calls, and what to give them."""
    library = "section" if "section" in mdata.obs else None
    named = {} if library is None else {"library_key": library}
    yield spamca.pp.neighbors, named
    yield spamca.tl.integrate, {"n_clusters": 2, "settings": LIGHT, "max_epochs": 0, "progress_bar": False}
    yield spamca.tl.transform, {"model": mdata}
    yield spamca.pl.spatial_clusters, named


@given(recipes())
@settings(
    deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=EXAMPLES, database=None
)
@pytest.mark.slow
def test_it_works_or_an_error_of_ours_says_why(recipe: dict[str, Any]) -> None:
    ended = check_calls(tissue_of(recipe))
    if log := os.environ.get("SPAMCA_EXAMPLES_LOG"):
        with Path(log).open("a") as file:
            file.write(f"{ended}\n")


@pytest.fixture(autouse=True, scope="module")
def without_logs() -> Iterator[None]:
    logger = logging.getLogger("spamca")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


def check_calls(mdata: MuData) -> str:
    """Run the four calls; an AssertionError where one fails obscurely or leaves traces. The last call, and how it ended."""
    import matplotlib.pyplot as plt

    for verb, given_arguments in calls(mdata):
        before = contents(mdata)
        try:
            if verb is spamca.tl.transform:
                new = mdata.copy()
                verb(new, **given_arguments)
            else:
                verb(mdata, **given_arguments)
        except (KeyError, TypeError, ValueError) as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            ended = f"{verb.__name__}: {error}"
        else:
            plt.close("all")
            continue
        assert frame.filename.startswith(OURS), ended
        assert str(frame.line).startswith("raise"), ended
        after = contents(mdata)
        pd.testing.assert_frame_equal(before.pop("obs"), after.pop("obs"))
        assert before == after
        return ended
    n_missing = int(mdata.obs["spamca"].isna().sum())
    assert not n_missing
    assert np.isfinite(mdata.obsm["X_spamca"]).all()
    assert np.isfinite(mdata.obs["spamca_confidence"]).all()
    return "works"


# What must not matter


@pytest.fixture(scope="module")
def reference():
    mdata = spamca.datasets.simulated(n_spots=225, n_domains=3, n_features=40, difficulty=0.2)
    return mdata, found(mdata.copy())


def found(mdata: MuData) -> pd.Series:
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, 3, max_epochs=0, progress_bar=False, settings=LIGHT)
    return mdata.obs["spamca"].astype(str)


def moved(mdata: MuData, function: Any) -> MuData:
    out = mdata.copy()
    for holder in (out, *out.mod.values()):
        if "spatial" in holder.obsm:
            holder.obsm["spatial"] = function(np.asarray(holder.obsm["spatial"]))
    return out


def renamed(mdata: MuData) -> MuData:
    out = mdata.copy()
    for modality in out.mod.values():
        modality.obs_names = [f"cell-{name}" for name in modality.obs_names]
        modality.var_names = [f"feature-{name}" for name in modality.var_names]
    with warnings.catch_warnings(action="ignore"):
        return MuData(dict(out.mod))


def with_constants(mdata: MuData) -> MuData:
    mod = {}
    for name, modality in mdata.mod.items():
        X = np.hstack([modality.X.toarray(), np.zeros((modality.n_obs, 3), dtype=np.float32)])
        var = pd.DataFrame(index=[*modality.var_names, *(f"{name} constant {j}" for j in range(3))])
        mod[name] = AnnData(sparse.csr_matrix(X), modality.obs[[]], var, obsm={"spatial": modality.obsm["spatial"]})
    return MuData(mod)


def turned(coords: np.ndarray) -> np.ndarray:
    angle = np.deg2rad(30)
    return coords @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


ALTERED = {
    "names": renamed,
    "rotation": lambda mdata: moved(mdata, turned),
    "shift": lambda mdata: moved(mdata, lambda coords: coords + np.array([1e5, -300])),
    "scale": lambda mdata: moved(mdata, lambda coords: coords * 1e-3),
    "mirror": lambda mdata: moved(mdata, lambda coords: coords * [-1, 1]),
    "constant features": with_constants,
}


@pytest.mark.parametrize("what", ALTERED)
def test_what_does_not_matter(reference, what):
    mdata, expected = reference
    assert (found(ALTERED[what](mdata)).to_numpy() == expected.to_numpy()).mean() > 0.99


def test_order_of_spots_does_not_matter(reference):
    mdata, expected = reference
    order = np.random.default_rng(0).permutation(mdata.n_obs)
    other = MuData({name: modality[order].copy() for name, modality in mdata.mod.items()})
    labels = found(other).loc[expected.index]
    pairs = pd.crosstab(labels, expected).to_numpy()
    assert pairs.max(axis=1).sum() > 0.97 * mdata.n_obs
