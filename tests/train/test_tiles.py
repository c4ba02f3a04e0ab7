from __future__ import annotations

import numpy as np
import pytest
import torch

from spamca.train.tiles import tiles


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("n_tiles", [1, 5, 8, 120])
def test_every_spot_is_in_one_tile_of_equal_size(toy_tissue, position, known, n_tiles):
    found = tiles(toy_tissue.spatial, n_tiles, position if known else None)
    assert len(found) == n_tiles
    assert torch.equal(torch.cat(found).sort().values, torch.arange(120))
    sizes = [len(tile) for tile in found]
    assert max(sizes) - min(sizes) <= 1


def test_sizes_differ_by_one_at_most(toy_tissue, position):
    for n_tiles in range(1, 60):
        sizes = [len(tile) for tile in tiles(toy_tissue.spatial, n_tiles, position)]
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("known", [True, False])
def test_spots_of_a_tile_lie_together(toy_tissue, position, known):
    drawn = torch.from_numpy(np.random.default_rng(0).permutation(120)).split(15)
    near, far = (
        sum(len(toy_tissue.spatial.neighbours(tile)) for tile in parts)
        for parts in (tiles(toy_tissue.spatial, 8, position if known else None), drawn)
    )
    assert near < 0.6 * far


def test_spots_on_one_point_are_cut_too(toy_tissue):
    assert [len(tile) for tile in tiles(toy_tissue.spatial, 4, np.zeros((120, 2)))] == [30] * 4
