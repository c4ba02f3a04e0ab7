import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from spamca.domains.halves import LEAST, halved, halves, halving


def test_halves_are_a_fixed_point_of_two_means(rng):
    two = rng.normal(size=(100, 4)) + 3 * (np.arange(100) < 30)[:, None]
    assert adjusted_rand_score(np.arange(100) < 30, halves(two)) == 1
    for points in (two, rng.normal(size=(300, 3)) * [3, 1, 1] + 5):
        found = halves(points)
        centres = np.array([points[~found].mean(axis=0), points[found].mean(axis=0)])
        np.testing.assert_array_equal(KMeans(2, init=centres, n_init=1).fit(points).labels_, found)
    assert len(set(halves(np.full((12, 3), 0.1)))) == 1
    assert halves(np.repeat([[0.0], [1.0]], 6, axis=0)).sum() == 6


def test_domains_are_split_by_their_surroundings_unless_they_are_tiny_or_alike(toy, rng):
    partition = np.repeat([0, 1, 2], [LEAST, LEAST - 1, LEAST])
    first, second = halved(partition, 2, lambda spots: spots % 2 == 0)
    np.testing.assert_array_equal(np.sort([*first, *second]), np.flatnonzero(partition == 2))
    np.testing.assert_array_equal([first % 2, second % 2], [[1] * 5, [0] * 5])
    assert halved(partition, 1, lambda spots: spots % 2 == 0) is None
    assert halved(partition, 0, lambda spots: spots < 0) is None
    assert halved(partition, 0, lambda spots: spots >= 0) is None
    spots, signal = np.flatnonzero(toy.truth < 2), 4.0 * (toy.truth == 0)[:, None]
    second = halving(toy.having(signal + rng.normal(size=(toy.n_spots, 1))))(spots)
    assert adjusted_rand_score(toy.truth[spots], second) > 0.8
