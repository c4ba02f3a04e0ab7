from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.cluster.agreement import pairwise_rand


def test_is_the_adjusted_rand_index():
    partitions = np.random.default_rng(0).integers(0, 4, (5, 60))
    partitions[4] = 3 - partitions[0]
    expected = [[adjusted_rand_score(a, b) for b in partitions] for a in partitions]
    np.testing.assert_allclose(pairwise_rand(partitions), expected, atol=1e-12)


def test_single_cluster_agrees_with_itself():
    partitions = np.array([[0, 0, 0, 0], [0, 0, 1, 1]])
    np.testing.assert_allclose(pairwise_rand(partitions), [[1, 0], [0, 1]])
