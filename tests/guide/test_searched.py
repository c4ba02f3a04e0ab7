from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.guide import proposals
from spamca.guide.blocks import Block
from spamca.guide.noise import noise_whitened
from spamca.guide.searched import agreed, halving, joined, replicates


@pytest.fixture
def clear(toy):
    return [Block(noise_whitened(toy.features(6, 0.7, seed=seed), toy.adjacency)) for seed in (1, 2)]


def test_starts_agree_on_the_domains(toy, clear, rng):
    found = agreed(clear, toy.adjacency, 3, rng)
    assert found.shape == (toy.n_spots, 3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(np.sort(found, axis=1), np.tile([0, 0, 1], (toy.n_spots, 1)))
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.85


def test_seeds_agree(toy, clear):
    first, *others = (agreed(clear, toy.adjacency, 3, np.random.default_rng(s)).argmax(axis=1) for s in range(4))
    for other in others:
        assert adjusted_rand_score(first, other) > 0.95


def test_order_of_spots_changes_nothing_but_rounding(toy, clear, rng):
    order = rng.permutation(toy.n_spots)
    first = agreed(clear, toy.adjacency, 3, np.random.default_rng(0)).argmax(axis=1)
    shuffled = [block.take(order) for block in clear], toy.adjacency[order][:, order]
    second = agreed(*shuffled, 3, np.random.default_rng(0)).argmax(axis=1)
    assert adjusted_rand_score(first[order], second) > 0.98


def test_of_larger_tissue_what_a_sample_agrees_on_is_carried_to_all(make_toy, rng, monkeypatch):
    toy = make_toy(24, 24, 3)
    blocks = [Block(noise_whitened(toy.features(6, 0.7), toy.adjacency))]
    monkeypatch.setattr(proposals, "SAMPLE", 200)
    found = agreed(blocks, toy.adjacency, 3, rng)
    assert found.shape == (toy.n_spots, 3)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.tile([0, 0, 1], (toy.n_spots, 1)))
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.85


def test_replicates_agree_where_domains_are_clear_and_differ_where_they_are_faint(make_toy, rng):
    toy = make_toy(20, 20, 3)
    faint = toy.features(6, 3.0)

    def agreement(values):
        first, *others = replicates([Block(noise_whitened(values, toy.adjacency))], toy.adjacency, 3, rng)
        assert len(others) == proposals.N_GROUPS
        return min(adjusted_rand_score(first.argmax(axis=1), other.argmax(axis=1)) for other in others)

    assert agreement(toy.features(6, 0.3)) > 0.95
    assert agreement(faint) < 0.9


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
