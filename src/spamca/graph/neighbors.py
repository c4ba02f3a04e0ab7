"""Searches for Euclidean nearest neighbours: exact, and approximate for many points."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neighbors import NearestNeighbors


def exact_neighbors(points: np.ndarray, n_neighbors: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nearest neighbours by comparing all pairs, a block at a time.

    Parameters
    ----------
    points
        Shape (n_points, n_dimensions).
    n_neighbors
        Less than n_points.

    Returns
    -------
    Point, neighbour and distance of each edge, each (n_points * n_neighbors,). A point is not its own neighbour.
    """
    search = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(points)
    distance, column = search.kneighbors()
    return np.repeat(np.arange(len(points)), n_neighbors), column.ravel(), distance.ravel()


def approximate_neighbors(
    points: np.ndarray, n_neighbors: int, *, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nearest neighbours by descent on a graph (pynndescent); the same seed gives the same neighbours.

    Parameters
    ----------
    points
        Shape (n_points, n_dimensions).
    n_neighbors
        Less than n_points.
    random_state
        Seed.

    Returns
    -------
    Point, neighbour and distance of each edge, each (n_edges,). A point is not its own neighbour.
    """
    with warnings.catch_warnings():
        # numba and pynndescent warn about themselves, not about the data.
        warnings.simplefilter("ignore")
        from pynndescent import PyNNDescentTransformer

        search = PyNNDescentTransformer(n_neighbors=n_neighbors, metric="euclidean", random_state=random_state)
        found = search.fit_transform(points).tocoo()
    return found.row, found.col, np.asarray(found.data)
