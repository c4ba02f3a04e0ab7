"""Partitions into every number of domains of a range, each built on those of the numbers beside it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.halves import LEAST
from spamca.guide.objective import COHERENCE
from spamca.guide.proposals import kmeans
from spamca.guide.smoothing import average

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.field import Field

SCALES = (2, 6)
"""Hops over which components are smoothed for k-means."""

N_EACH = 2
"""k-means starts per scale and number."""

_TRIED, _SHORT, _LONG = 3, 5, 20


class Sweep:
    """Search over a range of numbers of domains.

    A partition starts from k-means, from a domain of the next smaller partition split, or from two domains of the next larger
    one merged; the field relaxes it. Kept is the one of highest :meth:`score`.

    Parameters
    ----------
    field
        The field.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    rng
        Source of seeds.
    """

    def __init__(self, field: Field, adjacency: csr_matrix, rng: np.random.Generator) -> None:
        self._field, self._rng = field, rng
        step = average(adjacency)
        smooth = np.hstack([np.sqrt(block.weight) * block.values for block in field.blocks])
        self._views = []
        for scale in range(1, max(SCALES) + 1):
            smooth = step @ smooth
            if scale in SCALES:
                self._views.append(smooth)
        self._best: dict[int, tuple[float, np.ndarray]] = {}

    def score(self, partition: np.ndarray, n_domains: int) -> float:
        """What neighbours tell, and half of what coherence counts for in the field's objective: the first pays for it too."""
        parts = self._field.parts(partition, n_domains)
        return parts["foretold"] + COHERENCE / 2 * parts["coherence"]

    def run(self, numbers: Sequence[int]) -> list[np.ndarray]:
        """Partitions into consecutive rising ``numbers`` of domains, integers of shape (n,) below the number."""
        for k in numbers:
            self._consider((kmeans(view, k, self._rng) for view in self._views for _ in range(N_EACH)), k)
            if k - 1 in self._best:
                self._consider(self._split(k - 1), k)
            self._finish(k)
        for k in numbers[-2::-1]:
            self._consider(self._merged(k + 1), k)
            self._finish(k)
        return [self._best[k][1] for k in numbers]

    def _consider(self, partitions: Iterable[np.ndarray], n_domains: int, n_steps: int = _SHORT) -> None:
        for start in partitions:
            found = self._field.relax(np.eye(n_domains)[start], n_steps).argmax(axis=1)
            score = self.score(found, n_domains)
            if n_domains not in self._best or score > self._best[n_domains][0] + 1e-6:
                self._best[n_domains] = score, found

    def _finish(self, n_domains: int) -> None:
        self._consider([self._best[n_domains][1]], n_domains, _LONG)

    def _split(self, n_domains: int) -> list[np.ndarray]:
        partition, out = self._best[n_domains][1], []
        for view in self._views:
            for k in range(n_domains):
                spots = np.flatnonzero(partition == k)
                if len(spots) < LEAST:
                    continue
                parted = partition.copy()
                parted[spots[kmeans(view[spots], 2, self._rng) == 1]] = n_domains
                out.append(parted)
        score = [self.score(parted, n_domains + 1) for parted in out]
        return [out[i] for i in np.argsort(score)[::-1][:_TRIED]]

    def _merged(self, n_domains: int) -> list[np.ndarray]:
        """Partitions in which the two domains are merged that lose least by it."""
        partition = self._best[n_domains][1]
        cost = self._field.cost_of_merging(partition, n_domains)
        pairs = sorted(combinations(range(n_domains), 2), key=lambda pair: cost[pair])
        out = []
        for a, b in pairs[:_TRIED]:
            merged = np.where(partition == b, a, partition)
            merged[merged == n_domains - 1] = b if b < n_domains - 1 else a
            out.append(merged)
        return out
