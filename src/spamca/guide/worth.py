r"""What each modality is worth in finding domains.

Evidence of spots adds up as far as they are independent once their domains are known. What domains leave of a modality,
:math:`e_i = x_i - \mu_{z_i}`, may still vary together over the tissue: gradients, textures, structure that has nothing to do with
domains. Averaged over h hops it then keeps more variance than independent values would, and evidence is counted

.. math::
    f_m = \max\Big(1, \frac{\operatorname{tr}\operatorname{cov}(S^h e^m)}{v_h \operatorname{tr}\operatorname{cov}(e^m)}\Big)

times (:math:`v_h` is what independent values keep, their means in the same domains taken off), the inflation of a composite likelihood (Varin, Reid and Firth 2011).
Up to twice, as where domains describe all of the structure and little is left to chance, a modality counts in full. Beyond that it is raised to
:math:`w_m = (2 / f_m)^2`, once for the evidence that is counted too often and once for the share of its structure that domains describe. The
modality of least inflation leads: it counts in full.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.proposals import carried, proposals
from spamca.guide.smoothing import N_PROBES, at_scales, average
from spamca.guide.surroundings import smoothed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

FULL = 2.0
"""How many times evidence may be counted, far, in a modality that counts in full."""

NEARLY = 1.3
"""How many times evidence may be counted, nearby, where spots pass for independent given their domains."""

HOPS = (2, 8)
"""Hops over which what is left is averaged: nearby, and far."""

REFERENCE, SPOTS_EACH = 10, 40
"""Largest number of domains that a modality is described by, and spots for each of them."""

SCALES = (2, 8)
"""Hops over which components are averaged where a modality looks for domains alone. The scale counts that leaves least unexplained: faint
domains show at the larger one only, thin ones at the smaller."""

FEWEST = 100
"""Spots of a section from which it has a say."""

_N_STARTS = 6


def inflations(
    blocks: Sequence[Block], adjacency: csr_matrix, rng: np.random.Generator, sections: np.ndarray | None = None
) -> np.ndarray:
    """How many times the evidence of each modality is counted, found with domains of the modality alone.

    It is the mean over partitions, at the scale where it is least. Their number is that of a fine partition of the tissue, :data:`REFERENCE` at most, whatever number is asked for.

    Parameters
    ----------
    blocks
        Components of each modality.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    rng
        Source of starts.
    sections
        Section of each spot, integers of shape (n,): each is looked at alone, so that effects of sections have no part in it.

    Returns
    -------
    Shape (len(blocks), 2), at least 1: nearby and far, over each of :data:`HOPS`; the mean over sections, by their spots.
    """
    parts = (
        [np.arange(adjacency.shape[0])]
        if sections is None
        else [np.flatnonzero(sections == s) for s in np.unique(sections)]
    )
    out = []
    for block in blocks:
        own = [spots if block.present is None else spots[block.present[spots]] for spots in parts]
        own = [spots for spots in own if len(spots) >= FEWEST] or [max(own, key=len)]
        found = [_alone(block, adjacency, spots, rng) for spots in own]
        out.append(np.average(found, axis=0, weights=[len(spots) for spots in own]))
    return np.array(out)


def _alone(block: Block, adjacency: csr_matrix, spots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    alone, links = replace(block.take(spots), weight=1.0, present=None), adjacency[spots][:, spots]
    alone = replace(alone, values=alone.values - alone.values.mean(axis=0))
    number = int(np.clip(len(spots) // SPOTS_EACH, min(2, len(spots)), REFERENCE))
    step, out = average(links), []
    for scale in SCALES:
        seen, found = proposals([alone], links, number, rng, scales=(scale,), n_each=_N_STARTS)
        averaged = [replace(alone, values=smoothed(alone, links, (scale,))[0])]
        told = [inflation(alone.values, carried(averaged, seen, member), step, rng) for member in found]
        out.append(np.mean(told, axis=0))
    return np.min(out, axis=0)


def inflation(values: np.ndarray, member: np.ndarray, step: csr_matrix, rng: np.random.Generator) -> np.ndarray:
    """How many times evidence is counted, over each of :data:`HOPS`.

    Parameters
    ----------
    values
        Components of a modality, (n, r).
    member
        Domains, (n, K), rows summing to one.
    step
        The average over a spot and its neighbours, sparse of shape (n, n).
    rng
        Source of probes.
    """
    size = np.maximum(member.sum(axis=0), 1e-12)[:, None]

    def kept(values: np.ndarray) -> np.ndarray:
        """Share of the variance within domains that averaging keeps."""
        left = values - member @ (member.T @ values / size)
        left -= left.mean(axis=0)
        averaged = [one.var(axis=0).sum() for one in at_scales(left, step, HOPS)]
        return np.array(averaged) / max(left.var(axis=0).sum(), np.finfo(float).tiny)

    expected = kept(rng.standard_normal((len(values), N_PROBES)))
    return np.maximum(1.0, kept(values) / np.maximum(expected, np.finfo(float).tiny))


def independent(inflation: np.ndarray, worth: np.ndarray) -> bool:
    """Whether spots pass for independent given their domains, from the inflations (M, 2): in the modality that counts most."""
    leading = np.lexsort((inflation[:, 1], -worth))[0]
    return bool(inflation[leading, 0] < NEARLY)


def worths(inflation: np.ndarray) -> np.ndarray:
    """What the likelihood of each modality is raised to, shape (M,), from the inflations (M, 2)."""
    far = inflation[:, 1]
    return np.where(far == far.min(), 1.0, np.minimum(1.0, FULL / far) ** 2)


def weighed(blocks: Sequence[Block], inflation: np.ndarray, given: Sequence[float | None]) -> list[Block]:
    """Blocks with what their modalities are worth as weights, but for those of modalities whose weight the caller gave.

    Parameters
    ----------
    blocks
        Components of each modality.
    inflation
        How many times its evidence is counted, (len(blocks), 2).
    given
        Weight of each modality that the caller gave, or None.
    """
    measured = zip(blocks, worths(inflation), strict=True)
    return [b if given[b.modality] is not None else replace(b, weight=float(worth)) for b, worth in measured]
