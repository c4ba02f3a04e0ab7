from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.guide.patches import N_PATCHES, patches


@pytest.mark.parametrize("n_spots", [1, 5, N_PATCHES, 700, 1599])
def test_as_many_as_wanted(make_toy, n_spots):
    found = patches(make_toy(40, 40, 3).adjacency, n_spots, np.random.default_rng(0))
    assert found.shape == (n_spots,)
    assert (np.diff(found) > 0).all()
    assert found[0] >= 0
    assert found[-1] < 1600


def test_neighbours_are_kept(make_toy):
    """Far more of them than in a sample of single spots, which keeps the share that it draws."""
    adjacency = make_toy(100, 100, 3).adjacency
    found = patches(adjacency, 5000, np.random.default_rng(0))
    within = adjacency[found][:, found].sum() / adjacency[found].sum()
    assert within > 0.85


def test_all_of_the_tissue_is_seen(make_toy):
    found = patches(make_toy(100, 100, 3).adjacency, 5000, np.random.default_rng(0))
    y, x = np.divmod(found, 100)
    quarter = np.bincount(2 * (y >= 50) + (x >= 50), minlength=4)
    assert quarter.min() > 500


def test_pieces_of_tissue_that_no_centre_is_in_are_reached(make_toy):
    adjacency = csr_matrix(block_diag([make_toy(3, 3, 2).adjacency] * 60))
    found = patches(adjacency, 500, np.random.default_rng(0))
    assert len(np.unique(found // 9)) >= 500 // 9


def test_without_edges():
    found = patches(csr_matrix((300, 300)), 200, np.random.default_rng(0))
    assert len(np.unique(found)) == 200


def test_same_seed_gives_the_same_spots(make_toy):
    adjacency = make_toy(40, 40, 3).adjacency
    first, second, other = (patches(adjacency, 500, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
