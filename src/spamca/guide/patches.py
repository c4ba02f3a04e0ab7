"""Patches of a tissue: a sample of the spots that keeps their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

N_PATCHES = 40
"""Patches drawn; more see more of the tissue, fewer have more spots with all of their neighbours."""


def patches(adjacency: csr_matrix, n_spots: int, rng: np.random.Generator, *, n_patches: int = N_PATCHES) -> np.ndarray:
    """Spots around random centres.

    Parameters
    ----------
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_spots
        Number of spots wanted, below n.
    rng
        Source of the centres.
    n_patches
        Number of centres; more where the patches fill their pieces of the tissue.

    Returns
    -------
    Integers of shape (n_spots,), rising.
    """
    n = adjacency.shape[0]
    taken = np.zeros(n, dtype=bool)
    front = rng.choice(n, min(n_patches, n_spots), replace=False)
    while True:
        room = n_spots - int(taken.sum())
        new = front[~taken[front]]
        taken[new[:room]] = True
        if len(new) >= room:
            return np.flatnonzero(taken)
        front = np.unique(adjacency[new].indices)
        if not (~taken[front]).any():  # the patches fill their pieces of the tissue
            front = rng.choice(np.flatnonzero(~taken), 1)
