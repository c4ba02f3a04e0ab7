from __future__ import annotations

import numpy as np

from spamca.graph.neighbors import exact_neighbors
from spamca.tl import _joint_neighbors


def test_large_tissue_is_searched_as_large_tissue_is(integrated, monkeypatch):
    """scanpy is handed what ``neighbors_of_many`` finds; how well that searches is asked in ``tests/graph``."""
    asked = []

    def many(points, n_neighbors, *, random_state):
        asked.append((points.shape, n_neighbors, random_state))
        row, column, distance = exact_neighbors(points, n_neighbors)
        order = np.random.default_rng(0).permutation(len(row))
        return row[order], column[order], distance[order]

    monkeypatch.setattr("spamca.graph.feature.EXACT_UP_TO", 100)
    monkeypatch.setattr("spamca.graph.neighbors.neighbors_of_many", many)
    exact = integrated.obsp["connectivities"].copy()
    _joint_neighbors.joint_neighbors(integrated, "spamca", random_state=5)
    assert asked == [(integrated.obsm["X_spamca"].shape, 15, 5)]
    found = integrated.obsp["connectivities"]
    np.testing.assert_allclose(found.toarray(), exact.toarray(), atol=1e-4)
    assert (np.diff(integrated.obsp["distances"].indptr) == 15).all()


def test_modalities_hold_the_same_graph(integrated):
    np.testing.assert_array_equal(
        integrated["rna"].obsp["connectivities"].toarray(), integrated.obsp["connectivities"].toarray()
    )
