from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData

from spamca.graph.neighbors import exact_neighbors
from spamca.tissue import results


@pytest.mark.slow
def test_it_is_what_scanpy_would_write(integrated):
    twin = AnnData(obsm={"X_spamca": integrated.obsm["X_spamca"]})
    sc.pp.neighbors(twin, use_rep="X_spamca", transformer="sklearn")
    assert integrated.uns["neighbors"] == twin.uns["neighbors"]
    for graph, atol in (("connectivities", 1e-3), ("distances", 1e-4)):
        found, expected = integrated.obsp[graph], twin.obsp[graph]
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found.toarray(), expected.toarray(), atol=atol)


def test_search_depends_on_the_size(integrated, monkeypatch):
    """How well ``nearest_neighbors`` searches is tested in ``tests/graph``."""
    asked = []

    def search(points, n_neighbors, *, random_state):
        asked.append((points.shape, n_neighbors, random_state))
        return exact_neighbors(points, n_neighbors)

    monkeypatch.setattr(results, "nearest_neighbors", search)
    exact = integrated.obsp["connectivities"]
    found, _ = results.neighbors_of(integrated.obsm["X_spamca"], random_state=5)
    assert asked == [(integrated.obsm["X_spamca"].shape, 14, 5)]
    np.testing.assert_allclose(found["connectivities"].toarray(), exact.toarray(), atol=1e-6)
