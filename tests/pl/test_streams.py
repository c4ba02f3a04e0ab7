from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from spamca.pl._streams import apart, blocks, crossings, orders


def n_crossings(counts: np.ndarray) -> int:
    """Pairs of spots whose order differs between two columns, counted one by one."""
    pairs = [(i, j) for (i, j), n in np.ndenumerate(counts) for _ in range(n)]
    return sum(a < c and b > d for a, b in pairs for c, d in pairs)


def test_crossings_are_pairs_of_spots_that_change_their_order():
    counts = np.random.default_rng(0).integers(0, 4, (3, 4))
    between = crossings(counts)
    total = sum(between[a, b] for a in range(4) for b in range(a + 1, 4))
    assert total == n_crossings(counts)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_is_about_the_best_of_all(seed):
    counts = np.random.default_rng(seed).poisson(0.8, (5, 5))
    found = n_crossings(counts[:, orders([counts])[1]])
    best = min(n_crossings(counts[:, list(order)]) for order in permutations(range(5)))
    assert found <= 1.05 * best + 1


def test_the_same_clusters_under_other_names_do_not_cross():
    order = np.array([3, 0, 2, 1])
    counts = np.diag([5, 4, 3, 2])[:, order]
    first, second = orders([counts])
    assert first.tolist() == [0, 1, 2, 3]
    assert (counts[:, second] == np.diag([5, 4, 3, 2])).all()


def test_blocks_follow_each_other_in_their_order():
    assert blocks(np.array([2, 3, 1]), np.array([1, 2, 0]), 0.5).tolist() == [5.0, 0.0, 3.5]


def test_names_keep_their_distance_and_move_little():
    places = np.array([0.0, 0.1, 5.0, 0.2])
    moved = apart(places, 1.0)
    assert moved == pytest.approx([-0.9, 0.1, 5.0, 1.1])
    assert apart(np.array([3.0, 1.0]), 1.0).tolist() == [3.0, 1.0]
