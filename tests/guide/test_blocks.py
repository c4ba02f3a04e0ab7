from __future__ import annotations

import numpy as np

from spamca.guide import noise, noise_whitened
from spamca.guide.blocks import Block, masks, whitened_blocks


def test_moments_by_hand(rng):
    values, present = rng.normal(size=(10, 2)), np.arange(10) < 7
    values[~present] = 0
    assignment = rng.dirichlet(np.ones(3), 10)
    block = Block(values, present=present)
    means, within = block.moments(assignment)
    q, x = assignment[:7], values[:7]
    expected = np.array([np.average(x, axis=0, weights=q[:, k]) for k in range(3)])
    np.testing.assert_allclose(means, expected)
    spread = sum(q[i, k] * np.outer(x[i] - expected[k], x[i] - expected[k]) for i in range(7) for k in range(3)) / 7
    np.testing.assert_allclose(within, spread, atol=1e-5)
    np.testing.assert_allclose(block.total, x.T @ x / 7, atol=1e-5)
    assert block.size == 7


def test_block_of_some_spots():
    block = Block(np.arange(8.0).reshape(4, 2), 0.3, np.array([True, False, True, True]))
    part = block.take(np.array([3, 1]))
    np.testing.assert_array_equal(part.values, [[6, 7], [2, 3]])
    np.testing.assert_array_equal(part.present, [True, False])
    assert part.weight == 0.3
    assert Block(block.values).take(np.array([0])).present is None


def test_mask_without_a_gap_is_none():
    present = np.array([[True, True, False], [True, False, False]])
    every, some, nobody = masks(present, 3)
    assert every is None
    np.testing.assert_array_equal(some, [True, False])
    np.testing.assert_array_equal(nobody, [False, False])
    assert masks(None, 2) == [None, None]


def test_one_block_for_each_modality_that_is_trusted_and_there(toy):
    values = toy.features()
    nobody = np.zeros(toy.n_spots, dtype=bool)
    (found,) = whitened_blocks([values] * 3, toy.adjacency, [0.5, 0, 1], [None, None, nobody])
    np.testing.assert_array_equal(found.values, noise_whitened(values, toy.adjacency))
    assert found.weight == 0.5
    assert found.present is None


def test_rows_that_lack_a_modality_are_zero(toy):
    present = np.arange(toy.n_spots) >= 40
    (found,) = whitened_blocks([toy.features()], toy.adjacency, None, [present])
    assert not found.values[:40].any()
    spots = np.flatnonzero(present)
    np.testing.assert_array_equal(
        found.values[40:], noise_whitened(toy.features()[40:], toy.adjacency[spots][:, spots])
    )


def test_chance_is_drawn_once_for_modalities_of_one_size(toy, monkeypatch):
    drawn = []

    def counted(n_features, neighbours):
        drawn.append((n_features, neighbours.nnz))
        return 0.1, 0.01

    monkeypatch.setattr(noise, "_chance", counted)
    whitened_blocks([toy.features(6), toy.features(6, seed=2), toy.features(4)], toy.adjacency, None, [None] * 3)
    assert len(drawn) == len(set(drawn)) == 2 * len(noise.REACHES)
    assert {n_features for n_features, _ in drawn} == {6, 4}
