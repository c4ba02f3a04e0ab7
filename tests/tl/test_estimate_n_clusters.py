from __future__ import annotations

import logging
from pathlib import Path

import mudata
import numpy as np
import pytest

import spamca

CRITERIA = ("gain", "evidence", "error", "stability", "coherence")
NARROW = {"n_clusters_range": (2, 5)}


def test_finds_the_number_and_says_so(with_graphs, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        assert spamca.tl.estimate_n_clusters(with_graphs, **NARROW) is None
    record = with_graphs.uns["spamca_n_clusters"]
    assert record["n_clusters"] == 3
    assert record["tried"].tolist() == [2, 3, 4, 5]
    for name in CRITERIA:
        assert record[name].shape == (4,)
        assert np.isfinite(record[name]).all()
    assert record["params"] == {"n_clusters_range": [2, 5], "random_state": 0}
    assert "estimate_n_clusters: estimated 3 domains between 2 and 5; plausible: 3" in caplog.text
    assert "running spamca.pp.neighbors" not in caplog.text


def test_runs_what_is_missing_and_survives_writing(caplog, tmp_path: Path):
    mdata = spamca.datasets.simulated(n_spots=100, n_domains=2, n_features=10, difficulty=0.2)
    with caplog.at_level(logging.INFO, logger="spamca"):
        changed = spamca.tl.estimate_n_clusters(mdata, n_clusters_range=(2, 4), key_added="other", copy=True)
    assert "neighbors: no features yet, 'rna' prepared from X" in caplog.text
    assert "other_n_clusters" not in mdata.uns
    changed.write(tmp_path / "estimated.h5mu")
    read = mudata.read_h5mu(tmp_path / "estimated.h5mu")
    record = changed.uns["other_n_clusters"]
    assert int(read.uns["other_n_clusters"]["n_clusters"]) == record["n_clusters"]
    for name in CRITERIA:
        np.testing.assert_array_equal(read.uns["other_n_clusters"][name], record[name])


def test_trust_is_used(with_graphs):
    spamca.tl.estimate_n_clusters(with_graphs, n_clusters_range=(2, 3), modality_trust={"protein": 0})
    assert with_graphs.uns["spamca_n_clusters"]["params"]["modality_trust"] == {"protein": 0}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_clusters_range": (5, 2)}, ValueError, r"n_clusters_range must rise .* got \(5, 2\)"),
        ({"n_clusters_range": (1, 4)}, ValueError, "n_clusters_range must be at least 2, got 1"),
        ({"n_clusters_range": (2, 3, 4)}, ValueError, r"n_clusters_range must be a pair.* got \(2, 3, 4\)"),
        ({"n_clusters_range": 3}, TypeError, "n_clusters_range must be a pair.* got 3"),
        ({"n_clusters_range": (2, 3.5)}, TypeError, "n_clusters_range must be an integer, got 3.5"),
        ({"modality_trust": {"x": 1}}, KeyError, "x"),
        ({"random_state": -1}, ValueError, "random_state"),
        ({"key_added": 3}, ValueError, "key_added must be a non-empty string"),
    ],
)
def test_bad_arguments_change_nothing(with_graphs, assert_same, arguments, error, message):
    before = with_graphs.copy()
    with pytest.raises(error, match=message):
        spamca.tl.estimate_n_clusters(with_graphs, **arguments)
    assert_same(before, with_graphs)


def test_what_cannot_be_estimated_is_named(with_graphs):
    with pytest.raises(TypeError, match="MuData"):
        spamca.tl.estimate_n_clusters(with_graphs["rna"])
    with pytest.raises(ValueError, match="at least 3 spots to estimate a number of domains, it has 2"):
        spamca.tl.estimate_n_clusters(with_graphs[:2].copy())
    del with_graphs["rna"].uns["spamca"]
    with pytest.raises(ValueError, match=r"modalities \['rna'\] have no features, and others have"):
        spamca.tl.estimate_n_clusters(with_graphs)


def test_noise_has_no_number_and_is_named(with_graphs, caplog):
    rng = np.random.default_rng(0)
    for modality in with_graphs.mod.values():
        modality.obsm["X_pca"] = rng.normal(size=(modality.n_obs, 2))
    with caplog.at_level(logging.WARNING, "spamca"):
        spamca.tl.estimate_n_clusters(with_graphs, n_clusters_range=(2, 4))
    assert with_graphs.uns["spamca_n_clusters"]["n_clusters"] == 2
    assert "neighbours share nothing in any modality; the number of domains is the least, 2" in caplog.text


def test_integrate_stores_its_estimate(with_graphs, caplog):
    spamca.tl.estimate_n_clusters(with_graphs, n_clusters_range=(2, 4))
    expected = with_graphs.uns.pop("spamca_n_clusters")
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.integrate(with_graphs, n_clusters_range=(2, 4), progress_bar=False)
    found = with_graphs.uns["spamca_n_clusters"]
    assert found["n_clusters"] == expected["n_clusters"] == with_graphs.obs["spamca"].nunique() == 3
    np.testing.assert_array_equal(found["evidence"], expected["evidence"])
    assert found["params"] == expected["params"]
    assert "that was tried" not in caplog.text
    spamca.pl.n_clusters(with_graphs)
    spamca.tl.estimate_n_clusters(with_graphs, n_clusters_range=(2, 3))
    assert (
        "domains, 3, is the largest that was tried, and there may be more; try n_clusters_range=(2, 6)" in caplog.text
    )


@pytest.mark.parametrize("given", [{"n_clusters": 3}, {"preset": "paper"}])
def test_a_range_is_for_an_estimate(with_graphs, given):
    with pytest.raises(ValueError, match="n_clusters_range=.* is for an estimated number"):
        spamca.tl.integrate(with_graphs, n_clusters_range=(2, 4), **given)
