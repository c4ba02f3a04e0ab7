"""Domains of a tissue, what they look like, and what each modality tells of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from spamca._logging import logger
from spamca.guide.across import across_sections
from spamca.guide.blocks import masks, whitened_blocks
from spamca.guide.continuity import continuity
from spamca.guide.field import Field
from spamca.guide.information import shares
from spamca.guide.objective import COHERENCE
from spamca.guide.relaxation import Relaxation
from spamca.guide.searched import replicates
from spamca.guide.statistics import Statistics
from spamca.guide.surroundings import HOPS, NOISE, with_surroundings
from spamca.guide.threads import fitting_threads
from spamca.guide.worth import independent, inflations, weighed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

SEARCHED = 10_000
"""Spots that a search over several sections sees; of larger tissue, those of patches drawn from it."""

_LONG, _SHORT = 60, 5


@dataclass(frozen=True)
class Guide:
    """Domains and what speaks for them.

    Parameters
    ----------
    assignment
        Probability of each domain that holds spots, by falling size: float32 of shape (n, K), rows summing to one.
    shares
        Share of each modality in what is told of each spot's domain, (n, M), rows summing to one.
    worth
        What the likelihood of each modality is raised to, (M,); zero where neighbours share nothing in it.
    inflation
        How many times the evidence of each modality would be counted if spots were taken for independent, (M,); NaN likewise.
    record
        Of these domains, with one covariance for all: ``log_likelihood`` (what the domains gain over one Gaussian, in nats
        per spot), ``predicted`` (the same where the domain of a spot is predicted from its neighbours), ``coherence`` (share of
        edges within domains), ``objective``, ``n_parameters`` of the means and shares, and ``continuity`` (:mod:`~spamca.guide.continuity`); with several sections
        ``batch_effect`` (root mean square of their shifts, in units of noise). Empty where the features show nothing that
        neighbours share.
    blocks
        Components that the domains were found in, one block a modality that shows any.
    hops
        Scales of the surroundings that count as part of a spot; ``(0,)`` where it is read alone, in a Markov random field.
    """

    assignment: np.ndarray
    shares: np.ndarray
    worth: np.ndarray
    inflation: np.ndarray
    record: dict[str, float] = field(default_factory=dict)
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    hops: tuple[int, ...] = (0,)

    @property
    def coherence(self) -> float:
        """What the field gains where all edges lie within domains, in nats per spot; 0 where surroundings are part of a spot."""
        return COHERENCE if self.hops == (0,) else 0.0

    @property
    def noise(self) -> float:
        """Variance that is added to the covariance within domains."""
        return 0.0 if self.hops == (0,) else NOISE


def guide(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    n_domains: int,
    *,
    weights: Sequence[float | None] | None = None,
    present: np.ndarray | None = None,
    sections: np.ndarray | None = None,
    random_state: int = 0,
) -> Guide:
    """Find domains.

    The components of each modality that neighbours share (:func:`~spamca.guide.noise_whitened`) are weighed by what the modality is worth
    (:mod:`~spamca.guide.worth`). Mixtures from many starts at several scales agree on a partition
    (:mod:`~spamca.guide.consensus`), and a model relaxes from it: the :class:`~spamca.guide.field.Field` where spots are
    independent given their domains, and else a mixture of spots with their :mod:`~spamca.guide.surroundings`. Cost is
    linear in the number of spots.

    Parameters
    ----------
    features
        Features of each modality, (n, d_m); rows of spots that lack it are not read.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_domains
        Number of domains K, at most n.
    weights
        What the likelihood of each modality is raised to; None, alone or in place of a modality, measures it.
    present
        Booleans (n, M), or None where every spot has every modality.
    sections
        Section of each spot, integers of shape (n,), where batch effects of sections are to be separated from domains
        (:func:`~spamca.guide.across.across_sections`); the graph has no edges between sections. None, or all alike: there are none.
    random_state
        Seed of samples and starts.
    """
    with fitting_threads(adjacency.shape[0]):
        return _guide(features, adjacency, n_domains, weights, present, sections, np.random.default_rng(random_state))


def _guide(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    n_domains: int,
    weights: Sequence[float | None] | None,
    present: np.ndarray | None,
    sections: np.ndarray | None,
    rng: np.random.Generator,
) -> Guide:
    n_modalities, n = len(features), adjacency.shape[0]
    given = [None] * n_modalities if weights is None else list(weights)
    has = masks(present, n_modalities)
    blocks = whitened_blocks(features, adjacency, [1.0 if one is None else one for one in given], has)
    worth, counted = np.zeros(n_modalities), np.full(n_modalities, np.nan)
    if n_domains < 2 or not blocks:
        if not blocks:
            logger.warning("domains: neighbours share nothing in any modality, so there is nothing to find domains by")
        return Guide(
            np.full((n, n_domains), 1 / n_domains, dtype=np.float32),
            _even(has, n),
            worth,
            counted,
            blocks=tuple(blocks),
        )
    several = sections is not None and len(np.unique(sections)) > 1
    times = inflations(blocks, adjacency, rng, sections if several else None)
    blocks = weighed(blocks, times, given)
    batch = {}
    if several:
        numbered = np.unique(sections, return_inverse=True)[1]
        sectioned, start = across_sections(blocks, adjacency, n_domains, numbered, n_searched=SEARCHED, rng=rng)
        blocks, batch, starts = sectioned.field.blocks, {"batch_effect": sectioned.batch_effect()}, [start]
    else:
        starts = replicates(blocks, adjacency, n_domains, rng)
    for block, own in zip(blocks, times, strict=True):
        worth[block.modality], counted[block.modality] = block.weight, own[1]
    hops = (0,) if independent(times, np.array([block.weight for block in blocks])) else HOPS
    (found, *others), spread = settled(blocks, adjacency, starts, hops)
    found = _numbered(blended(found, others))
    partition, n_found = found.argmax(axis=1), found.shape[1]
    if n_found < n_domains:
        logger.info("domains: only %d of %d hold spots", n_found, n_domains)
    n_parameters = n_found - 1 + n_found * sum(block.weight * block.values.shape[1] for block in blocks)
    record = {**Field(blocks, adjacency).parts(partition, n_found), "n_parameters": float(n_parameters), **batch}
    record["continuity"] = continuity(blocks, adjacency, partition, noise=NOISE)
    out = Guide(found, _even(has, n), worth, counted, record, tuple(blocks), hops)
    told = shares(spread, adjacency, found, n_modalities, noise=out.noise)
    return replace(out, shares=np.where(told.sum(axis=1, keepdims=True) > 0, told, out.shares))


def settled(
    blocks: Sequence[Block], adjacency: csr_matrix, assignments: Iterable[np.ndarray], hops: Sequence[int]
) -> tuple[list[np.ndarray], list[Block]]:
    """Let a model relax from each of some assignments (n, K); beside them, what it reads."""
    if tuple(hops) == (0,):
        field = Field(blocks, adjacency)
        return [field.relax(start, _LONG, own_covariance=True) for start in assignments], list(blocks)
    spread, n = with_surroundings(blocks, adjacency, hops), adjacency.shape[0]
    relaxation = Relaxation(Statistics(spread, n, noise=NOISE), None)
    return [relaxation.mixture(start[:, :, None], _SHORT, 0.0)[:, :, 0] for start in assignments], spread


def blended(found: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of an assignment (n, K) and of others (n, K), whose domains are matched to its own by the spots that they share."""
    from scipy.optimize import linear_sum_assignment

    total = found.copy()
    for other in others:
        own, match = linear_sum_assignment(found.T @ other, maximize=True)
        total[:, own] += other[:, match]
    return total / (1 + len(others))


def _even(has: Sequence[np.ndarray | None], n: int) -> np.ndarray:
    """The same share for each modality that a spot has, (n, M)."""
    there = np.column_stack([np.ones(n) if own is None else own.astype(float) for own in has])
    return there / np.maximum(there.sum(axis=1, keepdims=True), 1)


def _numbered(assignment: np.ndarray) -> np.ndarray:
    """Number the domains by falling size, those without a spot left out: which start led to them, and rounding, leave no trace."""
    own, first, size = np.unique(assignment.argmax(axis=1), return_index=True, return_counts=True)
    held = assignment[:, own[np.lexsort((first, -size))]]
    return np.ascontiguousarray(held / held.sum(axis=1, keepdims=True))
