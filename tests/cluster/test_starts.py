from __future__ import annotations

import numpy as np

from spamca.cluster.agreement import pairwise_rand
from spamca.cluster.starts import METRICS, Starts
from spamca.cluster.whitening import whiten


def test_shape_and_range(blobs):
    white = whiten(blobs[0])
    starts = Starts(white.points, white.scale, n_kmeans=2, rng=np.random.default_rng(0))
    for k in (2, 3, 7):
        partitions = starts.partitions(k)
        assert partitions.shape == (len(METRICS) * 3, 300)
        assert partitions.min() == 0
        assert partitions.max() == k - 1


def test_one_of_them_is_right(blobs):
    white = whiten(blobs[0])
    starts = Starts(white.points, white.scale, n_kmeans=2, rng=np.random.default_rng(0))
    assert pairwise_rand(np.vstack([blobs[1], starts.partitions(3)]))[0, 1:].max() > 0.95


def test_coinciding_points_are_no_trouble():
    points = np.repeat([[0.0, 1], [1, 0]], 5, axis=0)
    white = whiten(points)
    partitions = Starts(white.points, white.scale, n_kmeans=1, rng=np.random.default_rng(0)).partitions(4)
    assert partitions.max() < 4
