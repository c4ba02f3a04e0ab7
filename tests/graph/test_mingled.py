"""Whether groups of spots lie on one another."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.graph.mingled import REGULAR, are_stacked, lie_apart, mingled, regularity, surroundings

LATTICE = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
RANDOM = np.random.default_rng(0).uniform(0, 20, size=(400, 2))


def two(place, other):
    return np.vstack([place, other]), np.repeat([0, 1], [len(place), len(other)])


@pytest.mark.parametrize(
    "other",
    [
        LATTICE + 1 / 7,
        LATTICE + 0.5,
        LATTICE,
        LATTICE * 0.6 + 0.3,
        LATTICE @ [[0.8, 0.6], [-0.6, 0.8]] + 8,
        np.add(LATTICE, [9.3, 0]),
    ],
    ids=["a seventh", "half", "the same", "denser", "turned", "half of it"],
)
def test_spots_of_another_section_come_closer(other):
    coords, group = two(LATTICE, other)
    found = mingled(surroundings(coords), group)
    assert found.come_closer(0.5)
    assert found.n_spots == round(found.share * len(coords))


def test_excess_is_that_of_its_equation():
    coords, group = two(LATTICE, LATTICE + 1 / 7)
    found = mingled(surroundings(coords), group)
    assert found.near == 1  # the nearest spot is always the one a seventh away
    assert found.excess == 1
    inside = np.flatnonzero((np.abs(coords - 9.5) < 6).all(axis=1))
    strangers = [
        np.mean(group[np.argsort(np.linalg.norm(coords - coords[i], axis=1), kind="stable")[1:21]] != group[i])
        for i in inside
    ]
    assert found.around == pytest.approx(np.mean(strangers), abs=0.05)


@pytest.mark.parametrize("coords", [LATTICE, RANDOM], ids=["lattice", "random"])
def test_labels_of_one_tissue_come_no_closer(coords):
    rng = np.random.default_rng(1)
    near = surroundings(coords)
    for group in (rng.integers(2, size=400), rng.integers(8, size=400)):
        found = mingled(near, group)
        assert found.are_strewn
        assert not found.come_closer(0.2)
    for side in (3, 5, 10):
        tiles = np.unique(coords // side, axis=0, return_inverse=True)[1].ravel()
        assert not mingled(near, tiles).are_strewn


def test_spots_that_were_taken_for_two_hide_no_section():
    rng = np.random.default_rng(5)
    twice = [np.vstack([place, place[:100]]) for place in (RANDOM, rng.uniform(0, 20, size=(400, 2)))]
    coords, group = two(*twice)
    found = mingled(surroundings(coords), group)
    assert found.near < found.beyond
    assert found.are_strewn


def test_groups_within_sections_do_not_meet_across_them():
    coords, section = two(LATTICE, LATTICE + 1 / 7)
    near = surroundings(coords, section)
    assert mingled(near, section).n_spots == 0
    tiles = (coords[:, 0] > 9.5).astype(int) + 2 * section
    assert not mingled(near, tiles).are_strewn
    assert not are_stacked(near)


def test_small_groups_and_spots_of_none_say_nothing():
    group = np.repeat([0, -1, 1], [390, 5, 5])
    assert mingled(surroundings(LATTICE), group).n_spots == 0


def test_regularity():
    assert regularity(surroundings(RANDOM).distance) == pytest.approx(1 / 8, abs=0.015)
    assert regularity(surroundings(LATTICE).distance) > 2 * REGULAR


@pytest.mark.parametrize("shift", [0, 1 / 7])
@pytest.mark.parametrize("n", [2, 3])
def test_lattices_on_one_another_are_stacked(shift, n):
    assert are_stacked(surroundings(np.vstack([LATTICE + s * shift for s in range(n)])))


def test_one_tissue_is_not_stacked():
    pairs = np.vstack([RANDOM, RANDOM + np.random.default_rng(1).normal(scale=0.1, size=(400, 2))])
    line = np.column_stack([np.arange(100.0), np.zeros(100)])
    strips = LATTICE * [1, 5]
    for coords in (LATTICE, RANDOM, pairs, line, strips, np.zeros((50, 2)), LATTICE * 1e300, LATTICE * 1e-300):
        assert not are_stacked(surroundings(coords))


def test_a_sample_stands_for_large_tissue(monkeypatch):
    monkeypatch.setattr("spamca.graph.mingled.N_LOOKED_AT", 100)
    coords, group = two(LATTICE, LATTICE + 1 / 7)
    near = surroundings(coords)
    assert near.nearest.shape == (100, 20)
    assert (near.nearest != near.spots[:, None]).all()
    assert mingled(near, group).excess == 1
    assert len(surroundings(coords, every=True).spots) == 800


@pytest.mark.parametrize(("gap", "apart"), [(30, True), (1, False), (0, False)])
def test_sections_side_by_side(gap, apart):
    coords, group = two(LATTICE, np.add(LATTICE, [19 + gap, 0]))
    assert lie_apart(surroundings(coords, every=True), group) == apart
