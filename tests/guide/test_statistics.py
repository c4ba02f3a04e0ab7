from __future__ import annotations

import numpy as np
import pytest

from spamca.guide.blocks import Block
from spamca.guide.statistics import RIDGE, Statistics


@pytest.fixture
def blocks(rng):
    present = np.arange(60) % 3 > 0
    return [Block(rng.normal(size=(60, 3))), Block(rng.normal(size=(60, 2)) * present[:, None], 0.5, present)]


def test_moments_are_those_of_each_block(blocks, rng):
    assignments = rng.dirichlet(np.ones(4), (60, 5)).transpose(0, 2, 1).astype(np.float32)
    found = list(Statistics(blocks, 60).moments(assignments))
    assert [columns for _, columns, *_ in found] == [slice(0, 3), slice(4, 6)]
    for block, _, means, within, size in found:
        ridge = RIDGE * np.diag(np.diag(block.total))
        for b in range(5):
            expected_means, expected = block.moments(assignments[:, :, b].astype(float))
            np.testing.assert_allclose(means[b], expected_means, atol=1e-5)
            np.testing.assert_allclose(within[b], expected + ridge, atol=1e-5)
            np.testing.assert_allclose(size[b], block.sizes(assignments[:, :, b]), rtol=1e-5)


def test_sums_count_who_has_the_modality(blocks):
    sums = Statistics(blocks, 60).sums(np.ones((60, 1, 1), dtype=np.float32))
    np.testing.assert_allclose(sums[0, 0, [3, 6]], [60, 40])
    np.testing.assert_allclose(sums[0, 0, :3], blocks[0].values.sum(axis=0), atol=1e-4)


def test_without_blocks_there_is_nothing():
    assert Statistics([], 60).features.shape == (60, 0)
