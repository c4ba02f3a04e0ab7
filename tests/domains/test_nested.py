from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains.nested import Split, applied, nested


def soft(partition, n=None):
    """Probabilities that favour a partition."""
    member = np.eye(n or partition.max() + 1)[partition]
    return (member + 0.1) / (member + 0.1).sum(axis=1, keepdims=True)


def assert_nested(tree):
    for (_, coarse), (number, fine) in pairwise(tree.items()):
        assert len(np.unique(fine)) == number
        assert len(np.unique(np.column_stack([coarse, fine]), axis=0)) == number


@pytest.fixture
def truth():
    """A true tree of six domains: {0, 1, 2} and {3, 4, 5}, then 5, then 4, then 1, then 2 leave."""
    six = np.repeat(np.arange(6), [30, 25, 20, 28, 24, 15])
    two = np.array([0, 0, 0, 1, 1, 1])[six]
    three = np.array([0, 0, 0, 1, 1, 2])[six]
    four = np.array([0, 0, 0, 1, 3, 2])[six]
    five = np.array([0, 4, 0, 1, 3, 2])[six]
    return {2: two, 3: three, 4: four, 5: five, 6: six}


@pytest.mark.parametrize("first", [2, 4, 6])
def test_a_true_tree_is_found_from_any_of_its_levels(truth, first):
    tree = nested({k: soft(own) for k, own in truth.items()}, truth[first])
    assert list(tree) == [2, 3, 4, 5, 6]
    assert (tree[first] == truth[first]).all()
    assert_nested(tree)
    for k, own in truth.items():
        assert adjusted_rand_score(own, tree[k]) == 1


def test_the_larger_part_keeps_the_number(truth):
    tree = nested({k: soft(own) for k, own in truth.items()}, truth[3])
    # of {0: 30, 1: 25, 2: 20} domain 1 leaves first; of {3: 28, 4: 24} before it domain 4
    assert np.unique(tree[4][truth[6] == 3]).tolist() == [1]
    assert np.unique(tree[4][truth[6] == 4]).tolist() == [3]
    assert np.unique(tree[2]).tolist() == [0, 1]


def test_mergers_take_the_number_of_the_larger(truth):
    tree = nested({k: soft(own) for k, own in truth.items()}, truth[6])
    assert np.unique(tree[2]).tolist() == [0, 3]


def test_a_search_that_stands_alone_does_not_lead_the_others_astray(truth):
    rng = np.random.default_rng(0)
    searched = {k: soft(own) for k, own in truth.items()}
    odd = np.where(truth[3] == 0, rng.integers(2, size=len(truth[3])) * 3, truth[3])
    searched[4] = soft(odd)
    tree = nested(searched, truth[3])
    assert_nested(tree)
    for k in (5, 6):
        assert adjusted_rand_score(truth[k], tree[k]) > 0.95


def test_the_tree_ends_where_no_search_divides_further(truth):
    searched = {2: soft(truth[2]), 3: soft(truth[3]), 4: soft(truth[3]), 5: soft(truth[3])}
    assert list(nested(searched, truth[2])) == [2, 3]


def test_chains_compared_by_some_spots_hold_for_all(truth):
    sample = np.arange(0, len(truth[2]), 2)
    tree = nested({k: soft(own) for k, own in truth.items()}, truth[4], sample)
    assert_nested(tree)
    for k, own in truth.items():
        assert adjusted_rand_score(own, tree[k]) == 1


def test_steps_can_be_applied_alone():
    partition = np.array([0, 0, 1, 1])
    searched = {3: np.array([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.9, 0.1]])}
    assert applied(Split(0, 3, 0, 1), partition, searched, new=2).tolist() == [0, 2, 1, 1]
    assert applied((1, 0), partition, searched).tolist() == [1, 1, 1, 1]
    assert partition.tolist() == [0, 0, 1, 1]
