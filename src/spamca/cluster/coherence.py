"""Spatial coherence of a partition: how much more often neighbours share a cluster than chance would have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import spmatrix

N_EDGES = 50_000
"""Edges that coherence is measured on; of a larger tissue they are drawn."""


class Edges:
    """Edges of a spatial graph, or a sample of them.

    Parameters
    ----------
    connectivities
        Sparse, shape (n, n).
    rng
        Source of the sample.

    Attributes
    ----------
    spots
        Spots that have an edge, integers in their order.
    """

    def __init__(self, connectivities: spmatrix, rng: np.random.Generator) -> None:
        row, column = connectivities.nonzero()
        if len(row) > N_EDGES:
            kept = rng.choice(len(row), N_EDGES, replace=False)
            row, column = row[kept], column[kept]
        self.spots, end = np.unique(np.concatenate([row, column]), return_inverse=True)
        self._row, self._column = end[: len(row)], end[len(row) :]

    def coherence(self, partitions: np.ndarray) -> np.ndarray:
        r"""Coherence of partitions of :attr:`spots`.

        .. math::
            \kappa = \frac{p - \sum_k q_k^2}{1 - \sum_k q_k^2}

        with :math:`p` the share of edges within a cluster and :math:`q_k` the share of edge ends in cluster k.

        Parameters
        ----------
        partitions
            Shape (S, len(spots)), integers from 0.

        Returns
        -------
        Shape (S,): 1 where every edge lies within a cluster, 0 where clusters lie at random or there is only one.
        """
        out = np.zeros(len(partitions))
        if not len(self._row):
            return out
        for s, partition in enumerate(partitions):
            row, column = partition[self._row], partition[self._column]
            share = np.bincount(np.concatenate([row, column])) / (2 * len(row))
            chance = (share**2).sum()
            if chance < 1:
                out[s] = ((row == column).mean() - chance) / (1 - chance)
        return out
