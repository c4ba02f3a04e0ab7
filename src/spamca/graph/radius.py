"""Spatial graph of all spots within a radius."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from spamca.graph._graph import Graph, euclidean, from_edges

MOST_NEIGHBORS = 1_000
"""Mean number of neighbours above which a radius is taken for a mistake: the graph would no longer be sparse."""


def radius_graph(coords: np.ndarray, *, radius: float | None) -> Graph:
    """Link all spots that lie within a radius of each other.

    Parameters
    ----------
    coords
        Shape (n_spots, n_dimensions).
    radius
        Positive, in the units of ``coords``. The number of edges grows with its square.

    Raises
    ------
    ValueError
        If the radius is missing, not positive, or so large that spots have over a thousand neighbours on average.
    """
    if radius is None or not np.isfinite(radius) or radius <= 0:
        msg = f"radius must be a positive length in the units of the coordinates, got {radius!r}"
        raise ValueError(msg)
    n, tree = len(coords), KDTree(coords)
    mean = tree.count_neighbors(tree, radius) / n - 1
    if mean > MOST_NEIGHBORS:
        msg = f"radius={radius} links each spot to {mean:.0f} others on average; give a radius with fewer than {MOST_NEIGHBORS}"
        raise ValueError(msg)
    row, column = tree.query_pairs(radius, output_type="ndarray").T
    return from_edges(row, column, euclidean(coords, row, column), n)
