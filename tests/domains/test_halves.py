from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from spamca.domains.halves import LEAST, halved, halves, halving


def test_two_crowds_are_separated(rng):
    found = halves(rng.normal(size=(100, 4)) + 3 * (np.arange(100) < 30)[:, None])
    assert found.dtype == bool
    assert adjusted_rand_score(np.arange(100) < 30, found) == 1


def test_is_a_fixed_point_of_two_means(rng):
    points = rng.normal(size=(300, 3)) * [3, 1, 1] + 5
    found = halves(points)
    centres = np.array([points[~found].mean(axis=0), points[found].mean(axis=0)])
    np.testing.assert_array_equal(KMeans(2, init=centres, n_init=1).fit(points).labels_, found)


def test_points_that_coincide_are_not_separated():
    assert len(set(halves(np.full((12, 3), 0.1)))) == 1
    assert halves(np.repeat([[0.0], [1.0]], 6, axis=0)).sum() == 6


def test_both_halves_of_a_domain():
    partition = np.repeat([0, 1, 2], [LEAST, LEAST - 1, LEAST])
    first, second = halved(partition, 2, lambda spots: spots % 2 == 0)
    assert sorted([*first, *second]) == np.flatnonzero(partition == 2).tolist()
    assert (second % 2 == 0).all()
    assert (first % 2 == 1).all()
    assert halved(partition, 1, lambda spots: spots % 2 == 0) is None
    assert halved(partition, 0, lambda spots: spots < 0) is None
    assert halved(partition, 0, lambda spots: spots >= 0) is None


def test_a_domain_is_split_by_what_its_surroundings_show(toy, rng):
    spots = np.flatnonzero(toy.truth < 2)
    signal = 4.0 * (toy.truth == 0)[:, None] + rng.normal(size=(toy.n_spots, 1))
    second = halving(toy.having(signal))(spots)
    assert second.shape == spots.shape
    assert adjusted_rand_score(toy.truth[spots], second) > 0.8
