r"""Nested partitions that agree best with a search for each number of domains.

With :math:`P_K` the domains of the search for K alone and :math:`a` the adjusted Rand index,

.. math:: \max_H \sum_K a(H_K, P_K), \qquad H_{K+1} \text{ splits one domain of } H_K, \quad H_{K_0} \text{ given}.

From :math:`H_{K_0}` two domains are merged for each coarser level, and one is split for each finer level. A split assigns the
spots of a domain to the likelier of two domains of some search, :math:`q_{ib} > q_{ia}`. The best of many chains are followed
from level to level (beam search), by the sum so far and what a level agrees with the searches still to come,
:math:`\sum_{j > 0} \gamma^j a(H_K, P_{K \pm j})`: a step that suits one search alone is no good start for the others.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spamca.domains.compared import Compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WIDTH = 20
"""Chains that are followed. More may agree better with the searches, and take longer."""

AHEAD = 0.8
"""What the agreement with each further search counts for, relative to the one before."""

LEAST_SHARE, MOST_PARTS = 0.02, 5
"""Parts of a domain that a search finds: least share of its spots, and how many are tried in pairs."""


class Split(NamedTuple):
    """Spots of ``domain`` that belong to the domain ``leaving`` of the search for ``source`` rather than to ``kept`` leave."""

    domain: int
    source: int
    kept: int
    leaving: int

    def of(self, searched: Mapping[int, np.ndarray], spots: np.ndarray) -> np.ndarray:
        """Which of these spots leave, booleans."""
        probability = searched[self.source]
        return probability[spots, self.leaving] > probability[spots, self.kept]


Merger = tuple[int, int]
"""A domain, and the one that joins it."""

Steps = tuple["Split | Merger", ...]


class _Chain(NamedTuple):
    """Steps so far, the partition of the spots that they lead to, and the sum of the agreements on the way."""

    steps: Steps
    partition: np.ndarray
    total: float


def nested(
    searched: Mapping[int, np.ndarray], first: np.ndarray, sample: np.ndarray | None = None
) -> dict[int, np.ndarray]:
    """Levels of a tree through the partition ``first``.

    Parameters
    ----------
    searched
        Domains of the search for each number, probabilities (n, K), for consecutive numbers. A search may have found fewer.
    first
        The partition that is one of the levels, (n,), integers from 0 without gaps.
    sample
        Spots by which chains are compared, or None for all.

    Returns
    -------
    A partition (n,) for each number, coarsest first, each nested in the one before. Of a domain that is split, the larger part keeps the
    number; merged domains take that of the larger. So the numbers are those of ``first``, and above them. The finest levels are missing
    if no search divides any domain further.
    """
    few = dict(searched) if sample is None else {number: found[sample] for number, found in searched.items()}
    start, n_first = first if sample is None else first[sample], int(first.max()) + 1
    search = _Search(few)
    out = {n_first: first}
    for number, step in zip(range(n_first - 1, 0, -1), search.chain(start, n_first, -1), strict=False):
        out[number] = applied(step, out[number + 1], searched)
    for number, step in enumerate(search.chain(start, n_first, 1), n_first + 1):
        out[number] = applied(step, out[number - 1], searched, new=number - 1)
    return dict(sorted(out.items()))


def applied(
    step: Split | Merger, partition: np.ndarray, searched: Mapping[int, np.ndarray], new: int = 0
) -> np.ndarray:
    """The partition (n,) after a step; spots that leave a domain get the number ``new``."""
    out = partition.copy()
    if isinstance(step, Split):
        spots = np.flatnonzero(partition == step.domain)
        out[spots[step.of(searched, spots)]] = new
    else:
        kept, gone = step
        out[partition == gone] = kept
    return out


class _Search:
    """The search for chains of steps, among partitions found for each number."""

    def __init__(self, searched: Mapping[int, np.ndarray]) -> None:
        self._searched = searched
        self._numbers = np.array(sorted(searched))
        self._found = {number: searched[number].argmax(axis=1) for number in self._numbers.tolist()}
        self._compared = Compared(list(self._found.values()))

    def chain(self, first: np.ndarray, n_first: int, direction: int) -> Steps:
        """The best steps from a partition into ``n_first`` domains to coarser levels (-1) or finer ones (1)."""
        chains = [_Chain((), first, 0.0)]
        away = direction * (self._numbers - n_first)
        for distance in range(1, int(away.max(initial=0)) + 1):
            number = n_first + direction * distance
            weight = np.where(away >= distance, AHEAD ** (away - distance).clip(0), 0.0)
            own, proposed = np.flatnonzero(away == distance)[0], []
            for chain in chains:
                steps = self._mergers(chain.partition) if direction < 0 else self._splits(chain.partition, number)
                for step, agreement in steps:
                    proposed.append(
                        (float(chain.total + agreement @ weight), chain.total + agreement[own], chain, step)
                    )
            if not proposed:
                break
            chains = self._best(proposed, number)
        return max(chains, key=lambda chain: chain.total).steps

    def _best(self, proposed: list[tuple[float, float, _Chain, Split | Merger]], number: int) -> list[_Chain]:
        """The chains that promise most; of those that promise the same, which are the same domains, one."""
        chains, seen = [], set()
        for hope, total, chain, step in sorted(proposed, key=lambda one: -one[0]):
            if (same := round(hope, 9)) in seen:
                continue
            seen.add(same)
            partition = applied(step, chain.partition, self._searched, new=number - 1)
            chains.append(_Chain((*chain.steps, step), partition, total))
            if len(chains) == WIDTH:
                break
        return chains

    def _mergers(self, partition: np.ndarray) -> Iterator[tuple[Merger, np.ndarray]]:
        """Mergers of two domains, the smaller into the larger, and how much each search agrees, (R,)."""
        sizes = np.bincount(partition).astype(np.float64)
        counts = self._compared.counts(np.arange(len(sizes))[:, None] == partition)
        for pair in combinations(np.flatnonzero(sizes).tolist(), 2):
            kept, gone = sorted(pair, key=lambda domain: -sizes[domain])
            merged, size = counts.copy(), sizes.copy()
            for values in (merged, size):
                values[kept] += values[gone]
                values[gone] = 0
            yield (kept, gone), self._compared.agreement(merged, size)

    def _splits(self, partition: np.ndarray, number: int) -> Iterator[tuple[Split, np.ndarray]]:
        """Splits of a domain by two of its parts in searches for this number and above, and how much each search agrees, (R,)."""
        sizes = np.bincount(partition, minlength=number).astype(np.float64)
        counts = self._compared.counts(np.arange(number)[:, None] == partition)
        for domain in range(number - 1):
            spots = np.flatnonzero(partition == domain)
            for source in self._numbers[self._numbers >= number].tolist():
                splits = [Split(domain, source, *pair) for pair in _parts(self._found[source][spots])]
                if not splits:
                    continue
                leaving = np.array([split.of(self._searched, spots) for split in splits])
                gone, n_gone = self._compared.counts(leaving, spots), leaving.sum(axis=1).astype(np.float64)
                after, size = np.repeat(counts[None], len(splits), axis=0), np.tile(sizes, (len(splits), 1))
                after[:, domain] -= gone
                after[:, number - 1] = gone
                size[:, domain] -= n_gone
                size[:, number - 1] = n_gone
                for split, agreement, n in zip(splits, self._compared.agreement(after, size), n_gone, strict=True):
                    if 0 < n <= len(spots) / 2:
                        yield split, agreement
                    elif n < len(spots):
                        yield split._replace(kept=split.leaving, leaving=split.kept), agreement


def _parts(found: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of domains that hold most of some spots, given the domain of each, (n_spots,)."""
    size = np.bincount(found)
    largest = np.argsort(-size, kind="stable")[:MOST_PARTS]
    yield from combinations(largest[size[largest] >= max(1, LEAST_SHARE * len(found))].tolist(), 2)
