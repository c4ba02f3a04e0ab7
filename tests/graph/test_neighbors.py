"""The exact search."""

from __future__ import annotations

import numpy as np

from spamca.graph.neighbors import exact_neighbors


def test_nearest_first_and_never_itself():
    points = np.array([[0.0], [1.0], [1.0], [5.0]])
    row, column, distance = exact_neighbors(points, 2)
    np.testing.assert_array_equal(row, [0, 0, 1, 1, 2, 2, 3, 3])
    assert (row != column).all()
    np.testing.assert_array_equal(distance, [1, 1, 0, 1, 0, 1, 4, 4])
