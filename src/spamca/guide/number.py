r"""How many domains there are.

For each number K, partitions from many starts (:mod:`~spamca.guide.proposals`) agree on one, and the model of the domains relaxes from it.
With :math:`g_{Ki}` the terms of the :class:`~spamca.guide.evidence.Evidence` of the domains and :math:`c_k` what the k-th of them costs,

.. math::
    B_K = \frac1n \sum_i g_{Ki} - \sum_{k \le K} c_k, \qquad
    \hat K = \min \{K: B_K \ge \max_{K'} B_{K'} - s_K\}.

:math:`s_K` is the standard error of the difference between K and the best number, over spots, neighbours being correlated. B is a Bayesian
information criterion of a composite likelihood (Varin and Vidoni 2005; Gao and Song 2010); to take the smallest number within one standard
error of the best is the rule of Breiman et al. (1984).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.agreement import pairwise_rand
from spamca.guide.across import across_sections
from spamca.guide.blocks import Block, masks, whitened_blocks
from spamca.guide.consensus import consensus
from spamca.guide.evidence import Evidence
from spamca.guide.field import Field
from spamca.guide.guide import SEARCHED, settled
from spamca.guide.patches import patches
from spamca.guide.proposals import proposals
from spamca.guide.surroundings import HOPS
from spamca.guide.threads import fitting_threads
from spamca.guide.worth import independent, inflations, weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

N_EACH = 4
"""Starts per scale and number."""

PLAUSIBLE = 2.0
"""Standard errors below the highest evidence within which a number is plausible too."""


@dataclass(frozen=True)
class NumberOfDomains:
    """Numbers of domains tried, and the criteria for each.

    Parameters
    ----------
    n_domains
        The chosen number: the smallest whose evidence is within one ``error`` of the highest.
    tried
        Numbers, shape (n_tried,).
    gain
        How well the domains of its neighbours predict a spot, in nats (:class:`~spamca.guide.evidence.Evidence`).
    evidence
        The same less the cost of the domains: the penalised likelihood.
    error
        Standard error of the difference between this evidence and the highest.
    stability
        Agreement (adjusted Rand index) of partitions from other starts and scales. It does not choose.
    coherence
        Share of edges within domains. It does not choose.
    """

    n_domains: int
    tried: np.ndarray
    gain: np.ndarray
    evidence: np.ndarray
    error: np.ndarray
    stability: np.ndarray
    coherence: np.ndarray

    @property
    def plausible(self) -> np.ndarray:
        """Numbers whose evidence is within :data:`PLAUSIBLE` standard errors of the highest."""
        return self.within(PLAUSIBLE)

    def within(self, n_errors: float) -> np.ndarray:
        """Numbers whose evidence is within so many standard errors of the highest."""
        return self.tried[self.evidence >= self.evidence.max() - n_errors * self.error]


def number_of_domains(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    numbers: Sequence[int],
    *,
    weights: Sequence[float | None] | None = None,
    present: np.ndarray | None = None,
    sections: np.ndarray | None = None,
    random_state: int = 0,
) -> NumberOfDomains:
    """Choose a number of domains.

    Parameters
    ----------
    features
        Features of each modality, (n, d_m); rows of spots that lack it are not read.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    numbers
        Numbers to try: consecutive, rising, each at least 2 and at most n.
    weights
        What the likelihood of each modality is raised to; None, alone or in place of a modality, measures it.
    present
        Booleans (n, M), or None where every spot has every modality.
    sections
        Section of each spot, integers of shape (n,), where batch effects of sections are taken out first, by domains of the
        number in the middle (:func:`~spamca.guide.across.across_sections`). None, or all alike: there are none.
    random_state
        Seed of starts, and of the patches drawn from large tissue.

    Returns
    -------
    The number and the criteria. Where features show nothing that neighbours share, the smallest number, and criteria of zero.
    """
    with fitting_threads(adjacency.shape[0]):
        return _number_of_domains(
            features, adjacency, np.asarray(numbers), weights, present, sections, np.random.default_rng(random_state)
        )


def _number_of_domains(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    numbers: np.ndarray,
    weights: Sequence[float | None] | None,
    present: np.ndarray | None,
    sections: np.ndarray | None,
    rng: np.random.Generator,
) -> NumberOfDomains:
    given = [None] * len(features) if weights is None else list(weights)
    has = masks(present, len(features))
    blocks = whitened_blocks(features, adjacency, [1.0 if one is None else one for one in given], has)
    if not blocks or not adjacency.nnz:
        blank = np.zeros(len(numbers))
        return NumberOfDomains(int(numbers[0]), numbers, blank, blank, blank, blank, blank)
    several = sections is not None and len(np.unique(sections)) > 1
    times = inflations(blocks, adjacency, rng, sections if several else None)
    blocks = weighed(blocks, times, given)
    if several:
        middle, numbered = int(numbers[len(numbers) // 2]), np.unique(sections, return_inverse=True)[1]
        blocks = across_sections(blocks, adjacency, middle, numbered, n_searched=SEARCHED, rng=rng)[0].field.blocks
    if adjacency.shape[0] > max(SEARCHED, numbers[-1]):
        spots = patches(adjacency, max(SEARCHED, int(numbers[-1])), rng)
        blocks, adjacency = [block.take(spots) for block in blocks], adjacency[spots][:, spots]
    hops = (0,) if independent(times, np.array([block.weight for block in blocks])) else HOPS
    field = Field(blocks, adjacency)
    evidence = Evidence(field, adjacency, rng)
    gains, cost, stability, coherence = zip(
        *(_judged(field, evidence, blocks, adjacency, int(k), hops, rng) for k in numbers), strict=True
    )
    gain = np.mean(gains, axis=1)
    penalised = gain - np.cumsum(cost)
    error = np.array([_standard_error(one - gains[penalised.argmax()], adjacency) for one in gains])
    found = NumberOfDomains(0, numbers, gain, penalised, error, np.array(stability), np.array(coherence))
    return replace(found, n_domains=int(found.within(1)[0]))


def _standard_error(values: np.ndarray, adjacency: csr_matrix) -> float:
    """Standard error of the mean of values (n,) of which neighbours are correlated, those farther apart are not."""
    centred = values - values.mean()
    alone, pairs = centred @ centred, centred @ ((adjacency != 0) @ centred)
    return float(np.sqrt(max(alone, alone + pairs))) / len(values)


def _judged(
    field: Field,
    evidence: Evidence,
    blocks: Sequence[Block],
    adjacency: csr_matrix,
    n_domains: int,
    hops: Sequence[int],
    rng: np.random.Generator,
) -> tuple[np.ndarray, float, float, float]:
    """Gain of each spot, cost of a domain, stability and coherence of the best partition into so many."""
    seen, proposed = proposals(blocks, adjacency, n_domains, rng, n_each=N_EACH)
    agreed = consensus(proposed, n_domains)
    single = np.array([agreed, *(partition.argmax(axis=1) for partition in proposed)])
    stability = float(pairwise_rand(single)[0, 1:].mean())
    start = np.zeros((adjacency.shape[0], n_domains), dtype=np.float32)
    start[seen, agreed] = 1
    (found,), _ = settled(blocks, adjacency, [start], hops)
    partition = found.argmax(axis=1)
    gains, cost = evidence.gains(partition, n_domains), evidence.cost(partition, n_domains)
    return gains, cost, stability, field.coherence(partition)
