"""Graphs of nearest neighbours as scanpy has them, of which the fuzzy one is laid out by UMAP."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from spamca.graph.neighbors import nearest_neighbors

N_NEIGHBORS = 15
"""Neighbours of each spot, itself among them: scanpy's default."""

_N_STEPS, _TOL = 64, 1e-5
_LEAST_SCALE = 1e-3  # of the mean distance, for spots whose neighbours all lie equally far
_ROWS = 2**16


def neighbor_graphs(points: np.ndarray, random_state: int = 0) -> dict[str, csr_matrix]:
    """``connectivities`` and ``distances``, (n, n), of points (n, d), as :func:`scanpy.pp.neighbors` finds them.

    The seed is that of the approximate search for many points.
    """
    n = len(points)
    found = nearest_neighbors(points, max(min(N_NEIGHBORS, n - 1) - 1, 1), random_state=random_state)
    column, distance = found[0].astype(np.int32), found[1].astype(np.float64)
    start = np.arange(n + 1) * column.shape[1]
    distances = csr_matrix((distance.ravel(), column.ravel(), start), shape=(n, n))
    return {"connectivities": fuzzy_connectivities(column, distance), "distances": distances}


def fuzzy_connectivities(column: np.ndarray, distance: np.ndarray) -> csr_matrix:
    r"""Strength of the edges to the nearest neighbours (McInnes, Healy and Melville 2018), symmetric, float32 of shape (n, n).

    .. math::
        v_{ij} = e^{-\max(d_{ij} - \rho_i, 0) / \sigma_i}, \qquad \sum_j v_{ij} = \log_2 (k + 1), \qquad
        w_{ij} = v_{ij} + v_{ji} - v_{ij} v_{ji},

    with :math:`\rho_i` the distance to the nearest of the k neighbours that is not zero. Neighbours of each spot and their distances
    are of shape (n, k), the nearest first. :func:`scanpy.pp.neighbors` takes the same from umap-learn for ``k + 1`` neighbours, the spot
    among them, but umap-learn compiles for 12 s in every new process; this takes 0.03 s for 3,500 spots.
    """
    n, k = column.shape
    strength = np.empty((n, k), dtype=np.float32)
    level = distance.sum() / (n * (k + 1))
    for begin in range(0, n, _ROWS):
        rows = slice(begin, begin + _ROWS)
        strength[rows] = _strengths(np.asarray(distance[rows], dtype=np.float64), level)
    one = csr_matrix((strength.ravel(), np.ascontiguousarray(column).ravel(), np.arange(n + 1) * k), shape=(n, n))
    one.eliminate_zeros()
    other = one.T.tocsr()
    both = csr_matrix(one + other - one.multiply(other))
    both.sort_indices()
    return both


def _strengths(distance: np.ndarray, level: float) -> np.ndarray:
    k = distance.shape[1]
    nearest = np.where(distance > 0, distance, np.inf).min(axis=1)
    beyond = np.maximum(distance - np.where(np.isfinite(nearest), nearest, 0)[:, None], 0)
    wanted = np.log2(k + 1)
    low, high, scale = np.zeros(len(distance)), np.full(len(distance), np.inf), np.ones(len(distance))
    open_ = np.arange(len(distance))
    for _ in range(_N_STEPS):
        total = np.exp(-beyond[open_] / scale[open_, None]).sum(axis=1)
        more, less = open_[total > wanted + _TOL], open_[total < wanted - _TOL]
        high[more], low[less] = scale[more], scale[less]
        open_ = np.concatenate([more, less])
        if not len(open_):
            break
        scale[open_] = np.where(np.isfinite(high[open_]), (low[open_] + high[open_]) / 2, 2 * scale[open_])
    own = distance.sum(axis=1) / (k + 1)
    scale = np.maximum(scale, _LEAST_SCALE * np.where(np.isfinite(nearest), own, level))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(beyond > 0, np.exp(-beyond / scale[:, None]), 1)
