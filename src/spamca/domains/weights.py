r"""Weight of each modality in the search for domains.

The evidence of spots adds up if they are independent given their domains. The residuals :math:`e_i = x_i - \mu_{z_i}` of a modality may
still vary together over the tissue: gradients, textures, structure that has nothing to do with domains. Averaged over h hops they then
keep more variance than independent values would, and evidence is counted

.. math::
    f_m = \max\Big(1, \frac{\operatorname{tr}\operatorname{cov}(S^h e^m)}{v_h \operatorname{tr}\operatorname{cov}(e^m)}\Big)

times (:math:`v_h` is what independent values keep, their means in the same domains removed): the inflation of a composite likelihood
(Varin, Reid and Firth 2011). Up to ``full_inflation`` (2) a modality counts in full. Beyond, its likelihood is raised to
:math:`w_m = (2 / f_m)^2`, once for the evidence that is counted too often and once for the share of its structure that domains
describe. The modality of least inflation always counts in full.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spamca._threads import in_threads
from spamca.domains.graph import N_PROBES
from spamca.domains.proposals import carried, proposals
from spamca.domains.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.domains.components import Components
    from spamca.domains.graph import Graph
    from spamca.domains.settings import DomainSettings

HOPS = (2, 8)
"""Hops over which residuals are averaged: nearby, and far."""

FEWEST, MOST = 100, 40_000
"""Fewest spots of a section that counts, and most of a section that are looked at: of a larger one, patches."""

N_PATCHES = 8
"""Patches of a large section: each is many times wider than the hops."""


def weighted(
    components: Components,
    rng: np.random.Generator,
    given: Sequence[float | None] | None = None,
    sections: np.ndarray | None = None,
) -> tuple[Components, np.ndarray]:
    """Components with the weights of their modalities, and the inflations.

    The inflation of a modality, (len(blocks), 2), nearby and far, is that of a fine partition into domains of the modality alone:
    the mean over partitions, at the scale where it is least, and the mean over ``sections`` (n,) by their spots, so that batch effects
    do not matter. ``given`` holds the weight of each modality, or None to measure it.
    """
    whole = np.arange(components.n_spots)
    parts = [whole] if sections is None else [np.flatnonzero(sections == s) for s in np.unique(sections)]
    out = []
    for block in components.blocks:
        own = [spots if block.present is None else spots[block.present[spots]] for spots in parts]
        own = [spots for spots in own if len(spots) >= FEWEST] or [max(own, key=len)]
        n_own = [len(spots) for spots in own]
        own = [spots if len(spots) <= MOST else _patches(components.graph, spots, rng) for spots in own]
        with fitting_threads(components.n_spots):
            found = [_alone(components.having([replace(block, weight=1.0)]).take(spots), rng) for spots in own]
        out.append(np.average(found, axis=0, weights=n_own))
    times = np.array(out)
    measured = weights_of(times, components.settings)
    blocks = [
        block if given is not None and given[block.modality] is not None else replace(block, weight=float(weight))
        for block, weight in zip(components.blocks, measured, strict=True)
    ]
    return components.having(blocks), times


def weights_of(inflation: np.ndarray, settings: DomainSettings) -> np.ndarray:
    """Weights (M,) from the inflations (M, 2)."""
    far = inflation[:, 1]
    return np.where(far == far.min(), 1.0, np.minimum(1.0, settings.full_inflation / far) ** 2)


def independent(inflation: np.ndarray, components: Components) -> bool:
    """Whether spots count as independent given their domains, from the inflations (M, 2): in the modality of highest weight."""
    leading = np.lexsort((inflation[:, 1], -components.weights))[0]
    return bool(inflation[leading, 0] < components.settings.independent_inflation)


def inflation(values: np.ndarray, member: np.ndarray, graph: Graph, probes: np.ndarray) -> np.ndarray:
    """How many times the evidence of components (n, r) is counted, given domains (n, K), for each of :data:`HOPS`.

    ``probes`` are random values of variance one (n, number of probes).
    """
    size = np.maximum(member.sum(axis=0), 1e-12)[:, None]

    def kept(values: np.ndarray) -> np.ndarray:
        """Share of the variance within domains that averaging keeps."""
        left = values - member @ (member.T @ values / size)
        left -= left.mean(axis=0, dtype=np.float64)
        averaged = [one.var(axis=0, dtype=np.float64).sum() for one in graph.averaged(left, HOPS)]
        return np.array(averaged) / max(left.var(axis=0, dtype=np.float64).sum(), np.finfo(float).tiny)

    expected = kept(probes)
    return np.maximum(1.0, kept(values) / np.maximum(expected, np.finfo(float).tiny))


def _patches(graph: Graph, spots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some of many spots, in patches."""
    return spots[graph.take(spots).patches(MOST, rng, n_patches=N_PATCHES)]


def _of_start(
    own: Components, averaged: Components, seen: np.ndarray, drawn: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Inflations (2,) by the partition of the spots that were seen from one start; ``drawn`` holds it and the probes."""
    member, probes = drawn
    return inflation(own.blocks[0].values, carried(averaged, seen, member), own.graph, probes)


def _alone(components: Components, rng: np.random.Generator) -> np.ndarray:
    """Inflations (2,) of one modality, by domains of its own."""
    (block,), settings, n = components.blocks, components.settings, components.n_spots
    centre = block.values.mean(axis=0, dtype=np.float64).astype(block.values.dtype, copy=False)
    alone = replace(block, values=block.values - centre, present=None)
    own, out = components.having([alone]), []
    number = int(np.clip(n // settings.reference_spots, min(2, n), settings.reference_domains))
    for scale in settings.reference_scales:
        seen, found, _ = proposals(own, number, rng, scales=(scale,), n_starts=settings.reference_starts)
        averaged = own.having([replace(alone, values=own.smoothed(alone, (scale,))[0])])
        drawn = [(member, rng.standard_normal((n, N_PROBES)).astype(centre.dtype, copy=False)) for member in found]
        work = partial(_of_start, own, averaged, seen)
        out.append(np.mean(in_threads(work, drawn), axis=0))
    return np.min(out, axis=0)
