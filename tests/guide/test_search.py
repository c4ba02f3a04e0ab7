from __future__ import annotations

import importlib

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.guide import noise_whitened
from spamca.guide.blocks import Block
from spamca.guide.field import Field
from spamca.guide.halves import halves
from spamca.guide.search import Candidate, _distinct, _moves, _relaxed, search


@pytest.fixture
def toy(make_toy):
    return make_toy(16, 16, 4)


@pytest.fixture
def field(toy):
    return Field([Block(noise_whitened(toy.features(8, 0.7), toy.adjacency))], toy.adjacency)


@pytest.fixture
def split(field):
    return lambda spots: halves(field.blocks[0].values[spots])


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
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    partition = found.argmax(axis=1)
    assert adjusted_rand_score(toy.truth, partition) > 0.9
    assert field.objective(partition, 4) > field.objective(relaxed, 4)


def test_the_best_start_is_taken(toy, field, rng):
    starts = [*(rng.integers(4, size=256) for _ in range(5)), toy.truth, rng.integers(4, size=256)]
    found = search(field, starts, 4, lambda spots: np.zeros(len(spots), dtype=bool)).argmax(axis=1)
    assert field.objective(found, 4) >= field.objective(toy.truth, 4)


def test_only_the_best_starts_are_followed(toy, field, rng, monkeypatch):
    module, followed = importlib.import_module("spamca.guide.search"), []
    poor = [rng.integers(4, size=256) for _ in range(3)]
    begin = module._from_partitions

    def spied(field, partitions, n_domains, n_steps):
        followed.append(list(partitions))
        return begin(field, partitions, n_domains, n_steps)

    monkeypatch.setattr(module, "_from_partitions", spied)
    monkeypatch.setattr(module, "N_STARTED", 2)
    search(field, [*poor, toy.truth, lost(toy)], 4, lambda spots: np.zeros(len(spots), dtype=bool))
    assert [partition.tolist() for partition in followed[0]] == [toy.truth.tolist(), lost(toy).tolist()]


def test_two_domains_are_not_merged(make_toy):
    def never(spots):
        raise AssertionError

    toy = make_toy(12, 12, 2)
    field = Field([Block(noise_whitened(toy.features(8, 0.7), toy.adjacency))], toy.adjacency)
    found = search(field, [toy.truth], 2, never).argmax(axis=1)
    assert adjusted_rand_score(toy.truth, found) > 0.9


def candidate(field, partition, n_domains=4):
    return Candidate(np.eye(n_domains)[partition], partition, field.objective(partition, n_domains))


def test_partitions_that_agree_count_once(field, toy):
    spoilt = np.where(np.arange(256) % 5 == 0, (toy.truth + 1) % 4, toy.truth)
    one, other, same = (candidate(field, p) for p in (spoilt, toy.truth, 3 - toy.truth))
    kept = _distinct([one, other, same], 3)
    assert len(kept) == 2
    assert kept[0] is other or kept[0] is same
    assert kept[1] is one


def test_the_best_are_kept(field, rng):
    candidates = [candidate(field, p) for p in rng.integers(4, size=(30, 256))]
    expected = sorted(candidates, key=lambda c: c.score)[::-1][:7]
    assert all(a is b for a, b in zip(_distinct(candidates, 7), expected, strict=True))
    assert _distinct(candidates, 1) == expected[:1]
    assert _distinct([], 7) == []


def test_each_is_scored_as_it_relaxes(field, toy, rng):
    """More than are relaxed side by side, in their order."""
    assignments = list(np.eye(4)[rng.integers(4, size=(15, 256))])
    found = _relaxed(field, assignments, 3)
    assert len(found) == 15
    for start, one in zip(assignments, found, strict=True):
        np.testing.assert_allclose(one.assignment, field.relax(start, 3), atol=1e-4)
        np.testing.assert_array_equal(one.partition, one.assignment.argmax(axis=1))
        assert one.score == pytest.approx(field.objective(one.partition, 4), abs=1e-5)
    assert _relaxed(field, [], 3) == []


def test_moves_keep_the_number_of_domains(toy, field, split):
    moved = _moves(field, candidate(field, lost(toy)), split)
    assert moved
    for partition in moved:
        assert set(partition) == {0, 1, 2, 3}


def test_small_domains_are_not_split(path):
    field = Field([Block(np.arange(12.0)[:, None] - 5.5)], path)
    calls = []

    def half(spots):
        calls.append(len(spots))
        return np.arange(len(spots)) < len(spots) // 2

    _moves(field, candidate(field, np.repeat([0, 1, 2], [8, 2, 2]), 3), half)
    assert calls
    assert min(calls) >= 10


def test_tissue_too_small_to_split_is_searched(path):
    field = Field([Block(np.repeat([[-1.0], [1.0]], 6, axis=0))], path)
    start = np.arange(12) % 6
    assert search(field, [start], 6, lambda spots: np.ones(len(spots), dtype=bool)).shape == (12, 6)


def test_only_partitions_near_the_best_are_improved(field, toy, split, monkeypatch):
    module, improved = importlib.import_module("spamca.guide.search"), []
    monkeypatch.setattr(module, "_improved", lambda field, line, split: improved.append(line.score) or line)
    starts = [toy.truth, np.zeros(256, dtype=int)]
    search(field, starts, 4, split)
    assert len(improved) == 1
    monkeypatch.setattr(module, "WITHIN", np.inf)
    search(field, starts, 4, split)
    assert len(improved) == 3
