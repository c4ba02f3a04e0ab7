from __future__ import annotations

import subprocess
import sys
import time
from itertools import product

import mudata
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import kneighbors_graph

from spamca.datasets import simulated


def test_holds_counts_truth_and_coordinates():
    mdata = simulated(n_spots=300)
    assert list(mdata.mod) == ["rna", "protein"]
    label = mdata.obs["label"]
    assert isinstance(label.dtype, pd.CategoricalDtype)
    assert not label.cat.ordered
    assert label.cat.categories.tolist() == [f"domain {i}" for i in range(1, 6)]
    assert label.value_counts().min() > 0
    assert mdata.obsm["spatial"].shape == (300, 2)
    for modality in mdata.mod.values():
        assert modality.X.format == "csr"
        assert modality.X.dtype == np.float32
        assert modality.X.data.min() >= 1
        assert (modality.X.data == np.round(modality.X.data)).all()
        assert (modality.obsm["spatial"] == mdata.obsm["spatial"]).all()
        assert set(modality.var) == {"feature_types", "marker"}
        assert "mean" not in modality.layers
    assert mdata.var_names.is_unique
    assert mdata["rna"].n_vars == 300
    assert mdata["protein"].n_vars == 60


def test_says_what_each_modality_sees():
    mdata = simulated(n_spots=200, n_domains=4, modalities=["rna", "protein", "atac"])
    seen = mdata.uns["simulation"]["seen_as"]
    assert list(seen) == ["rna", "protein", "atac"]
    assert seen.loc["domain 1", "rna"] == seen.loc["domain 2", "rna"] == "domain 1 or domain 2"
    assert seen.loc["domain 1", "protein"] != seen.loc["domain 2", "protein"]
    assert len(seen.drop_duplicates()) == 4


def test_any_number_of_modalities_by_any_name():
    mdata = simulated(n_spots=60, n_domains=2, modalities={"rna": "rna", "adt": "protein", "more": "rna"}, n_features=9)
    assert list(mdata.mod) == ["rna", "adt", "more"]
    assert mdata.uns["simulation"]["kinds"] == {"rna": "rna", "adt": "protein", "more": "rna"}
    assert mdata.var_names.is_unique
    assert mdata["more"].var_names[0] == "gene10"
    assert mdata["adt"].var["feature_types"].iloc[0] == "Antibody Capture"
    assert simulated(n_spots=60, n_domains=2, modalities="atac", n_features=30)["atac"].var_names.is_unique


def test_features_by_modality():
    mdata = simulated(n_spots=60, n_domains=2, n_features={"protein": 7})
    assert (mdata["rna"].n_vars, mdata["protein"].n_vars) == (300, 7)


@pytest.mark.parametrize(("layout", "pattern"), list(product(["grid", "hexagonal", "random"], ["blobs", "layers"])))
def test_same_seed_same_tissue(layout, pattern):
    def draw(seed: int) -> mudata.MuData:
        return simulated(n_spots=150, n_domains=3, n_features=5, layout=layout, pattern=pattern, random_state=seed)

    first, again, other = draw(0), draw(0), draw(1)
    assert (first.obsm["spatial"] == again.obsm["spatial"]).all()
    assert first.obs["label"].equals(again.obs["label"])
    assert (first["rna"].X != again["rna"].X).nnz == 0
    assert not first.obs["label"].equals(other.obs["label"])
    assert (first["rna"].X != other["rna"].X).nnz > 0


def test_global_random_state_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    simulated(n_spots=50, n_domains=2)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_root_logger_is_left_alone():
    code = "import logging, spamca; spamca.datasets.simulated(n_spots=50, n_domains=3); print(len(logging.getLogger().handlers))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_means_are_kept_on_demand():
    mdata = simulated(n_spots=500, n_domains=3, n_features=20, means=True, difficulty=0)
    mean = mdata["rna"].layers["mean"]
    assert mean.shape == (500, 20)
    assert np.corrcoef(mean.ravel(), mdata["rna"].X.toarray().ravel())[0, 1] > 0.5
    plain = simulated(n_spots=500, n_domains=3, n_features=20, difficulty=0)
    assert (plain["rna"].X != mdata["rna"].X).nnz == 0


def test_survives_a_file(tmp_path):
    mdata = simulated(n_spots=50, n_domains=3, n_features=4, means=True)
    mdata.write(tmp_path / "tissue.h5mu")
    back = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert back.obs["label"].tolist() == mdata.obs["label"].tolist()
    assert not back.obs["label"].cat.ordered
    pd.testing.assert_frame_equal(
        back.uns["simulation"]["seen_as"].astype(object),
        mdata.uns["simulation"]["seen_as"].astype(object),
        check_index_type=False,
        check_column_type=False,
    )
    assert back.uns["simulation"]["kinds"] == {"rna": "rna", "protein": "protein"}


def _components(mdata: mudata.MuData, modality: str) -> np.ndarray:
    values = mdata[modality].X.toarray()
    values = np.log1p(values / values.sum(axis=1, keepdims=True) * np.median(values.sum(axis=1)))
    return PCA(20, random_state=0).fit_transform((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9))


