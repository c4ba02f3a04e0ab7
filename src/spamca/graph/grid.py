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

    The spacing is the median distance to the nearest spot in ``coords`` (n_spots, 2), of equal units on both axes; spots within 1.2
    spacings are one step apart, 4 on a square lattice and 6 on a hexagonal one. squidpy's ``GridBuilder`` needs to know which,
    and reaches too far at the edge of the tissue. Distances are counted in rings, as in squidpy.
    """
    check_count("n_rings", n_rings, least=1)
    first, again = coincident(coords)
    points, n = coords[first], len(first)
    step = sparse.identity(n, dtype=bool, format="csr")
    if n > 1:
        tree = KDTree(points)
        spacing = np.median(tree.query(points, k=2)[0][:, 1])
        row, column = tree.query_pairs(REACH * spacing, output_type="ndarray").T
        half = sparse.csr_matrix((np.ones(len(row), dtype=bool), (row, column)), shape=(n, n))
        step = step + half + half.T
    rings = _rings(step, n_rings)
    return with_coincident(first[rings.row], first[rings.col], rings.data, again)


def _rings(step: sparse.csr_matrix, n_rings: int) -> sparse.coo_matrix:
    """Number of steps of all pairs at most ``n_rings`` steps apart; ``step`` says which are one or none apart, (n, n)."""
    reached, rings = step, step.astype(np.int32)
    for ring in range(2, n_rings + 1):
        before, reached = reached, reached @ step
        if reached.nnz == before.nnz:  # nothing is left to reach
            break
        mean = reached.nnz / step.shape[0] - 1
        if mean > MOST_NEIGHBORS:
            msg = (
                f"n_rings={n_rings} links each spot to more than {mean:.0f} others on average, those of {ring} rings; "
                f"give fewer rings, with fewer than {MOST_NEIGHBORS}"
            )
            raise ValueError(msg)
        rings = rings + ring * (reached.astype(np.int32) - before.astype(np.int32))
    return rings.tocoo()
