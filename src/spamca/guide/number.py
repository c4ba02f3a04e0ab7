r"""How many domains there are.

For each number K, partitions from many starts (:mod:`~spamca.guide.proposals`) agree on one, and the model of the domains relaxes from it.
With :math:`A_K` the mean agreement (adjusted Rand index) of the single partitions with their consensus, :math:`E_K` the
:class:`~spamca.guide.evidence.Evidence` of the domains, and :math:`c_k` what the k-th of them costs,

.. math::
    B_K = E_K - \sum_{k \le K} c_k, \qquad \hat K = \arg\max_K A_K \frac{B_K}{\max_{K'} B_{K'}}.

B is a Bayesian information criterion of a composite likelihood (Varin and Vidoni 2005; Gao and Song 2010); a number that starts and scales do not
agree on is marked down (Ben-Hur, Elisseeff and Guyon 2002).
"""

from __future__ import annotations

from dataclasses import dataclass
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

PLAUSIBLE = 0.95
"""Share of the highest score from which a number is plausible too."""


@dataclass(frozen=True)
class NumberOfDomains:
    """Numbers of domains tried, and what spoke for each.

    Parameters
    ----------
    n_domains
        The chosen number, of highest ``score``.
    tried
        Numbers, shape (n_tried,).
    gain
        What neighbours' domains tell of a spot, in nats (:class:`~spamca.guide.evidence.Evidence`).
    evidence
        The same less the cost of the domains: the penalised likelihood.
    stability
        Agreement (adjusted Rand index) of partitions from other starts and scales.
    coherence
        Share of edges within domains.
    score
        Stability times the evidence, as a share of the highest evidence.
    """

    n_domains: int
    tried: np.ndarray
    gain: np.ndarray
    evidence: np.ndarray
    stability: np.ndarray
    coherence: np.ndarray
    score: np.ndarray

    @property
    def plausible(self) -> np.ndarray:
        """Numbers whose score is within :data:`PLAUSIBLE` of the highest."""
        return self.tried[self.score >= PLAUSIBLE * self.score.max()]


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
    found = np.array([_judged(field, evidence, blocks, adjacency, int(k), hops, rng) for k in numbers])
    gain, cost, stability, coherence = found.T
    penalised = gain - np.cumsum(cost)
    score = stability * penalised / max(penalised.max(), 1e-12)
    best = int(numbers[score.argmax()])
    return NumberOfDomains(best, numbers, gain, penalised, stability, coherence, score)


def _judged(
    field: Field,
    evidence: Evidence,
    blocks: Sequence[Block],
    adjacency: csr_matrix,
    n_domains: int,
    hops: Sequence[int],
    rng: np.random.Generator,
) -> tuple[float, float, float, float]:
    """Gain, cost of a domain, stability and coherence of the best partition into so many."""
    seen, proposed = proposals(blocks, adjacency, n_domains, rng, n_each=N_EACH)
    agreed = consensus(proposed, n_domains)
    single = np.array([agreed, *(partition.argmax(axis=1) for partition in proposed)])
    stability = float(pairwise_rand(single)[0, 1:].mean())
    start = np.zeros((adjacency.shape[0], n_domains), dtype=np.float32)
    start[seen, agreed] = 1
    (found,), _ = settled(blocks, adjacency, [start], hops)
    partition = found.argmax(axis=1)
    gains, cost = evidence.gains(partition, n_domains), evidence.cost(partition, n_domains)
    return float(gains.mean()), cost, stability, field.coherence(partition)
