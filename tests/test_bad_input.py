"""Bad input, end to end: one clear error, and the object as it was."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from mudata import MuData
from scipy import sparse

import spamca

VERBS = {
    "prepare": lambda mdata, **given: spamca.pp.prepare(mdata, **given),
    "neighbors": lambda mdata, **given: spamca.pp.neighbors(mdata, **given),
    "integrate": lambda mdata, **given: spamca.tl.integrate(mdata, **{"max_epochs": 2, "progress_bar": False} | given),
    "cluster": lambda mdata, **given: spamca.tl.cluster(mdata, **given),
}
ALL, BEFORE = tuple(VERBS), ("prepare", "neighbors", "integrate")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*obs_names:UserWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index:DeprecationWarning"),
]


def freeze(value):
    """A deep copy that can be compared."""
    if isinstance(value, Mapping):
        return {key: freeze(value[key]) for key in value}
    if sparse.issparse(value):
        return (
            "sparse",
            value.format,
            value.shape,
            value.dtype,
            value.indptr.copy(),
            value.indices.copy(),
            value.data.copy(),
        )
    return value.copy() if isinstance(value, (np.ndarray, pd.DataFrame, pd.Index)) else deepcopy(value)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (pd.DataFrame, pd.Index)):
        return a.equals(b)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return a == b


def snapshot(mdata):
    parts = ("obs", "var", "obsm", "obsp", "varm", "varp", "uns")
    of = lambda holder: {part: freeze(getattr(holder, part)) for part in parts}  # noqa: E731
    own = {name: of(m) | {"X": freeze(m.X), "layers": freeze(m.layers)} for name, m in mdata.mod.items()}
    return {"mdata": of(mdata) | {"obs_names": mdata.obs_names.copy()}, "modalities": own}


def without_coordinates(mdata):
    for holder in (mdata, *mdata.mod.values()):
        if "spatial" in holder.obsm:
            del holder.obsm["spatial"]


def coordinates_with_nan(mdata):
    for holder in (mdata, *mdata.mod.values()):
        if "spatial" in holder.obsm:
            holder.obsm["spatial"] = np.where(np.arange(holder.n_obs)[:, None] == 3, np.nan, holder.obsm["spatial"])


def features_with(value):
    def spoil(mdata):
        mdata["protein"].X = mdata["protein"].X.toarray() if sparse.issparse(mdata["protein"].X) else mdata["protein"].X
        mdata["protein"].X[5, 2] = value

    return spoil


def few_spots(n):
    return lambda mdata: mdata[:n].copy()


def repeated_names(mdata):
    names = mdata.obs_names.to_numpy(copy=True).astype(object)
    names[1] = names[0]
    for modality in mdata.mod.values():
        modality.obs_names = names
    return MuData(dict(mdata.mod))


def repeated_in_one(mdata):
    names = mdata.obs_names.to_numpy(copy=True).astype(object)
    names[1] = names[0]
    mdata["rna"].obs_names = names


def no_common_spot(mdata):
    mdata["rna"].obs_names = [f"other{i}" for i in range(mdata.n_obs)]
    return MuData(dict(mdata.mod))


def no_variation(mdata):
    mdata["protein"].X = np.ones(mdata["protein"].shape, dtype=np.float32)


def complex_features(mdata):
    mdata["protein"].X = np.ones(mdata["protein"].shape, dtype=np.complex64)


def foreign_record(mdata):
    mdata["rna"].uns["spamca"] = "x"


# What spoils the tissue, arguments, error, message, verbs.
SPOILED = {
    "no coordinates": (without_coordinates, {}, KeyError, "no coordinates", ("neighbors", "integrate")),
    "coordinates with NaN": (
        coordinates_with_nan,
        {},
        ValueError,
        "'spatial'. must be finite",
        ("neighbors", "integrate"),
    ),
    "NaN among features": (features_with(np.nan), {}, ValueError, "'protein' must be finite", BEFORE),
    "infinity among features": (features_with(np.inf), {}, ValueError, "'protein' must be finite", BEFORE),
    "one negative count": (features_with(-1), {}, ValueError, "'protein' is to be prepared as counts", BEFORE),
    "complex features": (complex_features, {}, ValueError, "'protein' must be real numbers, got complex", BEFORE),
    "record of the user's": (
        foreign_record,
        {},
        ValueError,
        r"mdata\['rna'\].uns\['spamca'\] must be the record",
        ("prepare", "neighbors"),
    ),
    "negative counts": (
        features_with(-1),
        {"kinds": {"protein": "protein"}},
        ValueError,
        "'protein' is to be prepared as counts but holds negative values",
        ("prepare",),
    ),
    "features that do not vary": (no_variation, {}, ValueError, "modality 'protein' cannot be prepared", BEFORE),
    "one spot": (few_spots(1), {}, ValueError, "at least 2 spots, it has 1", ALL),
    "fewer spots than neighbours": (
        few_spots(10),
        {"n_neighbors": 10},
        ValueError,
        "n_neighbors must be less than the 10",
        ("neighbors",),
    ),
    "fewer spots than spatial neighbours": (
        few_spots(10),
        {"n_neighbors": 3, "n_neighs": 10},
        ValueError,
        "n_neighs must be less than the 10 spots of mdata, got 10",
        ("neighbors",),
    ),
    "repeated names": (repeated_names, {}, ValueError, "obs_names must be unique", ALL),
    "repeated names in one modality": (repeated_in_one, {}, ValueError, "obs_names must be unique", ALL),
    "no common spot": (no_common_spot, {}, ValueError, "no spot in common", ALL),
}
# Arguments, error, message, verbs.
ARGUMENTS = {
    "column of the user's": (
        {"key_added": "label"},
        ValueError,
        r"would replace mdata.obs\['label'\]",
        ("integrate", "cluster"),
    ),
    "kinds that are no mapping": ({"kinds": "rna"}, TypeError, "kinds must be a mapping", ("prepare",)),
    "radius in words": (
        {"radius": "3"},
        TypeError,
        "radius must be a number, .*got '3'",
        ("neighbors",),
    ),
    "longest edge in words": (
        {"delaunay": True, "radius": "a"},
        TypeError,
        "radius must be a number, .*got 'a'",
        ("neighbors",),
    ),
    "rings in words": (
        {"n_rings": "2"},
        TypeError,
        "n_rings must be an integer, got '2'",
        ("neighbors",),
    ),
    "representation by number": ({"use_rep": 3}, TypeError, "use_rep must be the name of a slot", ("neighbors",)),
    "representations by number": (
        {"use_rep": {"rna": 3}},
        TypeError,
        r"use_rep\['rna'\] must be a string, got 3",
        ("neighbors",),
    ),
    "search in words": ({"approximate": "yes"}, TypeError, "approximate must be True, False", ("neighbors",)),
    "unknown kind": ({"kinds": {"rna": "dna"}}, ValueError, r"kinds\['rna'\] must be one of .* 'dna'", ("prepare",)),
    "kind of an unknown modality": ({"kinds": {"x": "rna"}}, KeyError, "kinds names modality 'x'", ("prepare",)),
    "no component": ({"n_comps": 0}, ValueError, "n_comps must be at least 1, got 0", ("prepare",)),
    "unknown graph kind": ({"coord_type": "x"}, ValueError, "coord_type must be one of", ("neighbors",)),
    "unknown metric": ({"metric": "x"}, ValueError, "metric must be one of .* 'x'", ("neighbors",)),
    "radius without length": ({"radius": 0}, ValueError, "radius must be", ("neighbors",)),
    "unknown representation": ({"use_rep": "X_x"}, KeyError, "use_rep='X_x' is not in", ("neighbors",)),
    "representation of an unknown modality": ({"use_rep": {"x": "X_x"}}, KeyError, "modality 'x'", ("neighbors",)),
    "trust in an unknown modality": (
        {"modality_trust": {"x": 1.0}},
        KeyError,
        "modality_trust names modality 'x', but mdata has",
        ("integrate",),
    ),
    "trust above one": (
        {"modality_trust": {"rna": 2}},
        ValueError,
        r"modality_trust\['rna'\] must lie between 0 and 1, got 2",
        ("integrate",),
    ),
    "trust in words": (
        {"modality_trust": {"rna": "high"}},
        TypeError,
        r"modality_trust\['rna'\] must be a number, got 'high'",
        ("integrate",),
    ),
    "trust in nothing": (
        {"modality_trust": {"rna": 0, "protein": 0}},
        ValueError,
        "modality_trust must trust at least one modality, got {'rna': 0, 'protein': 0}",
        ("integrate",),
    ),
    "trust that is no mapping": (
        {"modality_trust": 0.5},
        TypeError,
        "modality_trust must be a mapping",
        ("integrate",),
    ),
    "unknown view": ({"settings": {"views": ("spatial", "x")}}, ValueError, "views must be some of", ("integrate",)),
    "unknown graph": ({"spatial_graph": "x"}, KeyError, "spatial_graph='x'", ("neighbors",)),
    "unknown sections": ({"library_key": "x"}, KeyError, "library_key='x' is not a column", ("neighbors",)),
    "key of a modality": ({"key_added": "rna"}, ValueError, "key_added='rna' collides", ("integrate", "cluster")),
    "empty key": ({"key_added": ""}, ValueError, "key_added must be", ("integrate", "cluster")),
} | {
    f"n_clusters={n}": ({"n_clusters": n}, ValueError, f"n_clusters .*got {n}", ("integrate", "cluster"))
    for n in (0, 226)
}
ARGUMENTS |= {
    f"random_state={seed!r}": ({"random_state": seed}, error, f"random_state must .*got {seed!r}", ALL)
    for seed, error in (("a", TypeError), (1.5, TypeError), (2**70, ValueError), (-1, ValueError))
}
CASES = SPOILED | {case: (None, *row) for case, row in ARGUMENTS.items()}


@pytest.mark.parametrize(("case", "verb"), [(case, verb) for case, row in CASES.items() for verb in row[-1]])
def test_one_clear_error_and_nothing_changed(tissue, integrated, case, verb):
    spoil, given, error, message, _ = CASES[case]
    mdata = integrated if verb == "cluster" else tissue
    if spoil is not None:
        mdata = spoil(mdata) or mdata
    before = snapshot(mdata)
    with pytest.raises(error, match=message) as caught:
        VERBS[verb](mdata, **given)
    assert len(str(caught.value).splitlines()) == 1
    assert same(snapshot(mdata), before)


@pytest.mark.parametrize("verb", VERBS)
def test_no_mudata(tissue, verb):
    adata = tissue["rna"]
    with pytest.raises(TypeError, match="mdata must be a MuData, got AnnData"):
        VERBS[verb](adata)


def test_snapshot_sees_a_change(tissue):
    before = snapshot(tissue)
    assert same(snapshot(tissue), before)
    spamca.pp.neighbors(tissue)
    assert not same(snapshot(tissue), before)
