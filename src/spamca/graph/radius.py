"""Spatial graph of all spots within a radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy.spatial import KDTree

from spamca._checks import check_length
from spamca.graph._graph import MOST_NEIGHBORS, Graph, euclidean, from_edges

if TYPE_CHECKING:
    import numpy as np


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
    TypeError
        If the radius is not a number.
    ValueError
        If the radius is missing, not positive, or so large that spots have over a thousand neighbours on average.
    """
    check_length("radius", radius)
    n, tree = len(coords), KDTree(coords)
    mean = tree.count_neighbors(tree, radius) / n - 1
    if mean > MOST_NEIGHBORS:
        msg = f"radius={radius} links each spot to {mean:.0f} others on average; give a radius with fewer than {MOST_NEIGHBORS}"
        raise ValueError(msg)
    row, column = tree.query_pairs(radius, output_type="ndarray").T
    return from_edges(row, column, euclidean(coords, row, column), n)
