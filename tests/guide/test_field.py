from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.guide import noise_whitened
from spamca.guide.field import COHERENCE, Block, Field


@pytest.fixture
def block(toy):
    return Block(noise_whitened(toy.features(), toy.adjacency))


@pytest.fixture
def field(toy, block):
    return Field([block], toy.adjacency)


@pytest.fixture
def spoilt(toy, rng):
    """The truth, with another domain in one of five spots."""
    wrong = rng.random(toy.n_spots) < 0.2
    return np.where(wrong, (toy.truth + rng.integers(1, 3, toy.n_spots)) % 3, toy.truth)


def test_moments_by_hand(rng):
    values, present = rng.normal(size=(10, 2)), np.arange(10) < 7
    values[~present] = 0
    assignment = rng.dirichlet(np.ones(3), 10)
    means, within, total = Block(values, present=present).moments(assignment)
    q, x = assignment[:7], values[:7]
    expected = np.array([np.average(x, axis=0, weights=q[:, k]) for k in range(3)])
    np.testing.assert_allclose(means, expected)
    spread = sum(q[i, k] * np.outer(x[i] - expected[k], x[i] - expected[k]) for i in range(7) for k in range(3)) / 7
    np.testing.assert_allclose(within, spread, atol=1e-5)
    np.testing.assert_allclose(total, x.T @ x / 7, atol=1e-5)


def test_block_of_some_spots():
    block = Block(np.arange(8.0).reshape(4, 2), 0.3, np.array([True, False, True, True]))
    part = block.take(np.array([3, 1]))
    np.testing.assert_array_equal(part.values, [[6, 7], [2, 3]])
    np.testing.assert_array_equal(part.present, [True, False])
    assert part.weight == 0.3
    assert Block(block.values).take(np.array([0])).present is None


def test_likelihood_by_hand(field, block, toy):
    x = block.values
    within = np.zeros((x.shape[1], x.shape[1]))
    for k in range(3):
        own = x[toy.truth == k]
        within += (own - own.mean(axis=0)).T @ (own - own.mean(axis=0)) / len(x)
    expected = 0.5 * (np.linalg.slogdet(x.T @ x / len(x))[1] - np.linalg.slogdet(within)[1])
    assert field.likelihood(toy.truth, 3) == pytest.approx(expected, abs=1e-4)
    assert field.likelihood(np.zeros(toy.n_spots, dtype=int), 1) == pytest.approx(0, abs=1e-4)


def test_likelihood_is_raised_to_the_weight(toy, block):
    twice = Field([Block(block.values, 2.0)], toy.adjacency)
    both = Field([block, block], toy.adjacency)
    single = Field([block], toy.adjacency).likelihood(toy.truth, 3)
    assert twice.likelihood(toy.truth, 3) == pytest.approx(2 * single)
    assert both.likelihood(toy.truth, 3) == pytest.approx(2 * single)


def test_coherence_by_hand(path):
    field = Field([Block(np.zeros((12, 1)))], path)
    assert field.coherence(np.zeros(12, dtype=int)) == 1
    assert field.coherence(np.repeat([0, 1, 0], 4)) == pytest.approx(9 / 11)
    assert field.coherence(np.arange(12) % 2) == 0
    assert Field([Block(np.zeros((12, 1)))], csr_matrix((12, 12))).coherence(np.zeros(12, dtype=int)) == 0


def test_objective_is_the_sum_and_prefers_the_truth(field, toy, spoilt, rng):
    expected = field.likelihood(spoilt, 3) + COHERENCE * field.coherence(spoilt)
    assert field.objective(spoilt, 3) == pytest.approx(expected)
    values = [field.objective(p, 3) for p in (toy.truth, spoilt, rng.permutation(toy.truth))]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 3


def test_numbers_of_the_domains_do_not_matter(field, toy):
    assert field.objective(2 - toy.truth, 3) == pytest.approx(field.objective(toy.truth, 3))


def test_relaxing_mends_a_partition_and_rests(field, toy, spoilt):
    found = field.relax(np.eye(3)[spoilt], 40)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found.min() >= 0
    partition = found.argmax(axis=1)
    assert adjusted_rand_score(toy.truth, spoilt) < 0.8
    assert adjusted_rand_score(toy.truth, partition) > 0.9
    assert field.objective(partition, 3) > field.objective(spoilt, 3)
    np.testing.assert_array_equal(field.relax(found, 40).argmax(axis=1), partition)


def test_no_step_leaves_the_assignment(field, spoilt):
    np.testing.assert_array_equal(field.relax(np.eye(3)[spoilt], 0), np.eye(3)[spoilt])


def surrounded(toy):
    """A spot whose eight neighbours are all of its domain."""
    alike = toy.adjacency @ np.eye(3)[toy.truth]
    return int(np.flatnonzero(alike.max(axis=1) == 8)[0])


def test_spot_like_no_other_around_it_follows_its_neighbours(toy, block):
    spot = surrounded(toy)
    values = block.values.copy()
    values[spot] = values[toy.truth != toy.truth[spot]].mean(axis=0) * 3
    found = Field([Block(values)], toy.adjacency).relax(np.eye(3)[toy.truth], 40)
    assert found[spot].argmax() == toy.truth[spot]


def test_spot_without_features_follows_its_neighbours(toy, block):
    spot = surrounded(toy)
    present = np.arange(toy.n_spots) != spot
    field = Field([Block(block.values * present[:, None], present=present)], toy.adjacency)
    start = np.eye(3)[toy.truth]
    start[spot] = np.eye(3)[(toy.truth[spot] + 1) % 3]
    assert field.relax(start, 40)[spot].argmax() == toy.truth[spot]


def test_spot_without_neighbours_follows_its_features(toy, block):
    spot = surrounded(toy)
    cut = toy.adjacency.tolil()
    cut[spot], cut[:, spot] = 0, 0
    values = block.values.copy()
    other = (toy.truth[spot] + 1) % 3
    values[spot] = values[toy.truth == other].mean(axis=0)
    cut = cut.tocsr()
    cut.eliminate_zeros()
    assert Field([Block(values)], cut).relax(np.eye(3)[toy.truth], 40)[spot].argmax() == other


def test_few_spots_tell_what_all_are(field, toy):
    spots = np.arange(0, toy.n_spots, 4)
    found = field.spread(np.eye(3)[toy.truth[spots]], spots)
    assert found.shape == (toy.n_spots, 3)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9


def test_empty_domains_and_equal_features_stay_finite(toy):
    equal = Field([Block(np.zeros((toy.n_spots, 2)))], toy.adjacency)
    found = equal.relax(np.eye(5)[toy.truth], 5)
    assert np.isfinite(found).all()
    assert np.isfinite(equal.objective(toy.truth, 5))


def test_number_of_spots(field, toy):
    assert field.n_spots == toy.n_spots == 196
