"""Local inverse Simpson's index: how many groups the surroundings of a spot hold."""

from __future__ import annotations

import numpy as np

NEIGHBORS = 90
"""Neighbours that are looked at, three times the perplexity of 30."""

MAX_SPOTS = 5_000
"""Of more spots, a sample of so many is looked at, among the neighbours that they have in all."""

_N_STEPS = 50


def lisi(groups: np.ndarray, embedding: np.ndarray, *, random_state: int = 0) -> np.ndarray:
    r"""Effective number of groups around each spot (Korsunsky et al. 2019).

    .. math::
        \mathrm{LISI}_i = \Big(\sum_g \big(\sum_{j: g_j = g} p_{ij}\big)^2\Big)^{-1}, \qquad
        p_{ij} \propto \exp(-\beta_i d_{ij})

    over the 90 nearest spots, with :math:`\beta_i` such that the perplexity of p is a third of their number.

    Parameters
    ----------
    groups
        Group of each spot, whole numbers of shape (n_spots,), two spots at least.
    embedding
        Where neighbours are sought, (n_spots, n_latent).
    random_state
        Seed of the sample of large tissue.

    Returns
    -------
    From 1 to the number of groups, shape (min(n_spots, 5000),).
    """
    from sklearn.neighbors import NearestNeighbors

    n = len(groups)
    _, dense = np.unique(groups, return_inverse=True)
    rows = np.arange(n)
    if n > MAX_SPOTS:
        rows = np.sort(np.random.default_rng(random_state).choice(n, MAX_SPOTS, replace=False))
    k = min(NEIGHBORS, n - 1)
    distance, neighbors = NearestNeighbors(n_neighbors=k + 1).fit(embedding).kneighbors(embedding[rows])
    distance, neighbors = _without_self(distance, neighbors, rows)
    share = _kernel(distance, max(k / 3, 1.0))
    out = np.zeros(len(rows))
    for group in range(dense.max() + 1):
        out += np.square((share * (dense[neighbors] == group)).sum(axis=1))
    return 1 / out


def _without_self(distance: np.ndarray, neighbors: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave each spot out of its own neighbours; where others lie on its point it may not be the first, or not there."""
    own = neighbors == rows[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(rows), neighbors.shape[1] - 1)
    return distance[~own].reshape(shape), neighbors[~own].reshape(shape)


def _kernel(distance: np.ndarray, perplexity: float) -> np.ndarray:
    """Weights (n, k) that fall with the distance, rows summing to one, of a wanted perplexity where distances allow it."""
    distance = distance - distance.min(axis=1, keepdims=True)
    scale = distance.mean(axis=1, keepdims=True)
    distance = distance / np.where(scale > 0, scale, 1)
    low, high = np.full((len(distance), 1), -20.0), np.full((len(distance), 1), 20.0)
    for _ in range(_N_STEPS):  # by halving, of the logarithm of beta
        middle = (low + high) / 2
        share = np.exp(-np.exp(middle) * distance)
        share /= share.sum(axis=1, keepdims=True)
        entropy = -(share * np.log(np.maximum(share, np.finfo(float).tiny))).sum(axis=1, keepdims=True)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return share
