r"""How many domains there are.

For each number K, the model of the domains relaxes from the consensus of many starts (:mod:`~spamca.domains.proposals`). With
:math:`g_{Ki}` the terms of its :class:`~spamca.domains.evidence.Evidence` and :math:`c_k` the cost of the k-th domain,

.. math::
    B_K = \frac1n \sum_i g_{Ki} - \sum_{k \le K} c_k, \qquad
    \hat K = \min \{K: B_K \ge \max_{K'} B_{K'} - s_K\}.

:math:`s_K` is the standard error of the difference between K and the best number, over spots, of which neighbours are correlated. B is a
Bayesian information criterion of a composite likelihood (Varin and Vidoni 2005; Gao and Song 2010); the smallest number within one
standard error of the best is the rule of Breiman et al. (1984).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.cluster.agreement import pairwise_rand
from spamca.domains.across import across_sections
from spamca.domains.consensus import consensus
from spamca.domains.evidence import Evidence
from spamca.domains.field import Field
from spamca.domains.find import Search, hops_of, settled
from spamca.domains.proposals import proposals
from spamca.domains.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class NumberOfDomains:
    """Numbers of domains tried, and the criteria for each; stability and coherence are not used in the choice."""

    n_domains: int  #: the chosen number: the smallest whose evidence is within one ``error`` of the highest
    tried: np.ndarray  #: numbers, (n_tried,)
    gain: np.ndarray  #: how well its neighbours' domains predict a spot, in nats (:mod:`~spamca.domains.evidence`)
    evidence: np.ndarray  #: the gain minus the cost of the domains: a penalised likelihood
    error: np.ndarray  #: standard error of the difference between this evidence and the highest
    stability: np.ndarray  #: agreement (adjusted Rand index) of partitions from other starts and scales
    coherence: np.ndarray  #: share of edges within domains
    #: numbers whose evidence is within ``plausible`` standard errors of the highest, by the settings
    plausible: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def within(self, n_errors: float) -> np.ndarray:
        """Numbers whose evidence is within so many standard errors of the highest."""
        return self.tried[self.evidence >= self.evidence.max() - n_errors * self.error]


def number_of_domains(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    numbers: Sequence[int],
    *,
    each: Callable[[int], None] | None = None,
    **options: Any,
) -> NumberOfDomains:
    """Choose a number of domains.

    Parameters
    ----------
    features, adjacency, options
        As in :class:`~spamca.domains.find.Search`. Batch effects of sections are removed by as many domains as the number in the middle.
    numbers
        Numbers to try: consecutive, rising, each at least 2 and at most n.
    each
        Called with each number before it is tried.

    Returns
    -------
    The number and the criteria. If neighbours share nothing in any modality, the smallest number, and criteria of zero.
    """
    search = Search(features, adjacency, **options)
    with fitting_threads(adjacency.shape[0]):
        return _chosen(search, np.asarray(numbers), each)


def _chosen(search: Search, numbers: np.ndarray, each: Callable[[int], None] | None) -> NumberOfDomains:
    if not search.components.blocks:
        blank = np.zeros(len(numbers))
        return NumberOfDomains(int(numbers[0]), numbers, blank, blank, blank, blank, blank, numbers)
    components, times, rng = search.weighted
    if search.sections is not None:
        middle = int(numbers[len(numbers) // 2])
        components = across_sections(components, middle, search.sections, rng)[0].field.components
    most = max(components.settings.n_searched, int(numbers[-1]))
    if components.n_spots > most:
        components = components.take(components.graph.patches(most, rng))
    hops = hops_of(components, times)
    field = Field(components)
    evidence = Evidence(field, rng)
    judged = []
    for k in map(int, numbers):
        if each is not None:
            each(k)
        judged.append(_judged(field, evidence, k, hops, rng))
    gains, cost, stability, coherence = zip(*judged, strict=True)
    gain = np.mean(gains, axis=1)
    penalised = gain - np.cumsum(cost)
    error = np.array([_standard_error(one - gains[penalised.argmax()], components.graph.links) for one in gains])
    found = NumberOfDomains(0, numbers, gain, penalised, error, np.array(stability), np.array(coherence))
    plausible = found.within(components.settings.plausible)
    return replace(found, n_domains=int(found.within(1)[0]), plausible=plausible)


def _standard_error(values: np.ndarray, links: csr_matrix) -> float:
    """Standard error of the mean of values (n,), of which only neighbours are correlated."""
    centred = values - values.mean()
    alone, pairs = centred @ centred, centred @ (links @ centred)
    return float(np.sqrt(max(alone, alone + pairs))) / len(values)


def _judged(
    field: Field, evidence: Evidence, n_domains: int, hops: Sequence[int], rng: np.random.Generator
) -> tuple[np.ndarray, float, float, float]:
    """Gain of each spot, cost of a domain, stability and coherence of the partition into so many domains."""
    components, n_starts = field.components, field.components.settings.n_starts_number
    seen, proposed, _ = proposals(components, n_domains, rng, n_starts=n_starts)
    agreed = consensus(proposed, n_domains)
    single = np.array([agreed, *(partition.argmax(axis=1) for partition in proposed)])
    stability = float(pairwise_rand(single)[0, 1:].mean())
    start = np.zeros((components.n_spots, n_domains), dtype=np.float32)
    start[seen, agreed] = 1
    (found,), _ = settled(components, [start], hops)
    partition = found.argmax(axis=1)
    gains, cost = evidence.gains(partition, n_domains), evidence.cost(partition, n_domains)
    return gains, cost, stability, field.coherence(partition)