def _smoothed(values: np.ndarray, spatial: np.ndarray) -> np.ndarray:
    hop = kneighbors_graph(spatial, 6, include_self=True) / 6
    return hop @ (hop @ values)


def _ari(mdata: mudata.MuData, values: np.ndarray) -> float:
    mixture = GaussianMixture(5, covariance_type="tied", n_init=5, random_state=0)
    return adjusted_rand_score(mdata.obs["label"], mixture.fit_predict(values))


@pytest.mark.parametrize("seed", range(3))
def test_no_modality_solves_it_and_together_they_do(seed):
    mdata = simulated(random_state=seed)
    parts = [_components(mdata, modality) for modality in mdata.mod]
    spatial = mdata.obsm["spatial"]
    for part in parts:
        assert _ari(mdata, part) < 0.7
        assert _ari(mdata, _smoothed(part, spatial)) < 0.7
    assert _ari(mdata, _smoothed(np.hstack(parts), spatial)) > 0.9


def test_difficulty_is_graded():
    def score(difficulty: float) -> float:
        mdata = simulated(n_spots=900, difficulty=difficulty)
        both = np.hstack([_components(mdata, modality) for modality in mdata.mod])
        found = KMeans(5, n_init=5, random_state=0).fit_predict(both)
        return adjusted_rand_score(mdata.obs["label"], found)

    scores = [score(difficulty) for difficulty in (0.0, 0.5, 1.0)]
    assert scores[0] > scores[1] + 0.1 > scores[2] + 0.2


def test_a_large_tissue_takes_seconds():
    start = time.perf_counter()
    mdata = simulated(n_spots=40_000, n_features=100)
    assert mdata.n_obs == 40_000
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_spots": 1, "n_domains": 1}, "n_spots must be at least 2, got 1"),
        ({"n_spots": 4}, "n_spots must be at least 5, got 4"),
        ({"n_domains": 0}, "n_domains must be at least 1, got 0"),
        ({"difficulty": 1.5}, "difficulty must lie between 0 and 1, got 1.5"),
        ({"layout": "ring"}, "layout must be one of .*, got 'ring'"),
        ({"pattern": "ring"}, "pattern must be one of .*, got 'ring'"),
        ({"modalities": ["lipid"]}, "kind of modality 'lipid' must be one of .*, got 'lipid'"),
        ({"modalities": ["rna", "rna"]}, "none twice"),
        ({"modalities": []}, "at least one modality"),
        ({"n_features": 1}, "n_features of modality 'rna' must be at least 2, got 1"),
        ({"n_features": {"adt": 5}}, r"n_features names \['adt'\]"),
        ({"n_sections": 0}, "n_sections must be at least 1, got 0"),
        ({"n_spots": 300, "n_sections": 200}, "n_spots must be at least 1000, got 300"),
        ({"batch_effect": -1.0}, "batch_effect must be at least 0, got -1.0"),
        ({"random_state": -1}, "random_state must be at least 0 .* got -1"),
    ],
)
def test_bad_arguments_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulated(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"difficulty": "a"}, "difficulty must be a number, got 'a'"),
        ({"means": "yes"}, "means must be True or False, got 'yes'"),
        ({"modalities": 3}, "modalities must be a list .* got 3"),
        ({"modalities": [["rna"]]}, r"every name must be a string, got \['rna'\]"),
        ({"random_state": "a"}, "random_state must be an integer, .*got 'a'"),
    ],
)
def test_arguments_of_another_kind_raise(arguments, message):
    with pytest.raises(TypeError, match=message):
        simulated(**arguments)


def test_seed_of_numpy():
    mdata = simulated(n_spots=60, n_domains=2, random_state=np.int64(3))
    assert type(mdata.uns["simulation"]["random_state"]) is int


def test_features_are_shifted_section_by_section():
    given = {"n_spots": 800, "n_sections": 2, "n_domains": 2, "difficulty": 0.0, "n_features": 30}
    same, shifted = (simulated(batch_effect=effect, means=True, **given) for effect in (0.0, 1.0))
    assert (same.obs["label"] == shifted.obs["label"]).all()
    assert same.obs["section"].cat.categories.tolist() == ["section 1", "section 2"]
    fold = np.log(shifted["rna"].layers["mean"] / same["rna"].layers["mean"])
    section = same.obs["section"].cat.codes.to_numpy()
    for s in range(2):
        own = fold[section == s]
        np.testing.assert_allclose(own, np.broadcast_to(own[0], own.shape), atol=1e-3)
        assert 0.5 < own[0].std() < 1.5
    assert np.abs(fold[section == 0][0] - fold[section == 1][0]).max() > 0.5
    assert shifted.uns["simulation"]["batch_effect"] == 1.0


def test_one_section_is_as_it_was():
    one = simulated(n_spots=200, n_domains=3, n_features=10)
    other = simulated(n_spots=200, n_domains=3, n_features=10, n_sections=1, batch_effect=5.0)
    assert "section" not in one.obs
    assert "n_sections" not in one.uns["simulation"]
    assert (one["rna"].X != other["rna"].X).nnz == 0
