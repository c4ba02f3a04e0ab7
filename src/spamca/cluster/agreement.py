"""Agreement of partitions with each other and with the tissue, and the choice of one of nearly equal likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from scipy.sparse import spmatrix

SELECTIONS = ("coherence", "agreement", "likelihood")
"""Criteria: spatial coherence, agreement between starts, or the likelihood alone."""

BAND = 0.1
"""Share of the gain in likelihood over one single Gaussian that a choice may give up."""

N_EDGES = 50_000
"""Edges that coherence is measured on; of a larger graph they are drawn."""


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


def select(selection: str, *, gain: np.ndarray, agreement: np.ndarray, coherence: np.ndarray) -> int:
    """Position of the partition that one of :data:`SELECTIONS` prefers among those whose likelihood is nearly the best.

    Which of the many optima of nearly the same likelihood is highest changes with every small change of the points, so another
    measure decides within :data:`BAND` of the best. All arrays are of shape (S,): ``gain`` is the rise of the log-likelihood over that
    of a single Gaussian, ``agreement`` the mean agreement of each partition with the others.
    """
    score = {"coherence": coherence, "agreement": agreement, "likelihood": gain}[selection]
    return int(np.where(gain >= gain.max() - BAND * abs(gain.max()), score, -np.inf).argmax())


class Edges:
    """Edges of a spatial graph (n, n), or a sample of them; ``spots`` are those that have one, in their order."""

    def __init__(self, connectivities: spmatrix, rng: np.random.Generator) -> None:
        row, column = connectivities.nonzero()
        if len(row) > N_EDGES:
            kept = rng.choice(len(row), N_EDGES, replace=False)
            row, column = row[kept], column[kept]
        self.spots, end = np.unique(np.concatenate([row, column]), return_inverse=True)
        self._row, self._column = end[: len(row)], end[len(row) :]

    def coherence(self, partitions: np.ndarray) -> np.ndarray:
        r"""How much more often neighbours share a cluster than by chance, shape (S,), in partitions (S, len(spots)).

        .. math:: \kappa = \frac{p - \sum_k q_k^2}{1 - \sum_k q_k^2}

        with :math:`p` the share of edges within a cluster and :math:`q_k` the share of edge ends in cluster k: 1 where every
        edge lies within a cluster, 0 where clusters lie at random or there is only one.
        """
        out = np.zeros(len(partitions))
        for s, partition in enumerate(partitions if len(self._row) else ()):
            row, column = partition[self._row], partition[self._column]
            chance = (np.bincount(np.concatenate([row, column])) ** 2).sum() / (2 * len(row)) ** 2
            if chance < 1:
                out[s] = ((row == column).mean() - chance) / (1 - chance)
        return out
