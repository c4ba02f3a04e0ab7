"""What domains look like, to find them in other tissue, and how far other tissue is from the first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.births import spare_gain
from spamca.domains.components import Block, Components, masks
from spamca.domains.field import Field
from spamca.domains.find import noise_of
from spamca.domains.gaussians import Emission
from spamca.domains.graph import Graph
from spamca.domains.settings import DEFAULTS, DomainSettings
from spamca.domains.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scipy.sparse import csr_matrix

    from spamca.domains.gaussians import Gaussians
    from spamca.domains.noise import Whitening

_N_STEPS, _TOL = 100, 1e-5


@dataclass(frozen=True)
class Emissions:
    """The Gaussians of domains, with the maps from features to components; tuples have an entry for each block."""

    modalities: tuple[int, ...]  #: number of the modality
    weights: tuple[float, ...]  #: power that its likelihood is raised to
    whitenings: tuple[Whitening, ...]  #: the map from its features to its components
    gaussians: tuple[Gaussians, ...]  #: means and covariances of the domains
    hops: tuple[int, ...]  #: surroundings that count as part of a spot; ``(0,)`` in a Markov random field
    coherence: float  #: what that field gains if all edges lie within domains, in nats per spot; 0 for a mixture
    #: squared distance within which ``novelty_quantile`` of the spots of the first tissue lie, for each set of modalities, named
    #: by their numbers (``"0,1"``)
    reach: Mapping[str, float]
    sizes: tuple[np.ndarray, ...]  #: spots of each domain that have the modality, (K,)
    n_spots: int  #: spots of the first tissue
    spare: float = 0.0  #: the most that a split would have gained there, in nats per spot; 0 until :meth:`with_spare`
    settings: DomainSettings = DEFAULTS  #: settings of the search

    @classmethod
    def estimate(cls, components: Components, assignment: np.ndarray, *, hops: Sequence[int] = (0,)) -> Emissions:
        """From the components of a tissue and its domains (n, K); the last ones are left out if they hold no spot.

        A domain holds a spot that is its most probable one, or as many parts of spots as make one.
        """
        assignment, settings, alone = np.asarray(assignment, dtype=np.float32), components.settings, tuple(hops) == (0,)
        most = np.bincount(assignment.argmax(axis=1), minlength=assignment.shape[1])
        held = np.flatnonzero((assignment.sum(axis=0) >= 1) | (most > 0))
        assignment = np.ascontiguousarray(assignment[:, : held[-1] + 1])
        with fitting_threads(len(assignment)):
            emission = Emission(components.with_surroundings(hops), noise=noise_of(settings, hops))
            gaussians = emission.gaussians(assignment) if alone else emission.tied(assignment)
            squared = list(emission.squared_distances(gaussians))
        return cls(
            tuple(block.modality for block in components.blocks),
            tuple(float(block.weight) for block in components.blocks),
            tuple(block.whitening for block in components.blocks if block.whitening is not None),
            tuple(gaussians),
            tuple(int(h) for h in hops),
            settings.coherence if alone else 0.0,
            _reach(components, squared, settings.novelty_quantile),
            tuple(block.sizes(assignment) for block in components.blocks),
            len(assignment),
            settings=settings,
        )

    def with_spare(self, components: Components, assignment: np.ndarray) -> Emissions:
        """The same with ``spare``, from the components of the first tissue and its domains (n, K). Takes as long as a few relaxations."""
        held = np.ascontiguousarray(assignment[:, : len(self.sizes[0])], dtype=np.float32)
        return replace(self, spare=spare_gain(components, held))

    def components(
        self, features: Sequence[np.ndarray], present: np.ndarray | None, adjacency: csr_matrix
    ) -> Components:
        """Components of other tissue, with the surroundings where they are part of a spot.

        Arguments are as in :func:`~spamca.domains.find_domains`.
        """
        has, out = masks(present, len(features)), []
        for m, weight, whitening in zip(self.modalities, self.weights, self.whitenings, strict=True):
            components = whitening.components(features[m])
            if (own := has[m]) is not None:
                components[~own] = 0
            out.append(Block(components, weight, own, m, whitening))
        return Components(tuple(out), Graph(adjacency), self.settings).with_surroundings(self.hops)

    def domains(self, components: Components) -> np.ndarray:
        """Probability of each domain, held as it was, in other tissue: float32 of shape (n, K), from :meth:`components`."""
        with fitting_threads(components.n_spots):
            if not self.coherence:
                return Emission(components).under(self.gaussians, np.max(self.sizes, axis=0))
            return Field(components, coherence=self.coherence).relax_known(self.gaussians, _N_STEPS, _TOL)

    def moved(self, components: Components, assignment: np.ndarray) -> np.ndarray:
        r"""How far domains have moved, relative to the distance of each from the nearest other.

        .. math::
            \frac{(\bar x_k - \mu_k)^\top \Sigma_k^{-1} (\bar x_k - \mu_k)}
            {\min_{l \ne k} (\mu_l - \mu_k)^\top \Sigma_k^{-1} (\mu_l - \mu_k)}

        From :meth:`components` of the other tissue, and its domains (n, K or more), of mean :math:`\bar x_k`. Returns float64 of
        shape (K,); NaN for domains that hold no spot, and where there is only one domain.
        """
        k = len(self.sizes[0])
        own, held = assignment[:, :k], assignment[:, :k].sum(axis=0) >= 1
        far, apart = np.zeros(k), np.zeros((k, k))
        for block, gaussians in zip(components.blocks, self.gaussians, strict=True):
            precision, has = np.linalg.inv(gaussians.covariances), block.sizes(own) >= 1
            shift = np.where(has[:, None], block.means(block.there(own)) - gaussians.means, 0)
            between = gaussians.means[None] - gaussians.means[:, None]
            far += block.weight * np.einsum("ki,kij,kj->k", shift, precision, shift)
            apart += block.weight * np.einsum("kli,kij,klj->kl", between, precision, between)
        np.fill_diagonal(apart, np.inf)
        nearest = apart.min(axis=1)
        return np.where(held & np.isfinite(nearest), far / np.maximum(nearest, np.finfo(float).tiny), np.nan)

    def novelty(self, components: Components) -> np.ndarray:
        r"""How far spots are from the nearest domain.

        .. math::
            \nu_i = \frac{d^2_i}{Q_{M_i}}, \qquad
            d^2_i = \min_k \sum_{m \in M_i} (x_i^m - \mu_k^m)^\top (\Sigma_k^m)^{-1} (x_i^m - \mu_k^m),

        with :math:`M_i` the modalities that the spot has and :math:`Q_M` the distance, taken in the same modalities, within which
        ``novelty_quantile`` of the spots of the first tissue lie, from :meth:`components`.

        Returns float64 of shape (n,): above one, a spot is farther from the domains than 99 of 100 in the first tissue. NaN where a
        spot has none of the modalities.
        """
        has, out = components.has, np.full(components.n_spots, np.nan)
        with fitting_threads(components.n_spots):
            total = reduce(np.add, Emission(components).squared_distances(self.gaussians))
        for pattern in np.unique(has, axis=0):
            reach = self.reach.get(_name(m for m, there in zip(self.modalities, pattern, strict=True) if there), 0)
            rows = (has == pattern).all(axis=1)
            if reach > 0:
                out[rows] = total[:, rows].min(axis=0) / reach
        return out


def _reach(components: Components, squared: Sequence[np.ndarray], quantile: float) -> dict[str, float]:
    out, blocks, has = {}, components.blocks, components.has
    for size in range(1, len(blocks) + 1):
        for chosen in combinations(range(len(blocks)), size):
            nearest = reduce(np.add, (squared[b] for b in chosen)).min(axis=0)
            nearest = nearest[has[:, chosen].all(axis=1)]
            if len(nearest):
                out[_name(blocks[b].modality for b in chosen)] = float(np.quantile(nearest, quantile))
    return out


def _name(modalities: Iterable[int]) -> str:
    return ",".join(map(str, modalities))
