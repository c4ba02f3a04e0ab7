from __future__ import annotations

import numpy as np

from spamca.tl import _joint_neighbors


def test_approximate_search_takes_over_in_large_tissue(integrated, monkeypatch):
    monkeypatch.setattr("spamca.graph.feature.EXACT_UP_TO", 100)
    exact = integrated.obsp["distances"].copy()
    _joint_neighbors.joint_neighbors(integrated, "spamca", random_state=0)
    found = integrated.obsp["distances"]
    shared = exact.astype(bool).multiply(found.astype(bool)).sum() / exact.astype(bool).sum()
    assert shared > 0.9


def test_modalities_hold_the_same_graph(integrated):
    np.testing.assert_array_equal(
        integrated["rna"].obsp["connectivities"].toarray(), integrated.obsp["connectivities"].toarray()
    )
