from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.guide.blocks import Block
from spamca.guide.noise import noise_whitened
from spamca.guide.searched import halving, joined, searched


def test_the_best_partition_of_a_field(toy, rng):
    values = toy.features(noise=0.5)
    block = Block(noise_whitened(values, toy.adjacency))
    field, found = searched([block], [values], toy.adjacency, 3, [1.0], [None], rng)
    assert field.n_spots == toy.n_spots
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9


def test_components_side_by_side_by_their_weight(toy, rng):
    values, present = rng.normal(size=(toy.n_spots, 2)), rng.random(toy.n_spots) < 0.8
    given = [Block(values), Block(values * present[:, None], 0.25, present)]
    out = joined(given, toy.adjacency)
    np.testing.assert_array_equal(out[:, :2], values)
    np.testing.assert_allclose(out[present, 2:], values[present] / 2)
    assert (out[~present, 2:] != 0).any()


def test_a_domain_is_split_by_what_its_surroundings_show(toy, rng):
    spots = np.flatnonzero(toy.truth < 2)
    signal = 4.0 * (toy.truth == 0)[:, None] + rng.normal(size=(toy.n_spots, 1))
    second = halving(signal, toy.adjacency)(spots)
    assert second.shape == spots.shape
    assert adjusted_rand_score(toy.truth[spots], second) > 0.8
