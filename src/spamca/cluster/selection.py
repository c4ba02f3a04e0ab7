"""Choice of one partition among several of nearly equal likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import spmatrix

SELECTIONS = ("coherence", "agreement", "likelihood")
"""What can decide: spatial coherence, agreement between starts, or the likelihood alone."""

BAND = 0.1
"""Share of the likelihood that a choice may give up, of what clusters gain over one single Gaussian."""

N_EDGES = 50_000
"""Edges that coherence is measured on; of a larger tissue they are drawn."""


def select(selection: str, *, gain: np.ndarray, agreement: np.ndarray, coherence: np.ndarray) -> int:
    """Position of the partition that one of :data:`SELECTIONS` prefers among those whose likelihood is nearly the best.

    The likelihood of a mixture has many optima of nearly the same height, and which of them is highest changes with
    every small change of the points. Within :data:`BAND` of the best another measure therefore decides. All arrays are of
    shape (S,): ``gain`` is the rise of the log-likelihood over that of a single Gaussian, ``agreement`` the mean agreement of
    each partition with the others.
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

        .. math::
            \kappa = \frac{p - \sum_k q_k^2}{1 - \sum_k q_k^2}

        with :math:`p` the share of edges within a cluster and :math:`q_k` the share of edge ends in cluster k: 1 where every
        edge lies within a cluster, 0 where clusters lie at random or there is only one.
        """
        out = np.zeros(len(partitions))
        if not len(self._row):
            return out
        for s, partition in enumerate(partitions):
            row, column = partition[self._row], partition[self._column]
            chance = (np.bincount(np.concatenate([row, column])) ** 2).sum() / (2 * len(row)) ** 2
            if chance < 1:
                out[s] = ((row == column).mean() - chance) / (1 - chance)
        return out
