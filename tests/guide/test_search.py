from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.guide import noise_whitened
from spamca.guide.field import Block, Field
from spamca.guide.search import _distinct, _moves, search
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


def test_partitions_that_agree_count_once(field, toy):
    spoilt = np.where(np.arange(256) % 5 == 0, (toy.truth + 1) % 4, toy.truth)
    one, other, same = (np.eye(4)[p] for p in (spoilt, toy.truth, 3 - toy.truth))
    kept = _distinct(field, [one, other, same], 3)
    assert len(kept) == 2
    assert kept[0] is other
    assert kept[1] is one


def test_the_best_are_kept(field, rng):
    assignments = list(np.eye(4)[rng.integers(4, size=(30, 256))])
    score = [field.objective(a.argmax(axis=1), 4) for a in assignments]
    expected = [assignments[i] for i in np.argsort(score)[::-1][:7]]
    assert all(a is b for a, b in zip(_distinct(field, assignments, 7), expected, strict=True))
    assert _distinct(field, [], 7) == []


def test_moves_keep_the_number_of_domains(toy, field, split):
    moved = _moves(field, np.eye(4)[lost(toy)], split)
    assert moved
    for partition in moved:
        assert set(partition) == {0, 1, 2, 3}


def test_small_domains_are_not_split(path):
    field = Field([Block(np.arange(12.0)[:, None] - 5.5)], path)
    calls = []

    def halves(spots):
        calls.append(len(spots))
        return np.arange(len(spots)) < len(spots) // 2

    _moves(field, np.eye(3)[np.repeat([0, 1, 2], [8, 2, 2])], halves)
    assert calls
    assert min(calls) >= 10


def test_tissue_too_small_to_split_is_searched(path):
    field = Field([Block(np.repeat([[-1.0], [1.0]], 6, axis=0))], path)
    start = np.arange(12) % 6
    assert search(field, [start], 6, lambda spots: np.ones(len(spots), dtype=bool)).shape == (12, 6)
