from __future__ import annotations

import mudata
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca.guide import consensus, guide
from spamca.tl._guide import check_trust, find_guide, trusts


def both(mdata):
    return dict.fromkeys(mdata.mod, 1.0)


def test_finds_the_domains_of_the_tissue(with_graphs):
    found = find_guide(with_graphs, 3, both(with_graphs), n_runs=1)
    assert found.assignment.shape == (225, 3)
    assert adjusted_rand_score(with_graphs.obs["label"], found.assignment.argmax(axis=1)) > 0.8


def test_is_the_guide_of_the_features(with_graphs):
    trust = {"protein": 0.5, "rna": 1.0}
    found = find_guide(with_graphs, 3, trust, n_runs=1)
    features = [with_graphs[name].obsm["X_pca"] for name in ("rna", "protein")]
    expected = guide(features, with_graphs.obsp["spatial_connectivities"], 3, weights=[1, 0.5])
    np.testing.assert_array_equal(found.assignment, expected.assignment)
    assert found.record == expected.record


def test_runs_agree_by_mean(with_graphs):
    several = find_guide(with_graphs, 3, both(with_graphs), n_runs=2)
    features = [modality.obsm["X_pca"] for modality in with_graphs.mod.values()]
    runs = [guide(features, with_graphs.obsp["spatial_connectivities"], 3, random_state=seed) for seed in (0, 1)]
    runs.sort(key=lambda run: -run.record["objective"])
    np.testing.assert_array_equal(several.assignment, consensus([run.assignment for run in runs]))
    assert several.record == runs[0].record


def test_rows_are_matched_by_name_and_may_lack(tissue):
    order = np.random.default_rng(0).permutation(np.arange(20, tissue.n_obs))
    part = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][order].copy()})
    straight = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][20:].copy()})
    for mdata in (part, straight):
        spamca.pp.neighbors(mdata)
    part["protein"].obsm["X_pca"] = straight["protein"].obsm["X_pca"][order - 20]
    first, second = (find_guide(mdata, 3, both(mdata), n_runs=1) for mdata in (part, straight))
    np.testing.assert_array_equal(first.assignment, second.assignment)
    assert adjusted_rand_score(tissue.obs["label"], first.assignment.argmax(axis=1)) > 0.8


def test_trust_follows_the_kind(with_graphs):
    assert trusts(with_graphs, None) == {"rna": 1.0, "protein": 1.0}
    with_graphs["protein"].uns["spamca"]["kind"] = "image"
    assert trusts(with_graphs, None) == {"rna": 1.0, "protein": 0.25}
    assert trusts(with_graphs, {"rna": 0.5}) == {"rna": 0.5, "protein": 0.25}
    assert trusts(with_graphs, {"protein": 0}) == {"rna": 1.0, "protein": 0}


@pytest.mark.parametrize(("name", "trust"), [("image", 0.25), ("H&E", 0.25), ("second", 1.0), ("rna", 1.0)])
def test_trust_of_features_from_elsewhere_follows_the_name(tissue, name, trust):
    features = tissue["protein"].copy()
    features.obsm["X_mine"] = np.random.default_rng(0).normal(size=(tissue.n_obs, 4))
    features.var_names = [f"{name}-{gene}" for gene in features.var_names]
    mdata = mudata.MuData({name: features, "other": tissue["protein"].copy()})
    spamca.pp.neighbors(mdata, use_rep={name: "X_mine"})
    assert mdata[name].uns["spamca"]["kind"] == "given"
    assert trusts(mdata, None)[name] == trust


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"atac": 1.0}, KeyError, "modality_trust names modality 'atac'.*rna"),
        ({"rna": 1.5}, ValueError, r"modality_trust\['rna'\] must lie between 0 and 1, got 1.5"),
        ({"rna": -0.1}, ValueError, r"modality_trust\['rna'\] must lie between 0 and 1, got -0.1"),
        ({"rna": float("nan")}, ValueError, r"modality_trust\['rna'\].*nan"),
        ({"rna": "much"}, TypeError, r"modality_trust\['rna'\] must be a number, got 'much'"),
        ({"rna": None}, TypeError, r"modality_trust\['rna'\] must be a number, got None"),
        ({"rna": 0, "protein": 0.0}, ValueError, "modality_trust must trust at least one modality"),
        (0.5, TypeError, "modality_trust must be a mapping.*got 0.5"),
        (["rna"], TypeError, "modality_trust must be a mapping"),
    ],
)
def test_trust_is_judged(tissue, given, error, says):
    with pytest.raises(error, match=says):
        check_trust(tissue, given)


@pytest.mark.parametrize("given", [None, {}, {"rna": 0}, {"rna": 0, "protein": 1}, {"rna": np.float32(0.5)}])
def test_trust_that_will_do(tissue, given):
    check_trust(tissue, given)
