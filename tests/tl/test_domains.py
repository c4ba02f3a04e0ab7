from __future__ import annotations

import mudata
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca import domains
from spamca.tl._domains import arrays_of, check_trust, find_domains


def test_finds_the_domains_of_the_tissue(with_graphs):
    found = find_domains(with_graphs, 3, None)
    assert found.assignment.shape == (225, 3)
    assert adjusted_rand_score(with_graphs.obs["label"], found.assignment.argmax(axis=1)) > 0.8


def test_is_what_the_features_give(with_graphs):
    features = [with_graphs[name].obsm["X_pca"] for name in ("rna", "protein")]
    for trust, weights in (({"protein": 0.5, "rna": 1.0}, [1, 0.5]), ({"protein": 0.5}, [None, 0.5]), (None, None)):
        found = find_domains(with_graphs, 3, trust, random_state=4)
        graph = with_graphs.obsp["spatial_connectivities"]
        expected = domains.find_domains(features, graph, 3, weights=weights, random_state=4)
        np.testing.assert_array_equal(found.assignment, expected.assignment)
        assert found.record == expected.record


def test_trust_that_is_not_given_is_measured(with_graphs):
    assert arrays_of(with_graphs, None)["weights"] == [None, None]
    assert arrays_of(with_graphs, {"protein": 0})["weights"] == [None, 0]
    assert arrays_of(with_graphs, {"rna": 0.5, "protein": 1})["weights"] == [0.5, 1]


def test_rows_are_matched_by_name_and_may_lack(tissue):
    order = np.random.default_rng(0).permutation(np.arange(20, tissue.n_obs))
    part = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][order].copy()})
    straight = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][20:].copy()})
    for mdata in (part, straight):
        spamca.pp.neighbors(mdata)
    part["protein"].obsm["X_pca"] = straight["protein"].obsm["X_pca"][order - 20]
    first, second = (find_domains(mdata, 3, None) for mdata in (part, straight))
    np.testing.assert_array_equal(first.assignment, second.assignment)
    assert adjusted_rand_score(tissue.obs["label"], first.assignment.argmax(axis=1)) > 0.8


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
