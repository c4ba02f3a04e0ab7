from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.guide.blocks import Block
from spamca.guide.field import Field
from spamca.guide.noise import noise_whitened
from spamca.guide.sweep import Sweep


@pytest.fixture
def sweep(toy, rng):
    blocks = [Block(noise_whitened(toy.features(noise=0.5), toy.adjacency))]
    return Sweep(Field(blocks, toy.adjacency), toy.adjacency, rng)


def test_a_partition_for_each_number(sweep, toy):
    found = sweep.run([2, 3, 4])
    for partition, number in zip(found, [2, 3, 4], strict=True):
        assert partition.shape == (toy.n_spots,)
        assert partition.min() >= 0
        assert partition.max() < number
    assert adjusted_rand_score(toy.truth, found[1]) > 0.95


def test_one_number_needs_none_beside_it(sweep, toy):
    (found,) = sweep.run([3])
    assert adjusted_rand_score(toy.truth, found) > 0.9


def test_merging_and_splitting_change_the_number_by_one(sweep):
    sweep.run([2, 3, 4])
    for merged in sweep._merged(4):
        assert set(np.unique(merged)) <= {0, 1, 2}
    for parted in sweep._split(3):
        assert set(np.unique(parted)) == {0, 1, 2, 3}


def test_the_truth_scores_highest(sweep, toy):
    found = sweep.run([2, 3, 4])
    assert sweep.score(toy.truth, 3) >= max(sweep.score(found[0], 2), 0.99 * sweep.score(found[1], 3))
