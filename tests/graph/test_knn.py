"""Nearest neighbours in space."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import kneighbors_graph

from spamca import _threads
from spamca.graph import spatial
from spamca.graph.spatial import knn_graph, spatial_graph


def degrees(graph):
    return np.diff(graph.connectivities.indptr)


@pytest.mark.parametrize("k", [1, 3, 6, 20])
def test_equals_scikit_learn_without_ties(scattered, k, monkeypatch):
    monkeypatch.setattr(spatial, "TIE", 0)
    expected = kneighbors_graph(scattered, k, mode="distance")
    expected = expected.maximum(expected.T)
    graph = knn_graph(scattered, n_neighbors=k)
    assert ((expected > 0) != (graph.connectivities > 0)).nnz == 0
    np.testing.assert_allclose(graph.distances.toarray(), expected.toarray())


@pytest.mark.parametrize(("k", "n_square", "n_hexagonal"), [(3, 4, 6), (4, 4, 6), (6, 8, 6)])
def test_ties_count_on_lattices(square, hexagonal, middle, k, n_square, n_hexagonal):
    assert set(degrees(knn_graph(square, n_neighbors=k))[middle]) == {n_square}
    assert set(degrees(knn_graph(hexagonal, n_neighbors=k))[middle]) == {n_hexagonal}


def test_order_of_spots_does_not_matter(square):
    order = np.random.default_rng(1).permutation(len(square))
    graph, shuffled = knn_graph(square, n_neighbors=6), knn_graph(square[order], n_neighbors=6)
    assert (graph.take(order).connectivities != shuffled.connectivities).nnz == 0


def test_pile_of_spots_stays_sparse():
    coords = np.vstack([np.zeros((300, 2)), np.random.default_rng(0).uniform(1, 2, size=(100, 2))])
    graph = knn_graph(coords, n_neighbors=6)
    assert degrees(graph).min() >= 6
    assert graph.connectivities.nnz < 2 * 400 * 7
    assert graph.connectivities.diagonal().sum() == 0


def test_pairs_on_one_point_are_neighbours(square):
    twice = np.vstack([square, square])
    graph = knn_graph(twice, n_neighbors=3)
    n = len(square)
    assert (graph.connectivities[np.arange(n), np.arange(n) + n] == 1).all()
    assert graph.distances[0, n] == 0


@pytest.mark.parametrize(
    ("k", "says"), [(0, "must be at least 1, got 0"), (3, "must be less than the 3 spots .* got 3")]
)
def test_too_few_spots(k, says):
    with pytest.raises(ValueError, match=f"n_neighbors {says}"):
        spatial_graph(np.eye(3)[:, :2], n_neighbors=k)


def test_all_spots_as_neighbours(scattered):
    graph = knn_graph(scattered[:10], n_neighbors=9)
    assert set(degrees(graph)) == {9}


def test_blocks_of_spots_make_the_same_graph(square, monkeypatch):
    coords = np.vstack([square, square[:30], np.zeros((40, 2))])
    whole = knn_graph(coords, n_neighbors=6)
    monkeypatch.setattr(_threads, "ROWS", 50)
    parts = knn_graph(coords, n_neighbors=6)
    assert (whole.distances != parts.distances).nnz == 0
    np.testing.assert_array_equal(whole.connectivities.indices, parts.connectivities.indices)
