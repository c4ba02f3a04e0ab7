from __future__ import annotations

import mudata
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca import domains
from spamca.model.domains import find_domains
from spamca.tissue import read


def test_finds_the_domains_of_the_tissue(with_graphs):
    found = find_domains(read(with_graphs), 3, None, random_state=0)
    assert found.assignment.shape == (225, 3)
    assert adjusted_rand_score(with_graphs.obs["label"], found.assignment.argmax(axis=1)) > 0.8


@pytest.mark.slow
def test_is_what_the_features_give(with_graphs):
    features = [with_graphs[name].obsm["X_pca"] for name in ("rna", "protein")]
    for trust, weights in (({"protein": 0.5, "rna": 1.0}, [1, 0.5]), ({"protein": 0}, [None, 0]), (None, None)):
        found = find_domains(read(with_graphs), 3, trust, random_state=4)
        graph = with_graphs.obsp["spatial_connectivities"]
        expected = domains.find_domains(features, graph, 3, weights=weights, random_state=4)
        np.testing.assert_array_equal(found.assignment, expected.assignment)
        assert found.record == expected.record


@pytest.mark.slow
def test_rows_are_matched_by_name_and_may_lack(tissue):
    order = np.random.default_rng(0).permutation(np.arange(20, tissue.n_obs))
    part = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][order].copy()})
    straight = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][20:].copy()})
    for mdata in (part, straight):
        spamca.pp.neighbors(mdata)
    part["protein"].obsm["X_pca"] = straight["protein"].obsm["X_pca"][order - 20]
    first, second = (find_domains(read(mdata), 3, None, random_state=0) for mdata in (part, straight))
    np.testing.assert_array_equal(first.assignment, second.assignment)
    assert adjusted_rand_score(tissue.obs["label"], first.assignment.argmax(axis=1)) > 0.8
