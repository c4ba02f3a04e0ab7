from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spamca.guide.smoothing import at_scales, average, shrinkage


def test_average_is_the_mean_over_a_spot_and_its_neighbours(path):
    step = average(path)
    expected = np.zeros((12, 12))
    for spot in range(12):
        around = [other for other in (spot - 1, spot, spot + 1) if 0 <= other < 12]
        expected[spot, around] = 1 / len(around)
    np.testing.assert_allclose(step.toarray(), expected)


def test_weights_of_edges_are_not_read(path, rng):
    weighed = path.copy()
    weighed.data = rng.uniform(0.1, 5, size=path.nnz)
    np.testing.assert_array_equal(average(weighed).toarray(), average(path).toarray())


def test_spot_without_neighbours_stays_as_it_is():
    np.testing.assert_array_equal(average(csr_matrix((3, 3))).toarray(), np.eye(3))


def test_scales_are_powers_of_the_average(toy, rng):
    values, step = rng.normal(size=(toy.n_spots, 2)), average(toy.adjacency)
    hops = (0, 1, 3, 8)
    before = values.copy()
    for h, found in zip(hops, at_scales(values, step, hops), strict=True):
        np.testing.assert_allclose(found, np.linalg.matrix_power(step.toarray(), h) @ values, atol=1e-12)
    np.testing.assert_array_equal(values, before)


def test_a_constant_is_its_own_mean(toy):
    (found,) = at_scales(np.full((toy.n_spots, 1), 3.0), average(toy.adjacency), (8,))
    np.testing.assert_allclose(found, 3)


def test_shrinkage_is_what_averaging_leaves_of_noise(toy, rng):
    step, hops = average(toy.adjacency), (0, 1, 2, 8)
    dense = step.toarray()
    exact = [np.square(np.linalg.matrix_power(dense, h)).sum() / toy.n_spots for h in hops]
    found = shrinkage(step, hops, rng)
    np.testing.assert_allclose(found, exact, rtol=0.1)
    assert exact[0] == pytest.approx(1)
    assert (np.diff(found) < 0).all()


def test_shrinkage_of_spots_without_neighbours_is_one(rng):
    np.testing.assert_allclose(shrinkage(average(csr_matrix((200, 200))), (1, 8), rng), 1, rtol=0.1)
