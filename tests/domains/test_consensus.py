import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import consensus


@pytest.fixture
def truth(rng):
    return np.repeat(np.arange(4), [30, 40, 50, 60])[rng.permutation(180)]


def spoilt(truth, share, rng):
    """A partition in which a share of the spots is anywhere, its domains numbered at random."""
    partition = np.where(rng.random(180) < share, rng.integers(4, size=180), truth)
    return np.eye(4, dtype=np.float32)[rng.permutation(4)[partition]]


def test_numbers_of_domains_and_the_few_do_not_overrule_the_many(truth, rng):
    same, other = [np.eye(4)[rng.permutation(4)[truth]] for _ in range(5)], np.eye(4)[rng.integers(4, size=180)]
    merged, split = np.eye(3)[np.minimum(truth, 2)], np.eye(8)[2 * truth + rng.integers(2, size=180)]
    for given in (same[:1], same, [*same[:3], other], [merged, split, same[0]]):
        assert adjusted_rand_score(truth, consensus(given, 4)) == 1


def test_consensus_is_better_than_each_hard_or_soft(truth, rng):
    given = [spoilt(truth, 0.4, rng) for _ in range(9)]
    best = max(adjusted_rand_score(truth, q.argmax(axis=1)) for q in given)
    soft = [0.55 * spoilt(truth, 0.1, rng) + 0.45 * rng.dirichlet(np.ones(4), 180) for _ in range(5)]
    assert adjusted_rand_score(truth, consensus(given, 4)) > 0.9 > 0.7 > best
    assert adjusted_rand_score(truth, consensus(soft, 4)) > 0.9
    # Two partitions differ in where the border is: spots between stay together.
    found = consensus([np.eye(2)[np.repeat([0, 1], [n, 80 - n])] for n in (50, 40)], 2)
    assert [len(set(part)) for part in np.split(found, [40, 50])] == [1, 1, 1]
    assert found[0] != found[-1]


def test_orders_of_spots_and_partitions_change_nothing(truth, rng):
    given, order = [spoilt(truth, 0.3, rng) for _ in range(5)], rng.permutation(180)
    before, found = [q.copy() for q in given], consensus(given, 4)
    np.testing.assert_array_equal(given, before)
    np.testing.assert_array_equal(consensus(given, 4), found)
    assert adjusted_rand_score(found[order], consensus([q[order] for q in given], 4)) == 1
    assert adjusted_rand_score(found, consensus(given[::-1], 4)) == 1
    # One domain, and empty ones.
    np.testing.assert_array_equal(consensus([np.ones((7, 1))] * 2, 1), np.zeros(7))
    found = consensus([np.eye(6)[truth]] * 2, 6)
    assert set(found) <= set(range(6))
    for k in range(4):
        assert not set(found[truth == k]) & set(found[truth != k])
