from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from scipy.sparse import block_diag, csr_matrix, diags
from scipy.stats import spearmanr

from spamca.graph.fuzzy import neighbor_graphs
from spamca.trajectory import central, joined, pseudotime


def line(n_spots, seed=0, noise=0.1):
    """Spots along a line in five dimensions with noise: the graph of their neighbours, and where they are on the line."""
    rng = np.random.default_rng(seed)
    along = rng.uniform(0, 1, n_spots)
    values = np.outer(along, [4.0, 3, 0, 0, 0]) + rng.normal(0, noise, (n_spots, 5))
    return neighbor_graphs(values)["connectivities"], along


def test_equation():
    rng = np.random.default_rng(1)
    weights = np.triu(rng.uniform(0.1, 1, (12, 12)), 1)
    weights += weights.T + 2 * np.eye(12)  # the diagonal keeps all eigenvalues above zero
    density = weights.sum(axis=1)
    kernel = weights / np.outer(density, density)
    degree = kernel.sum(axis=1)
    value, vector = np.linalg.eigh(kernel / np.sqrt(np.outer(degree, degree)))
    value, vector = value[::-1][1:4], vector[:, ::-1][:, 1:4]
    expected = np.sqrt((((vector - vector[5]) * value / (1 - value)) ** 2).sum(axis=1))
    found = pseudotime(csr_matrix(weights), 5, n_components=3)
    assert found[5] == 0
    np.testing.assert_allclose(found, expected / expected.max(), atol=1e-4)


def test_the_order_along_a_line_is_found_from_either_end():
    graph, along = line(400)
    for root, sign in ((along.argmin(), 1), (along.argmax(), -1)):
        found = pseudotime(graph, int(root))
        assert spearmanr(found, along)[0] * sign > 0.98
    middle = int(np.abs(along - 0.5).argmin())
    assert spearmanr(pseudotime(graph, middle), np.abs(along - 0.5))[0] > 0.95


def test_slow_gradients_are_kept():
    # A path of so many spots has eigenvalues that scanpy.tl.dpt takes as one.
    n = 300
    path = csr_matrix(diags([np.ones(n - 1), np.ones(n - 1), np.full(n, 0.1)], [1, -1, 0]))
    found = pseudotime(path, 0, n_components=2)
    assert spearmanr(found, np.arange(n))[0] > 0.999


def test_spots_that_nothing_joins_to_the_root_have_none():
    (one, along), (other, _) = line(60), line(30, seed=1)
    graph = csr_matrix(block_diag([other, one]))
    root = 30 + int(along.argmin())
    assert joined(graph, root).sum() == 60
    found = pseudotime(graph, root)
    assert np.isnan(found[:30]).all()
    np.testing.assert_allclose(found[30:], pseudotime(one, root - 30), atol=1e-5)


def test_small_parts():
    graph = csr_matrix(linalg.block_diag(np.ones((3, 3)), np.ones((5, 5)) + np.diag(np.arange(5.0))))
    assert np.isfinite(pseudotime(graph, 4)).sum() == 5
    with pytest.raises(ValueError, match="only 3 spots are joined to the root in the graph, at least 4"):
        pseudotime(graph, 0)


def test_central_is_the_spot_nearest_to_the_mean():
    embedding = np.array([[9.0, 9], [0, 0], [1, 1], [2, 2.5], [100, 100]])
    assert central(embedding, np.array([1, 2, 3])) == 2
