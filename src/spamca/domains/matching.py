"""Sections matched by their domains, as one constellation of stars is laid over another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spamca.domains.components import Block

N_KEPT = 4
"""Best matchings that are kept after each section."""

_TINY = 1e-12
_APART = 1e12  # cost of merging domains that share no modality


@dataclass(frozen=True)
class Centroids:
    """Means of the domains of one or more sections, (c, r) for each modality in units of noise, and their spots, (c,)."""

    means: list[np.ndarray]
    sizes: list[np.ndarray]

    def joined(self, other: Centroids, shifts: Sequence[np.ndarray]) -> Centroids:
        """These and those of another section, from which its shifts (r,) are subtracted, one for each modality."""
        means = [np.vstack([own, its - b]) for own, its, b in zip(self.means, other.means, shifts, strict=True)]
        return Centroids(means, [np.concatenate(both) for both in zip(self.sizes, other.sizes, strict=True)])


def matched(blocks: Sequence[Block], sections: np.ndarray, alone: np.ndarray, n_domains: int) -> list[np.ndarray]:
    r"""Partitions of all sections together from partitions of each alone.

    If a domain of one section is the same as a domain of another, the difference of their means is the shift between the
    sections, which brings all other domains together. Every pair is tried, section after section; all domains are then merged into K
    as Ward (1963) does, those first whose merger adds least to the squares within,

    .. math:: \sum_m w_m \frac{n^m_a n^m_b}{n^m_a + n^m_b} \lVert \mu^m_a - \mu^m_b \rVert^2,

    over the modalities that both have, and the pairs that add least in all are kept. The sizes of the domains need not be alike.

    ``sections`` holds integers below S and ``alone`` the domain of each spot among those of its section, integers below K, both (n,).
    Returns at most :data:`N_KEPT` partitions, integers below K of shape (n,), the best first.
    """
    n_sections = int(sections.max()) + 1
    own = [_centroids(blocks, np.where(sections == s, alone, -1), n_domains) for s in range(n_sections)]
    first, *rest = sorted(range(n_sections), key=lambda s: -sum(size.sum() for size in own[s].sizes))
    # Of each matching: what it cost, its domains, and which of them each domain of each section joined.
    kept = [(0.0, own[first], {first: np.arange(n_domains)})]
    for section in rest:
        tried = []
        for cost, domains, joined in kept:
            for laid in _laid_over(domains, own[section]):
                group, added, merged = ward(laid, n_domains)
                now = {s: group[:n_domains][old] for s, old in joined.items()} | {section: group[n_domains:]}
                tried.append((cost + added, merged, now))
        kept = sorted(tried, key=lambda one: one[0])[:N_KEPT]
    tables = [np.array([joined[s] for s in range(n_sections)]) for *_, joined in kept]
    return [table[sections, alone] for table in tables]


def ward(centroids: Centroids, n_groups: int) -> tuple[np.ndarray, float, Centroids]:
    """Merge c centroids, the cheapest two first: group of each, integers below ``n_groups``; the cost of all mergers; and the groups.

    Ward's method of scikit-learn and scipy takes neither weighted points nor points that lack some of their features.
    """
    means, sizes = [own.copy() for own in centroids.means], [own.copy() for own in centroids.sizes]
    n = len(sizes[0])
    group, cost = np.arange(n), 0.0
    apart = np.array([_costs(means, sizes, a) for a in range(n)])
    apart[np.diag_indices(n)] = np.inf
    for _ in range(n - n_groups):
        a, b = sorted(int(i) for i in np.unravel_index(apart.argmin(), apart.shape))
        cost += apart[a, b]
        for mean, size in zip(means, sizes, strict=True):
            both = size[a] + size[b]
            mean[a] = (size[a] * mean[a] + size[b] * mean[b]) / max(both, _TINY)
            size[a], size[b] = both, 0.0
        group[group == b] = a
        gone = np.isin(np.arange(n), group, invert=True)
        apart[a] = np.where(gone | (np.arange(n) == a), np.inf, _costs(means, sizes, a))
        apart[:, a] = apart[a]
        apart[b] = apart[:, b] = np.inf
    left, numbered = np.unique(group, return_inverse=True)
    return numbered, float(cost), Centroids([mean[left] for mean in means], [size[left] for size in sizes])


def _costs(means: Sequence[np.ndarray], sizes: Sequence[np.ndarray], a: int) -> np.ndarray:
    """Cost of merging centroid a with each: very high if no modality is shared, and nothing if one is empty."""
    cost, shared = np.zeros(len(sizes[0])), np.zeros(len(sizes[0]), dtype=bool)
    for mean, size in zip(means, sizes, strict=True):
        both = (size > 0) & (size[a] > 0)
        harmonic = size * size[a] / np.maximum(size + size[a], _TINY)
        cost += np.where(both, harmonic * np.square(mean - mean[a]).sum(axis=1), 0)
        shared |= both
    held = np.sum(sizes, axis=0) > 0
    return np.where(shared, cost, np.where(held & held[a], _APART, 0.0))


def _laid_over(before: Centroids, other: Centroids) -> Iterator[Centroids]:
    """The other section shifted onto those before it, by every pair of domains that may be the same."""
    found = False
    for a in range(len(before.sizes[0])):
        for b in range(len(other.sizes[0])):
            both = [own[a] > 0 and its[b] > 0 for own, its in zip(before.sizes, other.sizes, strict=True)]
            if any(both):
                found = True
                pairs = zip(before.means, other.means, both, strict=True)
                yield before.joined(other, [(its[b] - own[a]) * shared for own, its, shared in pairs])
    if not found:
        yield before.joined(other, [np.zeros(mean.shape[1]) for mean in other.means])


def _centroids(blocks: Sequence[Block], partition: np.ndarray, n_domains: int) -> Centroids:
    member = np.eye(n_domains + 1)[partition][:, :n_domains]
    means = [np.sqrt(block.weight) * block.means(member) for block in blocks]
    return Centroids(means, [block.sizes(member).astype(np.float64) for block in blocks])
