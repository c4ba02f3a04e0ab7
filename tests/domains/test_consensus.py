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


def test_one_partition_is_its_own_consensus(truth):
    found = consensus([np.eye(4)[truth]], 4)
    assert found.shape == truth.shape
    assert adjusted_rand_score(truth, found) == 1


def test_numbers_of_the_domains_do_not_matter(truth, rng):
    given = [np.eye(4)[rng.permutation(4)[truth]] for _ in range(5)]
    assert adjusted_rand_score(truth, consensus(given, 4)) == 1


def test_consensus_is_better_than_each(truth, rng):
    given = [spoilt(truth, 0.4, rng) for _ in range(9)]
    best = max(adjusted_rand_score(truth, q.argmax(axis=1)) for q in given)
    found = adjusted_rand_score(truth, consensus(given, 4))
    assert found > 0.9 > 0.7 > best


def test_the_few_do_not_overrule_the_many(truth, rng):
    other = np.eye(4)[rng.integers(4, size=len(truth))]
    given = [np.eye(4)[truth]] * 3 + [other]
    assert adjusted_rand_score(truth, consensus(given, 4)) == 1


def test_spots_that_are_torn_go_with_those_they_share_most_with():
    """Two partitions differ in where the border is; spots between are alike, and stay together."""
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


def test_order_of_spots_changes_nothing(truth, rng):
    given, order = [spoilt(truth, 0.3, rng) for _ in range(5)], rng.permutation(len(truth))
    found, other = consensus(given, 4), consensus([q[order] for q in given], 4)
    assert adjusted_rand_score(found[order], other) == 1


def test_order_of_partitions_changes_nothing(truth, rng):
    given = [spoilt(truth, 0.3, rng) for _ in range(5)]
    assert adjusted_rand_score(consensus(given, 4), consensus(given[::-1], 4)) == 1


def test_same_partitions_give_the_same_bits(truth, rng):
    given = [spoilt(truth, 0.5, rng) for _ in range(5)]
    np.testing.assert_array_equal(consensus(given, 4), consensus(given, 4))


def test_input_is_left(truth, rng):
    given = [spoilt(truth, 0.3, rng) for _ in range(3)]
    before = [q.copy() for q in given]
    consensus(given, 4)
    for q, was in zip(given, before, strict=True):
        np.testing.assert_array_equal(q, was)


def test_empty_domains_and_fewer_than_asked_stay_within_bounds(truth):
    wide = np.hstack([np.eye(4)[truth], np.zeros((len(truth), 2))])
    found = consensus([wide, wide], 6)
    assert set(found) <= set(range(6))
    for k in range(4):
        assert not set(found[truth == k]) & set(found[truth != k]), "spots that no partition puts together are together"


def test_one_domain():
    np.testing.assert_array_equal(consensus([np.ones((7, 1))] * 2, 1), np.zeros(7))
