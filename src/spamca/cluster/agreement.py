"""Agreement of every two of several partitions."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix


def pairwise_rand(partitions: np.ndarray) -> np.ndarray:
    """Adjusted Rand index (Hubert and Arabie 1985) of every two partitions, from one sparse product of their indicators.

    Parameters
    ----------
    partitions
        Shape (S, n), integers from 0.

    Returns
    -------
    Shape (S, S), symmetric, with ones on the diagonal.
    """
    s, n = partitions.shape
    k = int(partitions.max()) + 1
    column = partitions + k * np.arange(s)[:, None]
    indicator = csr_matrix((np.ones(s * n), (np.tile(np.arange(n), s), column.ravel())), (n, s * k))
    table = (indicator.T @ indicator).tocoo()
    both = np.zeros((s, s))
    np.add.at(both, (table.row // k, table.col // k), _pairs(table.data))
    single = np.diagonal(both)
    chance = np.outer(single, single) / max(_pairs(n), 1)
    room = (single[:, None] + single) / 2 - chance
    return np.where(room > 0, (both - chance) / np.where(room > 0, room, 1), 1.0)


def _pairs(count: np.ndarray | int) -> np.ndarray | float:
    return count * (count - 1) / 2
