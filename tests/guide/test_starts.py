from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.guide import noise_whitened
from spamca.guide.starts import METRICS, N_EACH, SAMPLE, SCALES, average, kmeans, starts


def given(toy, n_views=2, seed=0, n_domains=3):
    values = toy.features()
    components = noise_whitened(values, toy.adjacency)
    return list(starts([values] * n_views, components, toy.adjacency, n_domains, np.random.default_rng(seed)))


@pytest.mark.parametrize("n_views", [1, 2])
def test_every_view_scale_and_metric_proposes(toy, n_views):
    found = given(toy, n_views)
    assert len(found) == n_views * len(SCALES) * len(METRICS) * N_EACH + 3 * N_EACH
    for partition in found:
        assert partition.shape == (toy.n_spots,)
        assert partition.dtype.kind == "i"
        assert 0 <= partition.min() <= partition.max() < 3


def test_proposals_are_near_the_truth_and_differ(toy):
    found = given(toy)
    scores = [adjusted_rand_score(toy.truth, partition) for partition in found]
    assert max(scores) > 0.8
    assert len({partition.tobytes() for partition in found}) > 5


def test_same_seed_gives_the_same_partitions(toy):
    np.testing.assert_array_equal(given(toy, seed=3), given(toy, seed=3))
    assert not np.array_equal(given(toy, seed=3), given(toy, seed=4))


def test_constant_view_proposes_nothing(toy):
    components = noise_whitened(toy.features(), toy.adjacency)
    found = starts([np.full((toy.n_spots, 4), 0.1)], components, toy.adjacency, 3, np.random.default_rng(0))
    assert len(list(found)) == 3 * N_EACH


def test_neighbours_that_become_equal_propose_nothing(rng):
    """On a complete graph every spot has the same mean, up to rounding."""
    complete = csr_matrix(np.ones((9, 9)) - np.eye(9))
    values = rng.normal(size=(9, 2))
    assert len(list(starts([values], values, complete, 2, rng))) == 3 * N_EACH


def test_as_many_domains_as_spots(path, rng):
    values = rng.normal(size=(12, 2))
    found = list(starts([values], values, path, 12, rng))
    assert all(partition.max() < 12 for partition in found)


def test_average_is_over_a_spot_and_its_neighbours(path):
    weighted = path.copy()
    weighted.data[:] = 0.2
    mean = average(weighted).toarray()
    np.testing.assert_allclose(mean.sum(axis=1), 1)
    np.testing.assert_allclose(mean[0, :3], [1 / 2, 1 / 2, 0])
    np.testing.assert_allclose(mean[5, 3:8], [0, 1 / 3, 1 / 3, 1 / 3, 0])
    np.testing.assert_array_equal(average(csr_matrix((3, 3))).toarray(), np.eye(3))


def test_kmeans_parts_all_points_from_a_sample(rng):
    n = 2 * SAMPLE
    side = np.arange(n) % 2
    found = kmeans(10.0 * side[:, None] + rng.normal(size=(n, 2)), 2, rng)
    assert adjusted_rand_score(side, found) == 1


def test_kmeans_of_fewer_distinct_points_than_clusters(rng):
    found = kmeans(np.repeat([[0.0], [1.0]], 5, axis=0), 4, rng)
    assert adjusted_rand_score(np.repeat([0, 1], 5), found) == 1
