from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spamca.domains import DEFAULTS, Block, components_of, noise_whitened
from spamca.domains.components import masks

HOPS = DEFAULTS.surroundings


def test_moments_of_a_block_by_hand(rng):
    values, present = rng.normal(size=(10, 2)), np.arange(10) < 7
    values[~present] = 0
    assignment = rng.dirichlet(np.ones(3), 10)
    block = Block(values, present=present)
    expected = np.array([np.average(values[:7], axis=0, weights=assignment[:7, k]) for k in range(3)])
    np.testing.assert_allclose(block.means(assignment), expected)
    np.testing.assert_allclose(block.sizes(assignment), assignment[:7].sum(axis=0))
    np.testing.assert_allclose(block.total, values[:7].T @ values[:7] / 7, atol=1e-5)
    assert block.size == 7
    assert not block.there(np.ones((10, 2)))[~present].any()


def test_components_of_some_spots(toy, together):
    block = Block(np.arange(8.0).reshape(4, 2), 0.3, np.array([True, False, True, True]))
    part = together([block], toy.adjacency[:4][:, :4]).take(np.array([3, 1]))
    (own,) = part.blocks
    np.testing.assert_array_equal(own.values, [[6, 7], [2, 3]])
    np.testing.assert_array_equal(own.present, [True, False])
    np.testing.assert_array_equal(part.weights, [0.3])
    assert part.n_spots == 2


def test_mask_without_a_gap_is_none():
    every, some, nobody = masks(np.array([[True, True, False], [True, False, False]]), 3)
    assert every is None
    np.testing.assert_array_equal(some, [True, False])
    np.testing.assert_array_equal(nobody, [False, False])
    assert masks(None, 2) == [None, None]


def test_one_block_for_each_modality_that_is_trusted_and_there(toy):
    values, present = toy.features(), np.ones((toy.n_spots, 3), dtype=bool)
    present[:, 2] = False
    (found,) = components_of([values] * 3, toy.adjacency, [0.5, 0, None], present).blocks
    np.testing.assert_array_equal(found.values, noise_whitened(values, toy.adjacency))
    assert (found.weight, found.present, found.modality) == (0.5, None, 0)


def test_rows_that_lack_a_modality_are_zero_and_not_read(toy):
    present = np.arange(toy.n_spots)[:, None] >= 40
    (found,) = components_of([np.where(present, toy.features(), np.nan)], toy.adjacency, None, present).blocks
    assert not found.values[:40].any()
    expected = noise_whitened(toy.features()[40:], toy.adjacency[40:][:, 40:])
    np.testing.assert_array_equal(found.values[40:], expected)


def test_means_of_the_surroundings_stand_next_to_the_components(toy, rng, together):
    values = rng.normal(size=(toy.n_spots, 2))
    given = together([Block(values, 0.5, modality=3)], toy.adjacency)
    (found,) = given.with_surroundings(HOPS).blocks
    step = given.graph.step.toarray()
    expected = np.hstack([np.linalg.matrix_power(step, h) @ values for h in HOPS])
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    assert (found.weight, found.modality) == (0.5, 3)
    assert given.with_surroundings((0,)) is given


def test_means_are_over_spots_that_have_the_modality(toy, rng, together):
    present = rng.random(toy.n_spots) < 0.7
    values = np.where(present[:, None], rng.normal(size=(toy.n_spots, 2)), 0)
    (found,) = together([Block(values, present=present)], toy.adjacency).with_surroundings(HOPS).blocks
    own = toy.adjacency[present][:, present]
    (alone,) = together([Block(values[present])], own).with_surroundings(HOPS).blocks
    np.testing.assert_allclose(found.values[present], alone.values, atol=1e-12)
    assert not found.values[~present].any()


def test_order_of_spots_changes_nothing_but_rounding(toy, rng, together):
    present, order = rng.random(toy.n_spots) < 0.7, rng.permutation(toy.n_spots)
    given = together(
        [Block(np.where(present[:, None], rng.normal(size=(toy.n_spots, 2)), 0), present=present)], toy.adjacency
    )
    (found,), (other,) = given.with_surroundings(HOPS).blocks, given.take(order).with_surroundings(HOPS).blocks
    np.testing.assert_allclose(other.values, found.values[order], atol=1e-12)


def test_spots_without_neighbours_are_their_own_surroundings(rng, together):
    values = rng.normal(size=(30, 2))
    (found,) = together([Block(values)], csr_matrix((30, 30))).with_surroundings(HOPS).blocks
    np.testing.assert_allclose(found.values, np.tile(values, len(HOPS)))


def test_components_are_joined_by_the_root_of_their_weight(toy, rng, together):
    values, present = rng.normal(size=(toy.n_spots, 2)), rng.random(toy.n_spots) < 0.8
    out = together([Block(values), Block(values * present[:, None], 0.25, present)], toy.adjacency).joined()
    np.testing.assert_array_equal(out[:, :2], values)
    np.testing.assert_allclose(out[present, 2:], values[present] / 2)
    assert (out[~present, 2:] != 0).any()


@pytest.mark.parametrize("weight", [0, -1])
def test_nothing_trusted_has_no_block(toy, weight):
    assert components_of([toy.features()], toy.adjacency, [weight]).blocks == ()
