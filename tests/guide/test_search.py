from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.guide import noise_whitened
from spamca.guide.field import Block, Field
from spamca.guide.search import N_FINALISTS, _distinct, _moves, search
from spamca.guide.starts import kmeans


@pytest.fixture
def toy(make_toy):
    return make_toy(16, 16, 4)


@pytest.fixture
def field(toy):
    return Field([Block(noise_whitened(toy.features(8, 0.7), toy.adjacency))], toy.adjacency)


@pytest.fixture
def split(field, rng):
    return lambda spots: kmeans(field.blocks[0].values[spots], 2, rng).astype(bool)


def lost(toy):
    """Two domains taken as one, and another parted at a line."""
    partition = np.where(toy.truth == 1, 0, toy.truth)
    largest = 2 + np.bincount(partition, minlength=4)[2:].argmax()
    spots = np.flatnonzero(partition == largest)
    partition[spots[: len(spots) // 2]] = 1
    return partition


def test_merging_and_splitting_leave_a_local_optimum(toy, field, split):
    start = lost(toy)
    relaxed = field.relax(np.eye(4)[start], 40).argmax(axis=1)
    assert adjusted_rand_score(toy.truth, relaxed) < 0.9
    found = search(field, [start], 4, split)
    assert found.shape == (256, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    partition = found.argmax(axis=1)
    assert adjusted_rand_score(toy.truth, partition) > 0.9
    assert field.objective(partition, 4) > field.objective(relaxed, 4)


def test_the_best_start_is_taken(toy, field, rng):
    starts = [*(rng.integers(4, size=256) for _ in range(5)), toy.truth, rng.integers(4, size=256)]
    found = search(field, starts, 4, lambda spots: np.zeros(len(spots), dtype=bool)).argmax(axis=1)
    assert field.objective(found, 4) >= field.objective(toy.truth, 4)


def test_two_domains_are_not_merged(make_toy):
    def never(spots):
        raise AssertionError

    toy = make_toy(12, 12, 2)
    field = Field([Block(noise_whitened(toy.features(8, 0.7), toy.adjacency))], toy.adjacency)
    found = search(field, [toy.truth], 2, never).argmax(axis=1)
    assert adjusted_rand_score(toy.truth, found) > 0.9


def test_partitions_that_agree_count_once():
    rng = np.random.default_rng(0)
    one, other = rng.integers(3, size=200), rng.integers(3, size=200)
    assert _distinct(np.array([one, other, (one + 1) % 3]), np.array([1.0, 3.0, 2.0])) == [1, 2]


def test_finalists_are_the_best(rng):
    partitions = rng.integers(3, size=(30, 100))
    score = rng.permutation(30)
    assert _distinct(partitions, score) == list(np.argsort(-score)[:N_FINALISTS])


def test_moves_keep_the_number_of_domains(toy, field, split):
    moved = _moves(field, np.eye(4)[lost(toy)], 4, split)
    assert moved
    for partition in moved:
        assert set(partition) == {0, 1, 2, 3}


def test_small_domains_are_not_split(path):
    field = Field([Block(np.arange(12.0)[:, None] - 5.5)], path)
    calls = []

    def halves(spots):
        calls.append(len(spots))
        return np.arange(len(spots)) < len(spots) // 2

    _moves(field, np.eye(3)[np.repeat([0, 1, 2], [8, 2, 2])], 3, halves)
    assert calls
    assert min(calls) >= 10


def test_tissue_too_small_to_split_is_searched(path):
    field = Field([Block(np.repeat([[-1.0], [1.0]], 6, axis=0))], path)
    start = np.arange(12) % 6
    assert search(field, [start], 6, lambda spots: np.ones(len(spots), dtype=bool)).shape == (12, 6)
