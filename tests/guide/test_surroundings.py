from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from spamca.guide.blocks import Block
from spamca.guide.smoothing import average
from spamca.guide.surroundings import HOPS, smoothed, with_surroundings


def test_means_of_the_surroundings_stand_beside_the_components(toy, rng):
    values = rng.normal(size=(toy.n_spots, 2))
    (found,) = with_surroundings([Block(values, 0.5, modality=3)], toy.adjacency)
    step = average(toy.adjacency).toarray()
    expected = np.hstack([np.linalg.matrix_power(step, h) @ values for h in HOPS])
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    assert (found.weight, found.modality) == (0.5, 3)


def test_any_scales_may_be_asked(toy, rng):
    block = Block(rng.normal(size=(toy.n_spots, 2)))
    (found,) = with_surroundings([block], toy.adjacency, (0, 4))
    assert found.values.shape == (toy.n_spots, 4)
    for part, scale in zip(np.split(found.values, 2, axis=1), smoothed(block, toy.adjacency, (0, 4)), strict=True):
        np.testing.assert_array_equal(part, scale)


def test_means_are_over_spots_that_have_the_modality(toy, rng):
    present = rng.random(toy.n_spots) < 0.7
    values = np.where(present[:, None], rng.normal(size=(toy.n_spots, 2)), 0)
    (found,) = with_surroundings([Block(values, present=present)], toy.adjacency)
    own = toy.adjacency[present][:, present]
    (alone,) = with_surroundings([Block(values[present])], own)
    np.testing.assert_allclose(found.values[present], alone.values, atol=1e-12)
    assert not found.values[~present].any()
    np.testing.assert_array_equal(found.present, present)


def test_order_of_spots_changes_nothing_but_rounding(toy, rng):
    present, order = rng.random(toy.n_spots) < 0.7, rng.permutation(toy.n_spots)
    block = Block(np.where(present[:, None], rng.normal(size=(toy.n_spots, 2)), 0), present=present)
    (found,) = with_surroundings([block], toy.adjacency)
    (other,) = with_surroundings([block.take(order)], toy.adjacency[order][:, order])
    np.testing.assert_allclose(other.values, found.values[order], atol=1e-12)


def test_spots_without_neighbours_are_their_own_surroundings(rng):
    values = rng.normal(size=(30, 2))
    (found,) = with_surroundings([Block(values)], csr_matrix((30, 30)))
    np.testing.assert_allclose(found.values, np.tile(values, len(HOPS)))
