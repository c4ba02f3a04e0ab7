from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from spamca.trajectory import abstraction


def test_equation():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2, -1], [10, 20, 15, 5])
    n = len(labels)
    edges = np.zeros((n, n), dtype=int)
    for i in range(n):  # five neighbours each
        edges[i, rng.choice(np.delete(np.arange(n), i), 5, replace=False)] = 1
    found = abstraction(csr_matrix(edges * 0.7), labels, 3)
    kept = edges[:45, :45]
    group = labels[:45]
    count = np.array([[kept[np.ix_(group == g, group == h)].sum() for h in range(3)] for g in range(3)])
    size, out = np.array([10, 20, 15]), count.sum(axis=1)
    for g, h in ((0, 1), (0, 2), (1, 2)):
        expected = (count[g, h] + count[h, g]) / ((out[g] * size[h] + out[h] * size[g]) / 44)
        assert np.isclose(found.connectivities[g, h], min(expected, 1))
        assert found.connectivities[g, h] == found.connectivities[h, g]
    assert found.tree.nnz == 2


def test_groups_that_no_edge_joins():
    edges = csr_matrix(np.kron(np.eye(2), np.ones((4, 4)) - np.eye(4)))
    found = abstraction(edges, np.repeat([0, 1], 4), 2)
    assert found.connectivities.shape == (2, 2)
    assert found.connectivities.sum() == 0
    assert found.tree.nnz == 0
