"""Spatial graph of the rings of a lattice."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from spamca.graph._graph import Graph, from_edges
from spamca.graph.delaunay import coincident

REACH = 1.2
"""Longest edge in lattice spacings: beyond the jitter of spots, short of the diagonal of a square (1.41)."""


def grid_graph(coords: np.ndarray, *, n_rings: int = 1) -> Graph:
    """Link spots of a square or hexagonal lattice up to a number of rings (steps along the lattice) apart.

    The lattice is read off the coordinates: its spacing is the median distance to the nearest spot, and spots within 1.2
    spacings are one step apart, 4 on a square lattice and 6 on a hexagonal one. Holes in the tissue are not bridged.

    Parameters
    ----------
    coords
        Shape (n_spots, 2), in a frame of equal units on both axes (pixels or micrometres, not rows and columns of
        a hexagonal array).
    n_rings
        Number of rings, at least 1; n rings hold 2n(n + 1) spots on a square lattice, 3n(n + 1) on a hexagonal one.

    Returns
    -------
    Graph with distances counted in rings, as in squidpy.
    """
    if n_rings < 1:
        msg = f"n_rings must be at least 1, got {n_rings}"
        raise ValueError(msg)
    first, twin = coincident(coords)
    points = coords[first]
    if len(points) > 1:
        tree = KDTree(points)
        spacing = np.median(tree.query(points, k=2)[0][:, 1])
        row, column = tree.query_pairs(REACH * spacing, output_type="ndarray").T
    else:
        row, column = np.empty((2, 0), dtype=np.int64)
    row, column, ring = _rings(row, column, len(points), n_rings)
    twins = np.flatnonzero(first[twin] != np.arange(len(coords)))
    return from_edges(
        np.concatenate([first[row], twins]),
        np.concatenate([first[column], first[twin][twins]]),
        np.concatenate([ring, np.zeros(len(twins))]),
        len(coords),
    )


def _rings(row: np.ndarray, column: np.ndarray, n: int, n_rings: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs at most ``n_rings`` steps apart, with the number of steps."""
    step = sparse.csr_matrix((np.ones(len(row), dtype=bool), (row, column)), shape=(n, n))
    step = step + step.T + sparse.identity(n, dtype=bool, format="csr")
    # The number of reaches that hold a pair says how early it was reached.
    reached, times = step, step.astype(np.int32)
    for _ in range(n_rings - 1):
        reached = reached @ step
        times = times + reached.astype(np.int32)
    times = times.tocoo()
    return times.row, times.col, n_rings + 1 - times.data
