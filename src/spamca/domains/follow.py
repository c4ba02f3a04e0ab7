"""Known domains that adapt to new tissue, and new domains in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.births import Births
from spamca.domains.field import LONG, SHORT, TOL, Field
from spamca.domains.gaussians import Emission, Gaussians
from spamca.domains.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.domains.components import Components
    from spamca.domains.emissions import Emissions


def follow(emissions: Emissions, components: Components, known: np.ndarray) -> np.ndarray:
    """Let known domains follow new tissue, and add new ones that it has.

    Domains of a mixture adapt in their means, and none is added. Those of a field adapt in all their parameters, drawn towards what
    they were (:class:`Anchored`), and are split while that gains enough (:class:`~spamca.domains.births.Births`). Cost is linear in the
    number of spots: in large tissue, new domains are sought in patches.

    From the emissions, the components of the new tissue that they give, and the domains (n, K) that they give with them. Returns an
    assignment (n, K + new domains), float32, rows summing to one.
    """
    parts = zip(components.blocks, emissions.gaussians, emissions.sizes, strict=True)
    there = [(block, gaussians, sizes) for block, gaussians, sizes in parts if block.size]
    if not there:
        return known
    blocks, gaussians, sizes = (list(part) for part in zip(*there, strict=True))
    components, n_searched = components.having(blocks), components.settings.n_searched

    def anchored(own: Components) -> Field:
        return Field(own, Anchored(own, gaussians, sizes), coherence=emissions.coherence)

    def grown(own: Components, start: np.ndarray) -> tuple[Field, np.ndarray]:
        field = anchored(own)
        found = field.relax_own(start, LONG)
        return field, Births(field, gaussians).run(found, emissions.spare, min(emissions.n_spots, n_searched))

    with fitting_threads(components.n_spots):
        if not emissions.coherence:
            return _moved(Anchored(components, gaussians, sizes), known)
        if components.n_spots <= n_searched:
            return grown(components, known)[1]
        spots = components.graph.patches(n_searched, np.random.default_rng(0))
        part, found = grown(components.take(spots), known[spots])
        whole = anchored(components)
        start = whole.relax_known(part.emission.gaussians(found), LONG, TOL)
        return whole.relax_own(start, SHORT)


class Anchored(Emission):
    r"""Gaussians of known domains and the spots of new tissue.

    With :math:`s_k` spots of mean :math:`\mu_k` and covariance :math:`\Sigma_k` that domain k counts for (a normal inverse
    Wishart prior), and :math:`n_k = \sum_i q_{ik}` new ones of mean :math:`\bar x_k`,

    .. math::
        \mu'_k = \frac{s_k \mu_k + n_k \bar x_k}{s_k + n_k}, \qquad
        \Sigma'_k = \frac{\nu \Sigma + s_k \Sigma_k + s_k (\mu_k - \mu'_k)(\mu_k - \mu'_k)^\top
        + \sum_i q_{ik} (x_i - \mu'_k)(x_i - \mu'_k)^\top}{\nu + s_k + n_k}

    with :math:`\nu` = ``prior_spots`` and :math:`\Sigma` the covariance within all domains. New domains have :math:`s_k = 0`.
    ``sizes`` are the spots of the ``known`` domains, (K,) for each block; :math:`s_k` is at most ``anchor_spots``.
    """

    def __init__(self, components: Components, known: Sequence[Gaussians], sizes: Sequence[np.ndarray]) -> None:
        super().__init__(components)
        self.known, most = list(known), components.settings.anchor_spots
        self._sizes = [np.asarray(size, dtype=np.float64) for size in sizes]
        self._held = [np.minimum(size, most) for size in self._sizes]

    def moved(self, assignment: np.ndarray) -> list[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
        """Of each block its columns, known means, means that moved (K, r), and spots that known and new count for (2, K)."""
        out = []
        moments = self.moments(assignment[:, :, None])
        for (_, columns, (means,), _, (size,)), known, held in zip(moments, self.known, self._held, strict=True):
            n_new = assignment.shape[1] - len(held)
            before, counted = np.vstack([known.means, np.zeros((n_new, means.shape[1]))]), np.pad(held, (0, n_new))
            total = np.maximum(counted + size, 1e-12)[:, None]
            centres = (counted[:, None] * before + size[:, None] * means) / total
            out.append((columns, before, centres, np.array([counted, size])))
        return out

    def gaussians(self, assignment: np.ndarray) -> list[Gaussians]:
        """Means and covariances of the domains from an assignment (n, K) of at least the known ones, one for each block."""
        out, prior = [], self.settings.prior_spots
        moved = zip(self.moved(assignment), self.known, self._sizes, strict=True)
        for (columns, before, centres, counts), known, sizes in moved:
            (held, _), total = counts, counts.sum(axis=0)
            own = held[: len(sizes), None, None] * _undrawn(known, sizes, prior)
            spread = np.pad(own, ((0, len(held) - len(sizes)), (0, 0), (0, 0)))
            apart = before - centres
            spread += np.einsum("k,ki,kj->kij", held, apart, apart)
            spread += self.scatter(columns, centres, assignment)
            within = spread.sum(axis=0) / total.sum()
            covariances = (prior * within + spread) / (prior + total)[:, None, None]
            out.append(Gaussians(centres.astype(np.float32), covariances))
        return out


def _moved(emission: Anchored, assignment: np.ndarray) -> np.ndarray:
    """Assignment (n, K) to domains of a mixture whose means adapt; the covariance stays."""
    for _ in range(SHORT):
        moved = zip(emission.known, emission.moved(assignment), strict=True)
        now = [replace(known, means=centres.astype(np.float32)) for known, (_, _, centres, _) in moved]
        assignment = emission.under(now, np.maximum(assignment.sum(axis=0), 1e-3))
    return assignment


def _undrawn(known: Gaussians, sizes: np.ndarray, prior: float) -> np.ndarray:
    """Covariances of domains of these sizes before they were drawn towards that within all of them."""
    weight = sizes[:, None, None]
    drawn = (prior + weight) * known.covariances
    within = drawn.sum(axis=0) / (prior + weight).sum()
    return (drawn - prior * within) / np.maximum(weight, 1e-12)
