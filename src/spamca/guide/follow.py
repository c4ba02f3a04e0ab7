"""Known domains that follow new tissue, and those that it shows beyond them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.anchored import ANCHOR, Anchored
from spamca.guide.births import Births
from spamca.guide.field import Field, pull
from spamca.guide.objective import COHERENCE
from spamca.guide.patches import patches
from spamca.guide.relaxation import Relaxation
from spamca.guide.statistics import Statistics
from spamca.guide.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block
    from spamca.guide.emissions import Emissions
    from spamca.guide.relaxation import Gaussians

SEARCHED = 10_000
"""Spots that are looked at for new domains; of larger tissue, those of patches drawn from it."""

_LONG, _SHORT, _TOL = 60, 10, 1e-4


def follow(emissions: Emissions, blocks: Sequence[Block], adjacency: csr_matrix, known: np.ndarray) -> np.ndarray:
    """Let known domains follow new tissue, and add those that it shows beyond them.

    Domains of a mixture move with their means, and none is added (:func:`_moved`). Those of a field move in all that they are: it
    relaxes with domains that are held by what they were (:class:`~spamca.guide.anchored.Anchored`), and domains are split as
    long as that is worth it (:class:`~spamca.guide.births.Births`). Cost is linear in the number of spots: in large tissue, new domains are
    sought in patches.

    Parameters
    ----------
    emissions
        What the domains look like.
    blocks
        Components of the new tissue, from :meth:`~spamca.guide.emissions.Emissions.blocks`.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    known
        What the domains are as they were, (n, K), from :meth:`~spamca.guide.emissions.Emissions.domains`.

    Returns
    -------
    Assignment (n, K + new domains), float32, rows summing to one.
    """
    parts = zip(blocks, emissions.gaussians, emissions.sizes, strict=True)
    there = [(block, gaussians, sizes) for block, gaussians, sizes in parts if block.size]
    if not there:
        return known
    blocks, gaussians, sizes = (list(part) for part in zip(*there, strict=True))
    if not emissions.coherence:
        return _moved(blocks, gaussians, sizes, known)

    def anchored(own: Sequence[Block], graph: csr_matrix) -> Anchored:
        return Anchored(Statistics(own, graph.shape[0]), pull(graph, emissions.coherence), gaussians, sizes)

    def grown(own: Sequence[Block], graph: csr_matrix, start: np.ndarray) -> np.ndarray:
        relaxation = anchored(own, graph)
        found = relaxation.run_own(start, _LONG, _TOL)
        n_first = min(emissions.n_spots, SEARCHED)
        births = Births(Field(own, graph), relaxation, graph, known=gaussians)
        return births.run(found, emissions.spare, n_first)

    n = adjacency.shape[0]
    with fitting_threads(n):
        if n <= SEARCHED:
            return grown(blocks, adjacency, known)
        spots, part = _sample(blocks, adjacency)
        found = grown(part, adjacency[spots][:, spots], known[spots])
        whole = anchored(blocks, adjacency)
        start = whole.run_known(anchored(part, adjacency[spots][:, spots]).gaussians(found), _LONG, _TOL)
        return whole.run_own(start, _SHORT, _TOL)


def spare_gain(blocks: Sequence[Block], adjacency: csr_matrix, assignment: np.ndarray) -> float:
    """The most that a split of a domain would still gain, in nats per spot, in the tissue where the domains were found.

    Parameters
    ----------
    blocks
        Components of that tissue.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    assignment
        The domains, (n, K).
    """
    if adjacency.shape[0] > SEARCHED:
        spots, blocks = _sample(blocks, adjacency)
        adjacency, assignment = adjacency[spots][:, spots], assignment[spots]
    n = adjacency.shape[0]
    with fitting_threads(n):
        field = Field(blocks, adjacency)
        relaxation = Relaxation(Statistics(blocks, n), pull(adjacency, COHERENCE))
        return Births(field, relaxation, adjacency).most(assignment) / n


def _sample(blocks: Sequence[Block], adjacency: csr_matrix) -> tuple[np.ndarray, list[Block]]:
    spots = patches(adjacency, SEARCHED, np.random.default_rng(0))
    return spots, [block.take(spots) for block in blocks]


def _moved(
    blocks: Sequence[Block], gaussians: Sequence[Gaussians], sizes: Sequence[np.ndarray], known: np.ndarray
) -> np.ndarray:
    r"""Assignment (n, K) to domains of a mixture whose means move, held by the spots that they were found in.

    With :math:`s_k` spots of mean :math:`\mu_k`, at most :data:`~spamca.guide.anchored.ANCHOR`, and :math:`n_k = \sum_i q_{ik}` new ones of
    mean :math:`\bar x_k`, EM takes :math:`\mu'_k = (s_k \mu_k + n_k \bar x_k) / (s_k + n_k)`. The covariance stays.
    """
    with fitting_threads(len(known)):
        statistics = Statistics(blocks, len(known))
        relaxation = Relaxation(statistics, None)
        for _ in range(_SHORT):
            now = []
            moments = statistics.moments(known[:, :, None])
            for (_, _, (means,), _, (size,)), own, seen in zip(moments, gaussians, sizes, strict=True):
                held = np.minimum(seen, ANCHOR)
                total = np.maximum(held + size, 1e-12)[:, None]
                moved = (held[:, None] * own.means + size[:, None] * means) / total
                now.append(replace(own, means=moved.astype(np.float32)))
            known = relaxation.emission_known(now, np.maximum(known.sum(axis=0), 1e-3))
    return known
