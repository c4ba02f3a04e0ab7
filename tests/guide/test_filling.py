from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from spamca.guide.filling import fill


def test_missing_rows_are_means_of_neighbours(path):
    values = np.column_stack([np.arange(12.0), -np.arange(12.0)])
    present = np.ones(12, dtype=bool)
    present[[0, 5]] = False
    found = fill(values, present, path)
    np.testing.assert_array_equal(found[present], values[present])
    np.testing.assert_array_equal(found[[0, 5]], [[1, -1], [5, -5]])


def test_ring_by_ring(path):
    present = np.zeros(12, dtype=bool)
    present[[0, 11]] = True
    found = fill(np.arange(12.0)[:, None], present, path)
    np.testing.assert_array_equal(found[:, 0], [0] * 6 + [11] * 6)


def test_weights_of_edges_do_not_matter(path):
    weighted, present = path.copy(), np.arange(12) % 3 > 0
    weighted.data[:] = 0.1
    values = np.arange(12.0)[:, None] ** 2
    np.testing.assert_array_equal(fill(values, present, weighted), fill(values, present, path))


def test_what_is_missing_is_not_read(path):
    values = np.where(np.arange(12) % 2, np.nan, 1.0)[:, None]
    np.testing.assert_array_equal(fill(values, np.arange(12) % 2 == 0, path), np.ones((12, 1)))


def test_spots_that_nothing_leads_to_are_zero():
    values, present = np.ones((4, 2)), np.array([True, False, True, False])
    found = fill(values, present, csr_matrix((4, 4)))
    np.testing.assert_array_equal(found[:, 0], [1, 0, 1, 0])


def test_nothing_missing(path):
    values = np.arange(12.0)[:, None]
    assert fill(values, None, path) is values
    np.testing.assert_array_equal(fill(values, np.ones(12, dtype=bool), path), values)
