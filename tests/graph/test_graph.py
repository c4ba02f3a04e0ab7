"""Normalisation, graphs from edges, graphs made elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.graph import existing_graph, normalize
from spamca.graph._graph import euclidean, from_edges


def path(n):
    return from_edges(np.arange(n - 1), np.arange(1, n), np.ones(n - 1), n)


def test_normalize_is_the_equation():
    a = path(5).connectivities.toarray() + np.eye(5)
    d = np.diag(a.sum(axis=1) ** -0.5)
    result = normalize(path(5).connectivities)
    np.testing.assert_allclose(result.toarray(), d @ a @ d, rtol=1e-6)
    assert result.dtype == np.float32
    assert isinstance(result, sparse.csr_matrix)


def test_normalize_is_exactly_symmetric():
    a = sparse.random(200, 200, 0.05, "csr", random_state=0)
    result = normalize(a)
    assert (result != result.T).nnz == 0


def test_normalize_replaces_self_loops_and_keeps_lonely_spots():
    a = path(4).connectivities.tolil()
    a[0, 0] = 7
    a.resize(5, 5)
    result = normalize(a.tocsr())
    np.testing.assert_allclose(result[:4, :4].toarray(), normalize(path(4).connectivities).toarray())
    assert result[4, 4] == 1


def test_normalize_leaves_its_input():
    a = sparse.csr_matrix(np.array([[3.0, 1.0], [0.0, 0.0]]))
    before = a.toarray()
    normalize(a)
    np.testing.assert_array_equal(a.toarray(), before)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_normalize_refuses(value):
    with pytest.raises(ValueError, match="finite weights of at least 0"):
        normalize(sparse.csr_matrix(np.array([[0, value], [0, 0]])))


def test_normalize_refuses_what_is_not_square():
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        normalize(sparse.csr_matrix((2, 3)))


def test_edges_count_from_either_side_and_loops_do_not():
    graph = from_edges(np.array([0, 1, 2, 3]), np.array([1, 0, 0, 3]), np.array([2.0, 2.0, 0.0, 1.0]), 4)
    np.testing.assert_array_equal(
        graph.connectivities.toarray(), [[0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    )
    np.testing.assert_array_equal(graph.connectivities.indices, graph.distances.indices)
    assert graph.distances[0, 1] == 2
    assert graph.distances.nnz == 4  # the edge of length 0 is stored


def test_take():
    graph = path(4).take(np.array([3, 2, 0]))
    np.testing.assert_array_equal(graph.connectivities.toarray(), [[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(graph.distances.toarray(), graph.connectivities.toarray())


def test_existing_graph_is_symmetrised_with_lengths():
    weights = sparse.csr_matrix(np.array([[5.0, 2, 0], [1, 0, 0], [0, 3, 0]]))
    lengths = sparse.csr_matrix(np.array([[0.0, 7, 0], [7, 0, 0], [0, 9, 0]]))
    graph = existing_graph(weights, lengths)
    np.testing.assert_array_equal(graph.connectivities.toarray(), [[0, 2, 0], [2, 0, 3], [0, 3, 0]])
    np.testing.assert_array_equal(graph.distances.toarray(), [[0, 7, 0], [7, 0, 9], [0, 9, 0]])


def test_without_edges():
    nothing = sparse.csr_matrix((3, 3))
    graph = existing_graph(nothing, nothing)
    assert graph.connectivities.nnz == graph.distances.nnz == 0
    np.testing.assert_array_equal(normalize(nothing).toarray(), np.eye(3))


def test_euclidean():
    np.testing.assert_allclose(euclidean(np.array([[0, 0], [3, 4.0]]), np.array([0]), np.array([1])), [5])


def test_within_sections_keeps_edges_of_no_length():
    graph = from_edges(np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([0.0, 1.0, 2.0]), 4)
    inner = graph.within(np.array(["a", "a", "b", "b"]))
    assert inner.connectivities.nnz == inner.distances.nnz == 4
    np.testing.assert_array_equal(inner.connectivities.toarray(), np.kron(np.eye(2), [[0, 1], [1, 0]]))
    assert inner.distances[2, 3] == 2
