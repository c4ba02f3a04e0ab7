r"""A tree of domains over a range of numbers, and how well its levels and domains are supported.

Domains are searched for every number K alone, and again from halves of the spots; :mod:`~spamca.domains.nested` chooses the levels. With
:math:`P_{K1}, \dots, P_{KR}` the partitions from halves of the spots and :math:`a` the adjusted Rand index, the support of a level and
of a domain d in it are

.. math:: \frac1R \sum_r a(H_K, P_{Kr}), \qquad \frac1R \sum_r \max_{d' \in P_{Kr}} \frac{|d \cap d'|}{|d \cup d'|},

the second as Hennig (2007) measures the stability of single clusters: above 0.75 a domain is found again, below 0.6 it is doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.cluster.agreement import pairwise_rand
from spamca.domains.find import Search
from spamca.domains.nested import nested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Hierarchy:
    """A tree of domains; a domain keeps its number from level to level as long as most of it stays together."""

    numbers: np.ndarray  #: number of domains of each level, rising, (L,)
    partitions: np.ndarray  #: domain of each spot at each level, integers (n, L)
    agreement: np.ndarray  #: adjusted Rand index of each level and the search for its number alone, (L,)
    support: np.ndarray  #: the same with searches in halves of the spots, the mean, (L,); NaN without any
    domain_support: list[dict[int, float]]  #: of each level, the support of each of its domains


def find_hierarchy(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    first: np.ndarray,
    between: tuple[int, int],
    **options: Any,
) -> Hierarchy | None:
    """Find a tree of domains.

    Parameters
    ----------
    features, adjacency, options
        As in :class:`~spamca.domains.find.Search`.
    first
        Domains that the level of their number shall have: integers from 0 without gaps, (n,).
    between
        Smallest and largest number of domains, at least 2. The tree may end at a smaller one, if no search finds more domains.

    Returns
    -------
    The tree, or None if neighbours share nothing in any modality.
    """
    search = Search(features, adjacency, **options)
    if not search.components.blocks:
        return None
    n_first, n = int(first.max()) + 1, adjacency.shape[0]
    found = {k: search.run(k) for k in range(max(2, min(between[0], n_first)), max(between[1], n_first) + 1)}
    sample, n_searched = None, search.components.settings.n_searched
    if n > n_searched:
        sample = search.components.graph.patches(n_searched, np.random.default_rng(search.seed))
    tree = nested({k: domains.assignment for k, domains in found.items()}, first, sample)
    levels = [k for k in tree if between[0] <= k <= between[1]]
    agreement, support, of_domains = [], [], []
    for k in levels:
        halves = list(found[k].halves)
        rand = pairwise_rand(np.array([tree[k], found[k].assignment.argmax(axis=1), *halves]))[0, 1:]
        agreement.append(float(rand[0]))
        support.append(float(rand[1:].mean()) if halves else np.nan)
        of_domains.append(_overlaps(tree[k], halves))
    partitions = np.column_stack([tree[k] for k in levels])
    return Hierarchy(np.array(levels), partitions, np.array(agreement), np.array(support), of_domains)


def _overlaps(partition: np.ndarray, others: Sequence[np.ndarray]) -> dict[int, float]:
    """Share of each domain's spots, and of those of the most similar domain of each other partition, that both hold: the mean."""
    domains, number, sizes = np.unique(partition, return_inverse=True, return_counts=True)
    overlap = np.full((len(others), len(domains)), np.nan)
    for own, other in zip(overlap, others, strict=True):
        shared = np.zeros((len(domains), int(other.max()) + 1))
        np.add.at(shared, (number, other), 1)
        own[:] = (shared / (sizes[:, None] + shared.sum(axis=0) - shared)).max(axis=1)
    mean = overlap.mean(axis=0) if len(others) else np.full(len(domains), np.nan)
    return dict(zip(domains.tolist(), mean.tolist(), strict=True))
