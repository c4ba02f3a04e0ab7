"""Agreement of every two of several partitions."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix


def pairwise_rand(partitions: np.ndarray) -> np.ndarray:
    """Adjusted Rand index (Hubert and Arabie 1985) of every two of S partitions (S, n), integers from 0: shape (S, S).

    One sparse product of indicators counts all pairs of clusters at once; scikit-learn's index takes two partitions at a time.
    """
    s, n = partitions.shape
    k = int(partitions.max()) + 1
    column = partitions + k * np.arange(s)[:, None]
    indicator = csr_matrix((np.ones(s * n), (np.tile(np.arange(n), s), column.ravel())), (n, s * k))
    table = (indicator.T @ indicator).tocoo()
    both = np.zeros((s, s))
    np.add.at(both, (table.row // k, table.col // k), table.data * (table.data - 1) / 2)
    single = np.diagonal(both)
    chance = np.outer(single, single) / max(n * (n - 1) / 2, 1)
    room = (single[:, None] + single) / 2 - chance
    return np.where(room > 0, (both - chance) / np.where(room > 0, room, 1), 1.0)
