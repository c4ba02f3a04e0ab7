import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import find_domains
from spamca.domains.hierarchy import _overlaps, find_hierarchy


@pytest.fixture(scope="module")
def toy(make_toy):
    return make_toy(15, 15, 4)


@pytest.fixture(scope="module")
def tree(toy):
    return find_hierarchy([toy.features(noise=0.5)], toy.adjacency, toy.truth, (2, 5))


def test_the_given_domains_are_a_level_and_all_are_nested(toy, tree):
    numbers = tree.numbers.tolist()
    assert numbers[:3] == [2, 3, 4]
    assert (tree.partitions[:, numbers.index(4)] == toy.truth).all()
    for coarse, fine, number in zip(tree.partitions.T[:-1], tree.partitions.T[1:], numbers[1:], strict=True):
        assert len(np.unique(np.column_stack([coarse, fine]), axis=0)) == number


def test_agreement_is_that_with_the_search_for_the_number(toy, tree):
    for k, agreement in zip(tree.numbers.tolist(), tree.agreement, strict=True):
        found = find_domains([toy.features(noise=0.5)], toy.adjacency, k)
        own = tree.partitions[:, tree.numbers.tolist().index(k)]
        assert agreement == pytest.approx(adjusted_rand_score(own, found.assignment.argmax(axis=1)))
        halves = [adjusted_rand_score(own, half) for half in found.halves]
        assert tree.support[k - 2] == pytest.approx(np.mean(halves))


def test_noise_has_no_tree(toy):
    noise = np.random.default_rng(0).normal(size=(toy.n_spots, 3))
    assert find_hierarchy([noise], toy.adjacency, toy.truth, (2, 4)) is None


def test_a_level_outside_of_the_range_is_left_out(toy):
    tree = find_hierarchy([toy.features(noise=0.5)], toy.adjacency, toy.truth, (2, 3))
    assert tree.numbers.tolist() == [2, 3]


def test_support_of_a_domain_is_the_overlap_with_the_most_similar():
    partition = np.array([0, 0, 0, 2, 2, 2])
    other = np.array([0, 0, 1, 1, 1, 1])
    # {0, 1, 2} shares two of three with {0, 1}; {3, 4, 5} three of four with {2, 3, 4, 5}
    assert _overlaps(partition, [other]) == pytest.approx({0: 2 / 3, 2: 3 / 4})
    assert _overlaps(partition, [other, partition]) == pytest.approx({0: 5 / 6, 2: 7 / 8})
    assert np.isnan(_overlaps(partition, [])[0])
