from __future__ import annotations

import numpy as np

from spamca.cluster import Clustering


def test_by_size_renumbers_and_drops_empty():
    posterior = np.array([[0.1, 0.2, 0.7, 0], [0, 0.2, 0.8, 0], [0.9, 0.1, 0, 0], [0.5, 0.5, 0, 0], [0.1, 0, 0, 0.9]])
    ordered = Clustering(np.array([2, 2, 0, 0, 0]), posterior, {"a": 1}).by_size()
    np.testing.assert_array_equal(ordered.labels, [1, 1, 0, 0, 0])
    np.testing.assert_allclose(ordered.posterior, [[1 / 8, 7 / 8], [0, 1], [1, 0], [1, 0], [1, 0]], rtol=1e-6)
    assert ordered.record == {"a": 1}


def test_ties_keep_their_order_and_lost_points_are_even():
    ordered = Clustering(np.array([1, 0]), np.array([[0, 0, 1.0], [1, 0, 0]])).by_size()
    np.testing.assert_array_equal(ordered.labels, [1, 0])
    np.testing.assert_allclose(ordered.posterior, [[0.5, 0.5], [1, 0]])
