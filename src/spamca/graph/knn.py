"""Spatial graph of nearest neighbours."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from spamca._checks import check_count
from spamca.graph._graph import Graph, euclidean, from_edges

TIE = 1e-4
"""Relative difference below which two distances are equal: above the rounding of float32 pixel coordinates."""

SPARE = 12
"""Further candidates looked at for ties: the largest ring of equal distances near a spot of a lattice."""


def knn_graph(coords: np.ndarray, *, n_neighbors: int) -> Graph:
    """Link each spot to its nearest spots.

    All spots as near as the last neighbour count too: on a regular lattice, where several are equally near, any choice
    among them would have a direction. So ``n_neighbors=6`` gives the 6 of a hexagonal lattice and the 8 of a square one.
    Where more than a ring of a lattice is tied (many spots on one point), those found first are kept.

    Parameters
    ----------
    coords
        Shape (n_spots, n_dimensions).
    n_neighbors
        At least 1, less than n_spots.

    Raises
    ------
    TypeError
        If the number of neighbours is not an integer.
    ValueError
        If there are not more spots than neighbours.
    """
    n = len(coords)
    check_count("n_neighbors", n_neighbors)
    if not 1 <= n_neighbors < n:
        msg = (
            f"n_neighbors={n_neighbors} spatial neighbours must be at least 1 and less than the {n} spots of a section"
        )
        raise ValueError(msg)
    # One candidate more than wanted, for the spot itself, which among spots on one point need not come first.
    wanted = min(n, n_neighbors + 1 + SPARE)
    distance, column = KDTree(coords).query(coords, k=wanted)
    itself = column == np.arange(n)[:, None]
    itself[:, -1] |= ~itself.any(axis=1)
    distance, column = distance[~itself].reshape(n, -1), column[~itself].reshape(n, -1)
    reach = distance[:, n_neighbors - 1] * (1 + TIE)
    chosen = distance <= reach[:, None]
    if wanted < n:
        # A tie that fills all candidates has no visible end.
        chosen[chosen.all(axis=1), n_neighbors:] = False
    row = np.repeat(np.arange(n), chosen.sum(axis=1))
    column = column[chosen]
    return from_edges(row, column, euclidean(coords, row, column), n)
