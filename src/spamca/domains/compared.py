r"""Agreement of many partitions with the same few, from counts alone.

With :math:`n_{kl}` the spots that domain k of one partition shares with domain l of the other, and :math:`P(x) = \sum x (x - 1) / 2`
the pairs within domains, the adjusted Rand index (Hubert and Arabie 1985) is

.. math::
    \frac{P(n_{kl}) - e}{\tfrac12 (P(n_k) + P(n_l)) - e}, \qquad e = P(n_k) P(n_l) \, / \, P(n).

A split or merger of domains changes the counts of these domains only, so that hundreds of them can be compared without the spots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence


class Compared:
    """R partitions (n,), integers from 0, that others are compared with; they have C domains in all."""

    def __init__(self, partitions: Sequence[np.ndarray]) -> None:
        n, widths = len(partitions[0]), [int(partition.max()) + 1 for partition in partitions]
        self._starts = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.int64)
        columns = np.column_stack(partitions) + self._starts
        ends = np.arange(n + 1) * len(partitions)
        self._member = csr_matrix((np.ones(columns.size), columns.ravel(), ends), (n, sum(widths)))
        self._pairs = np.add.reduceat(_pairs(self._member.sum(axis=0).A1), self._starts)
        self._all = max(float(_pairs(np.array(float(n)))), 1.0)

    def counts(self, chosen: np.ndarray, spots: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Spots that sets share with each domain, (S, C), of S sets ``chosen``, booleans (S, n_spots) of some spots."""
        return np.asarray(self._member[spots].T @ chosen.T.astype(np.float64)).T

    def agreement(self, counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Adjusted Rand index (..., R) of partitions whose domains share ``counts`` (..., K, C) and have ``sizes`` (..., K)."""
        both = np.add.reduceat(_pairs(counts).sum(axis=-2), self._starts, axis=-1)
        own = _pairs(sizes).sum(axis=-1)[..., None]
        chance = own * self._pairs / self._all
        room = (own + self._pairs) / 2 - chance
        return np.where(room > 0, (both - chance) / np.where(room > 0, room, 1), 1.0)


def _pairs(size: np.ndarray) -> np.ndarray:
    return size * (size - 1) / 2
