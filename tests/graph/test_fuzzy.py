from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData
from scanpy.neighbors._connectivity import umap

from spamca.graph import fuzzy
from spamca.graph.fuzzy import fuzzy_connectivities, neighbor_graphs
from spamca.graph.neighbors import exact_neighbors


def expected(column, distance):
    """As scanpy asks umap-learn, the spot itself being the first of its neighbours."""
    n, k = column.shape
    own = np.column_stack([np.arange(n), column])
    return umap(own, np.column_stack([np.zeros(n), distance]), n_obs=n, n_neighbors=k + 1)


@pytest.mark.parametrize("k", [1, 4, 14])
@pytest.mark.slow
def test_it_is_that_of_umap(k):
    rng = np.random.default_rng(k)
    points = rng.normal(size=(200, 3)) * rng.exponential(size=(200, 1))
    points[:6] = points[0]  # neighbours that coincide
    points[6:30] = points[6]  # more of them than are neighbours
    points[30:34] = np.eye(4, 3) * 50
    column, distance = exact_neighbors(points, k)
    found = fuzzy_connectivities(column, distance)
    assert found.dtype == np.float32
    assert (found != found.T).nnz == 0
    np.testing.assert_allclose(found.toarray(), expected(column, distance).toarray(), atol=2e-4)


def test_neighbours_that_are_all_as_far():
    column = np.array([[1, 2], [0, 2], [0, 1]])
    assert fuzzy_connectivities(column, np.ones((3, 2))).toarray().tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert fuzzy_connectivities(column, np.zeros((3, 2))).toarray().tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_blocks_do_not_matter(monkeypatch):
    column, distance = exact_neighbors(np.random.default_rng(0).normal(size=(90, 2)), 5)
    whole = fuzzy_connectivities(column, distance)
    monkeypatch.setattr("spamca.graph.fuzzy._ROWS", 20)
    assert (whole != fuzzy_connectivities(column, distance)).nnz == 0


@pytest.mark.slow
def test_graphs_are_those_of_scanpy():
    twin = AnnData(obsm={"X": np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)})
    sc.pp.neighbors(twin, use_rep="X", transformer="sklearn")
    found = neighbor_graphs(twin.obsm["X"])
    assert found.keys() == {"connectivities", "distances"}
    for name, atol in (("connectivities", 1e-3), ("distances", 1e-4)):
        assert found[name].dtype == twin.obsp[name].dtype
        np.testing.assert_allclose(found[name].toarray(), twin.obsp[name].toarray(), atol=atol)


def test_search_depends_on_the_size(monkeypatch):
    """How well ``nearest_neighbors`` searches is tested in ``test_neighbors.py``."""
    asked = []

    def search(points, n_neighbors, *, random_state):
        asked.append((points.shape, n_neighbors, random_state))
        return exact_neighbors(points, n_neighbors)

    monkeypatch.setattr(fuzzy, "nearest_neighbors", search)
    for n in (20, 8):
        assert neighbor_graphs(np.random.default_rng(0).normal(size=(n, 3)), 5)["distances"].shape == (n, n)
    assert asked == [((20, 3), 14, 5), ((8, 3), 6, 5)]
