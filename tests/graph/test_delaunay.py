"""Triangulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

from spamca.graph.spatial import delaunay_graph


def test_edges_are_those_of_the_triangles(scattered):
    graph = delaunay_graph(scattered)
    expected = np.zeros((200, 200))
    for triangle in Delaunay(scattered).simplices:
        expected[np.ix_(triangle, triangle)] = 1
    np.fill_diagonal(expected, 0)
    np.testing.assert_array_equal(graph.connectivities.toarray(), expected)


def test_far_from_the_origin_no_spot_is_lost(hexagonal, middle):
    graph = delaunay_graph(hexagonal + 1e8)
    assert set(np.diff(graph.connectivities.indptr)[middle]) == {6}


def test_long_edges_can_be_left_out(scattered):
    graph = delaunay_graph(scattered, radius=0.05)
    assert 0 < graph.distances.data.max() <= 0.05
    assert graph.connectivities.nnz < delaunay_graph(scattered).connectivities.nnz


def test_spots_on_one_point_hang_on_the_first(scattered):
    graph = delaunay_graph(np.vstack([scattered, scattered[:5]]))
    assert (graph.connectivities[np.arange(5), np.arange(5) + 200] == 1).all()
    assert connected_components(graph.connectivities)[0] == 1


@pytest.mark.parametrize(
    "coords",
    [
        np.repeat(np.arange(6.0)[::-1, None], 2, axis=1),
        np.array([[0, 0], [1, 1.0]]),
        np.array([[0, 0.0], [0, 3], [0, 1]]),
    ],
)
def test_spots_on_a_line_are_a_chain(coords):
    graph = delaunay_graph(coords)
    assert graph.connectivities.nnz == 2 * (len(coords) - 1)
    assert connected_components(graph.connectivities)[0] == 1


@pytest.mark.parametrize("n", [1, 4])
def test_all_on_one_point(n):
    assert delaunay_graph(np.ones((n, 2))).connectivities.nnz == 2 * (n - 1)


@pytest.mark.parametrize(
    ("radius", "error"), [("a", TypeError), (0, ValueError), (-2, ValueError), (float("nan"), ValueError)]
)
def test_radius_is_checked(scattered, radius, error):
    with pytest.raises(error, match=rf"radius must be a .*got {radius!r}"):
        delaunay_graph(scattered, radius=radius)
