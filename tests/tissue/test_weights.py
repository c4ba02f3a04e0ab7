from __future__ import annotations

import numpy as np
import pytest
from mudata import MuData

import spamca
from spamca._edge import without_pull
from spamca._report.sections.weights import weights
from spamca._report.subject import Subject
from spamca.tissue import compared_weights


@pytest.fixture
def mdata():
    """Thirty spots, of which the last ten lack RNA and the first five protein."""
    whole = spamca.datasets.simulated(n_spots=30, n_domains=2, n_features=3)
    rna, protein = whole["rna"][:20].copy(), whole["protein"][5:].copy()
    rna.obs["spamca_weight"] = np.r_[np.ones(5), np.full(15, 0.8)]
    protein.obs["spamca_weight"] = np.r_[np.full(15, 0.2), np.ones(10)]
    with without_pull():
        partial = MuData({"rna": rna, "protein": protein})[whole.obs_names].copy()
    partial.obs["spamca"] = whole.obs["label"]
    partial.obsm["spatial"] = whole.obsm["spatial"]
    return partial


def test_spots_with_one_modality_are_left_out_and_counted(mdata):
    found, n_alone = compared_weights(mdata, "spamca")
    assert n_alone == 15
    both = np.arange(5, 20)
    for name, weight in {"rna": 0.8, "protein": 0.2}.items():
        assert np.flatnonzero(np.isfinite(found[name])).tolist() == both.tolist()
        assert found[name][both] == pytest.approx(weight)


def test_the_only_modality_with_weights_is_kept(mdata):
    del mdata["protein"].obs["spamca_weight"]
    found, n_alone = compared_weights(mdata, "spamca")
    assert (list(found), np.isfinite(found["rna"]).sum(), n_alone) == (["rna"], 20, 0)
    assert compared_weights(mdata, "other") == ({}, 0)


def test_the_report_says_how_many_spots_it_leaves_out(mdata):
    subject = Subject(mdata)
    assert np.nanmean(subject.weights["rna"]) == pytest.approx(0.8)
    said = " ".join(str(block) for block in weights(subject))
    assert "Left out here: 15 spots with one modality only." in said
    mdata["rna"].obs["spamca_weight"] = mdata["protein"].obs["spamca_weight"] = np.nan
    assert list(weights(Subject(mdata))) == []
