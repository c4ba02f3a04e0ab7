from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import kmeans_plusplus

from spamca.cluster.seeding import seeded, subsample


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(3))
def test_centres_are_those_of_scikit_learn(rng, dtype, seed):
    points = rng.normal(size=(300, 4)).astype(dtype) + 2
    expected = kmeans_plusplus(points - points.mean(axis=0), 7, random_state=seed)[1]
    np.testing.assert_array_equal(seeded(points, 7, seed), points[expected])


def test_centres_lie_in_every_heap(rng):
    heaps = np.repeat(np.eye(4) * 100, 50, axis=0) + rng.normal(size=(200, 4))
    assert sorted(seeded(heaps, 4, 0).argmax(axis=1)) == [0, 1, 2, 3]


def test_points_that_coincide():
    assert seeded(np.ones((5, 2)), 3, 0).shape == (3, 2)
    assert seeded(np.ones((1, 2)), 1, 0).tolist() == [[1, 1]]


def test_bounded_samples(rng):
    assert subsample(5, 5, rng) == slice(None)
    drawn = subsample(100, 7, rng)
    assert len(np.unique(drawn)) == 7
    assert (np.diff(drawn) > 0).all()
