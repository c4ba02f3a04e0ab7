from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import consensus


@pytest.fixture
def truth(rng):
    return np.repeat(np.arange(4), [30, 40, 50, 60])[rng.permutation(180)]


def spoilt(truth, share, rng):
    """A partition in which a share of the spots is anywhere, its domains numbered at random."""
    wrong = rng.random(len(truth)) < share
    partition = np.where(wrong, rng.integers(4, size=len(truth)), truth)
    return np.eye(4, dtype=np.float32)[rng.permutation(4)[partition]]


@pytest.mark.parametrize("n_partitions", [1, 5])
def test_numbers_of_the_domains_do_not_matter(truth, rng, n_partitions):
    found = consensus([np.eye(4)[rng.permutation(4)[truth]] for _ in range(n_partitions)], 4)
    assert found.shape == truth.shape
    assert adjusted_rand_score(truth, found) == 1


def test_consensus_is_better_than_each(truth, rng):
    given = [spoilt(truth, 0.4, rng) for _ in range(9)]
    best = max(adjusted_rand_score(truth, q.argmax(axis=1)) for q in given)
    found = adjusted_rand_score(truth, consensus(given, 4))
    assert found > 0.9 > 0.7 > best


def test_the_few_do_not_overrule_the_many(truth, rng):
    other = np.eye(4)[rng.integers(4, size=len(truth))]
    assert adjusted_rand_score(truth, consensus([np.eye(4)[truth]] * 3 + [other], 4)) == 1


def test_spots_that_partitions_disagree_on_stay_together():
    """Two partitions differ in where the border is; spots between are alike."""
    first, second = np.eye(2)[np.repeat([0, 1], [50, 30])], np.eye(2)[np.repeat([0, 1], [40, 40])]
    found = consensus([first, second], 2)
    assert len(np.unique(found[:40])) == len(np.unique(found[40:50])) == len(np.unique(found[50:])) == 1
    assert found[0] != found[-1]


def test_partitions_of_other_numbers_of_domains(truth, rng):
    merged, split = np.eye(3)[np.minimum(truth, 2)], np.eye(8)[2 * truth + rng.integers(2, size=len(truth))]
    assert adjusted_rand_score(truth, consensus([merged, split, np.eye(4)[truth]], 4)) == 1


def test_memberships_may_be_soft(truth, rng):
    given = [0.55 * spoilt(truth, 0.1, rng) + 0.45 * rng.dirichlet(np.ones(4), len(truth)) for _ in range(5)]
    assert adjusted_rand_score(truth, consensus(given, 4)) > 0.9


def test_orders_of_spots_and_partitions_change_nothing(truth, rng):
    given, order = [spoilt(truth, 0.3, rng) for _ in range(5)], rng.permutation(len(truth))
    before, found = [q.copy() for q in given], consensus(given, 4)
    np.testing.assert_array_equal(given, before)
    np.testing.assert_array_equal(consensus(given, 4), found)
    assert adjusted_rand_score(found[order], consensus([q[order] for q in given], 4)) == 1
    assert adjusted_rand_score(found, consensus(given[::-1], 4)) == 1


def test_empty_domains_and_fewer_than_asked_stay_within_bounds(truth):
    wide = np.hstack([np.eye(4)[truth], np.zeros((len(truth), 2))])
    found = consensus([wide, wide], 6)
    assert set(found) <= set(range(6))
    for k in range(4):
        assert not set(found[truth == k]) & set(found[truth != k])


def test_one_domain():
    np.testing.assert_array_equal(consensus([np.ones((7, 1))] * 2, 1), np.zeros(7))
