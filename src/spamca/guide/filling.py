"""Rows that a modality lacks, filled from the neighbours, where partitions are only proposed and not judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def fill(values: np.ndarray, present: np.ndarray | None, adjacency: csr_matrix) -> np.ndarray:
    """Give each missing row the mean of the neighbours that have one, ring by ring.

    Parameters
    ----------
    values
        Shape (n, d), with means 0 over the rows that are there.
    present
        Which rows are there, booleans of shape (n,), or None for all.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).

    Returns
    -------
    Shape (n, d). Rows that no path leads to from one that is there are zero.
    """
    if present is None:
        return values
    links = (adjacency != 0).astype(np.float64)
    known, filled = present.copy(), np.where(present[:, None], values, 0.0)
    while not known.all():
        n_known = links @ known.astype(np.float64)
        reached = ~known & (n_known > 0)
        if not reached.any():
            break
        filled[reached] = (links[reached] @ filled) / n_known[reached, None]
        known |= reached
    return filled
