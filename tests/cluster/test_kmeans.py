from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans, kmeans_plusplus

from spamca.cluster import kmeans
from spamca.cluster.kmeans import seeded, subsample


def test_is_k_means(blobs):
    found = kmeans(blobs[0], 3)
    assert found.record["inertia"] == pytest.approx(KMeans(3, n_init=10, random_state=0).fit(blobs[0]).inertia_)
    np.testing.assert_array_equal(found.posterior.argmax(axis=1), found.labels)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    assert len(np.unique(found.labels)) == 3


@pytest.mark.parametrize("points", [np.ones((10, 2)), np.repeat(np.eye(2), 5, axis=0)])
def test_fewer_distinct_points_than_clusters(points):
    found = kmeans(points, 4).by_size()
    assert np.isfinite(found.posterior).all()
    assert len(np.unique(found.labels)) == len(np.unique(points, axis=0))


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
