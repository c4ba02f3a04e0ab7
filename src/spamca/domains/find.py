"""Domains of a tissue, with the share of each modality in them."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca._logging import logger
from spamca.domains.across import across_sections, section_numbers
from spamca.domains.components import Components, components_of
from spamca.domains.continuity import continuity
from spamca.domains.field import LONG, Field
from spamca.domains.gaussians import Emission
from spamca.domains.proposals import replicates
from spamca.domains.settings import DEFAULTS, DomainSettings
from spamca.domains.shares import shares
from spamca.domains.threads import fitting_threads
from spamca.domains.weights import independent, weighted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scipy.sparse import csr_matrix

_STEPS = 5  # of the mixture, which starts from a consensus


@dataclass(frozen=True)
class Domains:
    """Domains of a tissue.

    The record is of these domains with one covariance for all, and empty where neighbours share nothing in any modality:
    ``log_likelihood`` (what the domains gain over one Gaussian, in nats per spot), ``predicted`` (the same where the domain of a
    spot is predicted from its neighbours), ``coherence`` (share of edges within domains), ``objective``, ``n_parameters`` of the
    means and shares, and ``continuity`` (:mod:`~spamca.domains.continuity`); with several sections ``batch_effect`` (root mean
    square of their shifts, in units of noise).
    """

    assignment: np.ndarray  #: probability of each domain, by falling size: float32 (n, K), rows sum to one
    shares: np.ndarray  #: share of each modality in the evidence for the domain of a spot, (n, M), rows summing to one
    weights: np.ndarray  #: power of the likelihood of each modality, (M,); zero where neighbours share nothing
    inflation: np.ndarray  #: times their evidence would be counted if spots were independent, (M,); NaN for those
    record: dict[str, float] = field(default_factory=dict)
    components: Components | None = field(default=None, repr=False)  #: what the domains were found in
    hops: tuple[int, ...] = (0,)  #: surroundings that count as part of a spot; ``(0,)`` in a Markov random field
    #: the partitions (n,) from each group of starts, which were fitted to half of the spots where these are enough; none of several sections
    halves: tuple[np.ndarray, ...] = field(default=(), repr=False)


def find_domains(features: Sequence[np.ndarray], adjacency: csr_matrix, n_domains: int, **options: Any) -> Domains:
    """Find domains.

    The components of each modality that neighbours share (:mod:`~spamca.domains.noise`) get the weight of their modality
    (:mod:`~spamca.domains.weights`). Mixtures from many starts at several scales agree on a partition
    (:mod:`~spamca.domains.consensus`), and a model relaxes from it: the :class:`~spamca.domains.field.Field` if spots are independent
    given their domains, else a mixture of spots with their surroundings. It is averaged with models that start from the consensus of
    each group of starts, which was fitted to half of the spots. Cost is linear in the number of spots.

    Parameters
    ----------
    features, adjacency, options
        As in :class:`~spamca.domains.find.Search`.
    n_domains
        Number of domains K, at most n.
    """
    return Search(features, adjacency, **options).run(n_domains)


class Search:
    """The search for domains of one tissue: its components and weights are computed once for all numbers of domains.

    Parameters
    ----------
    features
        Features of each modality, (n, d_m); rows of spots that lack it are not read.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    weights
        Power that the likelihood of each modality is raised to; None, alone or in place of a modality, measures it.
    present
        Booleans (n, M), or None where every spot has every modality.
    sections
        Section of each spot, integers of shape (n,), to separate batch effects of sections from domains
        (:func:`~spamca.domains.across.across_sections`); the graph has no edges between sections. None for a single section.
    settings
        Settings of the search.
    random_state
        Seed of samples and starts.
    """

    def __init__(
        self,
        features: Sequence[np.ndarray],
        adjacency: csr_matrix,
        *,
        weights: Sequence[float | None] | None = None,
        present: np.ndarray | None = None,
        sections: np.ndarray | None = None,
        settings: DomainSettings = DEFAULTS,
        random_state: int = 0,
    ) -> None:
        with fitting_threads(adjacency.shape[0]):
            self.components = components_of(features, adjacency, weights, present, settings)
        self.sections, self._given = section_numbers(sections), weights
        self._even, self.seed = even_shares(present, len(features), adjacency.shape[0]), random_state

    @cached_property
    def weighted(self) -> tuple[Components, np.ndarray, np.random.Generator]:
        """Components with their weights, inflations (M, 2), and the state of the random numbers after that."""
        rng = np.random.default_rng(self.seed)
        return *weighted(self.components, rng, self._given, self.sections), rng

    def run(self, n_domains: int) -> Domains:
        """So many domains, the same as without searches for other numbers before."""
        even, components = self._even, self.components
        with fitting_threads(len(even)):
            if components.blocks:
                components, times, rng = self.weighted
                if n_domains == 1:
                    return _whole(components, times, even)
                return _found(components, times, n_domains, self.sections, even, deepcopy(rng))
        logger.warning("domains: neighbours share nothing in any modality, so there is nothing to find domains by")
        blank = np.full((len(even), n_domains), 1 / n_domains, dtype=np.float32)
        nothing = np.full(even.shape[1], np.nan)
        return Domains(blank, even, np.zeros(even.shape[1]), nothing, components=components)


def _found(
    components: Components,
    times: np.ndarray,
    n_domains: int,
    sections: np.ndarray | None,
    even: np.ndarray,
    rng: np.random.Generator,
) -> Domains:
    batch, n_modalities = {}, even.shape[1]
    starts: Iterable[np.ndarray]
    if sections is None:
        starts = replicates(components, n_domains, rng)
    else:
        sectioned, start = across_sections(components, n_domains, sections, rng)
        components, starts = sectioned.field.components, [start]
        batch = {"batch_effect": sectioned.batch_effect()}
    hops = hops_of(components, times)
    (found, *others), spread = settled(components, starts, hops)
    halves = tuple(other.argmax(axis=1).astype(np.int32) for other in others)
    found = _numbered(blended(found, others))
    partition, n_found = found.argmax(axis=1), found.shape[1]
    if n_found < n_domains:
        logger.info("domains: only %d of %d hold spots", n_found, n_domains)
    weights, inflation = _of_modalities(components, times, n_modalities)
    n_parameters = n_found - 1 + n_found * sum(block.weight * block.values.shape[1] for block in components.blocks)
    record = {**Field(components).parts(partition, n_found), "n_parameters": float(n_parameters), **batch}
    record["continuity"] = continuity(components, partition)
    said = shares(spread, found, n_modalities, noise=noise_of(components.settings, hops))
    said = np.where(said.sum(axis=1, keepdims=True) > 0, said, even)
    return Domains(found, said, weights, inflation, record, components, hops, halves)


def _whole(components: Components, times: np.ndarray, even: np.ndarray) -> Domains:
    """All spots as one domain, in which no modality says more than another."""
    weights, inflation = _of_modalities(components, times, even.shape[1])
    record = {**Field(components).parts(np.zeros(len(even), dtype=np.int64), 1), "n_parameters": 0.0}
    return Domains(np.ones((len(even), 1), dtype=np.float32), even, weights, inflation, record, components)


def _of_modalities(components: Components, times: np.ndarray, n_modalities: int) -> tuple[np.ndarray, np.ndarray]:
    """Weight and inflation of each modality, (M,); zero and NaN where neighbours share nothing."""
    weights, inflation = np.zeros(n_modalities), np.full(n_modalities, np.nan)
    for block, own in zip(components.blocks, times, strict=True):
        weights[block.modality], inflation[block.modality] = block.weight, own[1]
    return weights, inflation


def hops_of(components: Components, inflation: np.ndarray) -> tuple[int, ...]:
    """Scales of the surroundings that count as part of a spot, from the inflations (M, 2) of the modalities."""
    return (0,) if independent(inflation, components) else components.settings.surroundings


def settled(
    components: Components, assignments: Iterable[np.ndarray], hops: Sequence[int]
) -> tuple[list[np.ndarray], Components]:
    """Relax the model from each assignment (n, K). Also returns the components that it reads."""
    if tuple(hops) == (0,):
        field = Field(components)
        return [field.relax_own(start, LONG) for start in assignments], components
    spread = components.with_surroundings(hops)
    emission = Emission(spread, noise=components.settings.noise)
    return [emission.mixture(start[:, :, None], _STEPS, 0.0)[:, :, 0] for start in assignments], spread


def noise_of(settings: DomainSettings, hops: Sequence[int]) -> float:
    """Variance added to the covariance within domains: zero in a Markov random field."""
    return 0.0 if tuple(hops) == (0,) else settings.noise


def blended(found: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of an assignment (n, K) and of others (n, K), whose domains are matched to its own by the spots that they share."""
    from scipy.optimize import linear_sum_assignment

    total = found.copy()
    for other in others:
        own, match = linear_sum_assignment(found.T @ other, maximize=True)
        total[:, own] += other[:, match]
    return total / (1 + len(others))


def even_shares(present: np.ndarray | None, n_modalities: int, n: int) -> np.ndarray:
    """The same share for each modality that a spot has, (n, M)."""
    there = np.ones((n, n_modalities)) if present is None else present.astype(float)
    return there / np.maximum(there.sum(axis=1, keepdims=True), 1)


def _numbered(assignment: np.ndarray) -> np.ndarray:
    """Number the domains by falling size, and leave out those without a spot."""
    own, first, size = np.unique(assignment.argmax(axis=1), return_index=True, return_counts=True)
    held = assignment[:, own[np.lexsort((first, -size))]]
    return np.ascontiguousarray(held / held.sum(axis=1, keepdims=True))
