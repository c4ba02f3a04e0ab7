"""Spatial graph of a Delaunay triangulation."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay

from spamca._checks import check_length
from spamca.graph._graph import Graph, euclidean, from_edges


def delaunay_graph(coords: np.ndarray, *, radius: float | None = None) -> Graph:
    """Link spots that are corners of the same triangle.

    Spots on one point are linked to the first of them, which stands for all in the triangulation; spots on one line are
    linked to the next along it.

    Parameters
    ----------
    coords
        Shape (n_spots, 2).
    radius
        Leave out edges longer than this; they cross holes and the concave parts of the outline. None keeps all.

    Raises
    ------
    TypeError
        If the radius is not a number.
    ValueError
        If the radius is not positive and finite.
    """
    if radius is not None:
        check_length("radius", radius)
    first, twin = coincident(coords)
    row, column = _triangulate(coords[first])
    row, column = first[row], first[column]
    length = euclidean(coords, row, column)
    if radius is not None:
        row, column, length = (values[length <= radius] for values in (row, column, length))
    twins = np.flatnonzero(first[twin] != np.arange(len(coords)))
    return from_edges(
        np.concatenate([row, twins]),
        np.concatenate([column, first[twin][twins]]),
        np.concatenate([length, np.zeros(len(twins))]),
        len(coords),
    )


def coincident(coords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spots that stand for their point, and which of them each spot is on.

    Returns
    -------
    Positions of the first spot on each point, (n_points,), and for each spot an index into them, (n_spots,).
    """
    _, first, twin = np.unique(coords, axis=0, return_index=True, return_inverse=True)
    return first, twin.ravel()


def _triangulate(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directed edges of a triangulation of distinct points, or of a chain where they lie on one line."""
    centred = points - points.mean(axis=0)
    spread, directions = np.linalg.svd(centred, full_matrices=False)[1:]
    if len(points) < 3 or spread[-1] <= 1e-9 * spread[0]:
        order = np.argsort(centred @ directions[0])
        return order[:-1], order[1:]
    # Qhull leaves out points that its tolerance takes for coplanar, more so far from the origin; "QJ" would move all points.
    indptr, indices = Delaunay(centred / spread[0]).vertex_neighbor_vertices
    return np.repeat(np.arange(len(points)), np.diff(indptr)), indices
