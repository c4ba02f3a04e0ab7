"""How many domains there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.agreement import pairwise_rand
from spamca.guide.across import across_sections
from spamca.guide.blocks import Block, masks, whitened_blocks
from spamca.guide.evidence import Evidence
from spamca.guide.field import Field
from spamca.guide.guide import SEARCHED
from spamca.guide.patches import patches
from spamca.guide.sweep import Sweep
from spamca.guide.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

N_THINNINGS = 2
"""Pairs of halves that stability is measured on. More cost two sweeps each and make it less noisy."""


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
        Agreement (adjusted Rand index) of the domains of two independent halves of the features.
    coherence
        Share of edges within domains.
    score
        Stability less the standard errors by which the evidence falls short of the highest.
    """

    n_domains: int
    tried: np.ndarray
    gain: np.ndarray
    evidence: np.ndarray
    stability: np.ndarray
    coherence: np.ndarray
    score: np.ndarray


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
    r"""Choose a number of domains.

    With :math:`E_K` the :class:`~spamca.guide.evidence.Evidence` for the best partition into K domains, :math:`c_K` the
    :meth:`~spamca.guide.evidence.Evidence.cost` of one of its domains, :math:`s_K` the standard error of
    :math:`E_K - E_{K^*}`, and :math:`A_K` the agreement between halves,

    .. math::
        B_K = E_K - \sum_{k \le K} c_k, \qquad
        \hat K = \arg\max_K \; A_K - \frac{\max_{K'} B_{K'} - B_K}{s_K}.

    B is a Bayesian information criterion of a composite likelihood (Gao and Song 2010). The halves of A come from thinning
    (Neufeld et al. 2024): noise-whitened components x have noise of variance one, so with :math:`\epsilon \sim \mathcal N(0, I)`
    the noise of :math:`x + \epsilon` and of :math:`x - \epsilon` is independent, and what both show is the tissue.

    Parameters
    ----------
    features
        Features of each modality, (n, d_m); rows of spots that lack it are not read.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    numbers
        Numbers to try: consecutive, rising, each at least 2 and at most n.
    weights
        What the likelihood of each modality is raised to. None trusts all alike.
    present
        Booleans (n, M), or None where every spot has every modality.
    sections
        Section of each spot, integers of shape (n,), where batch effects of sections are taken out first, by domains of the
        number in the middle (:func:`~spamca.guide.across.across_sections`). None, or all alike: there are none.
    random_state
        Seed of starts, of thinning, and of the patches drawn from large tissue.

    Returns
    -------
    The number and the criteria. Where features show nothing that neighbours share, the smallest number, and criteria of zero.
    """
    with fitting_threads(adjacency.shape[0]):
        return _number_of_domains(features, adjacency, numbers, weights, present, sections, random_state)


def _number_of_domains(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    numbers: Sequence[int],
    weights: Sequence[float] | None,
    present: np.ndarray | None,
    sections: np.ndarray | None,
    random_state: int,
) -> NumberOfDomains:
    numbers = np.asarray(numbers)
    rng = np.random.default_rng(random_state)
    has = masks(present, len(features))
    blocks = whitened_blocks(features, adjacency, weights, has)
    n = adjacency.shape[0]
    if not blocks or not adjacency.nnz:
        blank = np.zeros(len(numbers))
        return NumberOfDomains(int(numbers[0]), numbers, blank, blank, blank, blank, blank)
    if sections is not None and len(np.unique(sections)) > 1:
        middle = int(numbers[len(numbers) // 2])
        weights = [1.0] * len(features) if weights is None else weights
        given = (blocks, features, adjacency, middle, weights, has, np.unique(sections, return_inverse=True)[1])
        blocks = across_sections(*given, n_searched=SEARCHED, rng=np.random.default_rng(0))[0].field.blocks
    if n > max(SEARCHED, numbers[-1]):
        spots = patches(adjacency, max(SEARCHED, int(numbers[-1])), rng)
        blocks, adjacency, n = [block.take(spots) for block in blocks], adjacency[spots][:, spots], len(spots)

    field = Field(blocks, adjacency)
    evidence = Evidence(field, adjacency, rng)
    found = Sweep(field, adjacency, rng).run(list(numbers))
    terms = [evidence.gains(partition, k) for partition, k in zip(found, numbers, strict=True)]
    gain = np.array([values.mean() for values in terms])
    cost = np.array([evidence.cost(partition, k) for partition, k in zip(found, numbers, strict=True)])
    penalised = gain - np.cumsum(cost)
    best = int(penalised.argmax())
    short = np.array(
        [
            _ratio(penalised[best] - b, evidence.standard_error(terms[best], t))
            for b, t in zip(penalised, terms, strict=True)
        ]
    )
    stability = np.mean([_agreement(blocks, adjacency, numbers, rng) for _ in range(N_THINNINGS)], axis=0)
    score = stability - short
    coherence = np.array([field.coherence(partition) for partition in found])
    return NumberOfDomains(int(numbers[score.argmax()]), numbers, gain, penalised, stability, coherence, score)


def _agreement(
    blocks: Sequence[Block], adjacency: csr_matrix, numbers: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    noise = [rng.standard_normal(block.values.shape) for block in blocks]
    halves = []
    for sign in (1, -1):
        half = [
            Block(
                block.values + sign * (e if block.present is None else e * block.present[:, None]),
                block.weight,
                block.present,
            )
            for block, e in zip(blocks, noise, strict=True)
        ]
        halves.append(Sweep(Field(half, adjacency), adjacency, rng).run(list(numbers)))
    return np.array([pairwise_rand(np.array(pair))[0, 1] for pair in zip(*halves, strict=True)])


def _ratio(shortfall: float, error: float) -> float:
    return shortfall / max(error, 1e-12) if shortfall > 0 else 0.0
