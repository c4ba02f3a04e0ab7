from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from spamca.cluster import kmeans


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
