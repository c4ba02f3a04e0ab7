"""Spatial graph of the rings of a lattice."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from spamca._checks import check_count
from spamca.graph._graph import MOST_NEIGHBORS, Graph, coincident, with_coincident

REACH = 1.2
"""Longest edge in lattice spacings: beyond the jitter of spots, short of the diagonal of a square (1.41)."""


def grid_graph(coords: np.ndarray, *, n_rings: int = 1) -> Graph:
    """Link spots of a square or hexagonal lattice up to a number of rings (steps along the lattice) apart.

    The lattice is read off ``coords`` (n_spots, 2), in a frame of equal units on both axes: its spacing is the median
    distance to the nearest spot, and spots within 1.2 spacings are one step apart, 4 on a square lattice and 6 on a
    hexagonal one. squidpy's ``GridBuilder`` would need to know which, and reaches too far at the edge of the tissue. Distances
    are counted in rings, as in squidpy; n rings hold 2n(n + 1) spots on a square lattice, 3n(n + 1) on a hexagonal one.
    """
    check_count("n_rings", n_rings, least=1)
    first, again = coincident(coords)
    row, column = np.empty((2, 0), dtype=np.int64)
    if len(first) > 1:
        tree = KDTree(coords[first])
        spacing = np.median(tree.query(tree.data, k=2)[0][:, 1])
        row, column = tree.query_pairs(REACH * spacing, output_type="ndarray").T
    row, column, ring = _rings(row, column, len(first), n_rings)
    return with_coincident(first[row], first[column], ring, again)


def _rings(row: np.ndarray, column: np.ndarray, n: int, n_rings: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs at most ``n_rings`` steps apart, with the number of steps."""
    step = sparse.csr_matrix((np.ones(len(row), dtype=bool), (row, column)), shape=(n, n))
    step = step + step.T + sparse.identity(n, dtype=bool, format="csr")
    # No path is longer, and more rings than that would overflow the count.
    n_rings = min(int(n_rings), max(n, 1))
    # The number of reaches that hold a pair says how early it was reached.
    reached, times = step, step.astype(np.int32)
    for ring in range(2, n_rings + 1):
        before, reached = reached.nnz, reached @ step
        mean = reached.nnz / n - 1
        if mean > MOST_NEIGHBORS:
            msg = (
                f"n_rings={n_rings} links each spot to more than {mean:.0f} others on average, those of {ring} rings; "
                f"give fewer rings, with fewer than {MOST_NEIGHBORS}"
            )
            raise ValueError(msg)
        if reached.nnz == before:  # nothing is left to reach: the other rings are empty
            times = times + (n_rings + 1 - ring) * reached.astype(np.int32)
            break
        times = times + reached.astype(np.int32)
    times = times.tocoo()
    return times.row, times.col, n_rings + 1 - times.data
