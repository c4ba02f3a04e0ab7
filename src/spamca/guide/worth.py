r"""What each modality is worth in finding domains.

Evidence of spots adds up as far as they are independent once their domains are known. What domains leave of a modality,
:math:`e_i = x_i - \mu_{z_i}`, may still vary together over the tissue: gradients, textures, structure that has nothing to do with
domains. Averaged over h hops it then keeps more variance than independent values would, and evidence is counted

.. math::
    f_m = \max\Big(1, \frac{\operatorname{tr}\operatorname{cov}(S^h e^m)}{v_h \operatorname{tr}\operatorname{cov}(e^m)}\Big)

times (:math:`v_h` as in :func:`~spamca.guide.smoothing.shrinkage`), the inflation of a composite likelihood (Varin, Reid and Firth 2011).
Up to twice, as where domains describe all of the structure and little is left to chance, a modality counts in full. Beyond that it is raised to
:math:`w_m = (2 / f_m)^2`, once for the evidence that is counted too often and once for the share of its structure that domains describe. The
modality of least inflation leads: it counts in full.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.consensus import consensus
from spamca.guide.proposals import carried, proposals
from spamca.guide.smoothing import at_scales, average, shrinkage
from spamca.guide.surroundings import smoothed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

INDEPENDENT = 2.0
"""How many times evidence may be counted where spots still pass for independent given their domains."""

HOPS = 8
"""Hops over which what is left is averaged."""

SCALE = 2
"""Hops over which components are averaged where a modality looks for domains alone."""

FEWEST = 100
"""Spots of a section from which it has a say."""

_N_STARTS = 6


def inflations(
    blocks: Sequence[Block],
    adjacency: csr_matrix,
    n_domains: int,
    rng: np.random.Generator,
    sections: np.ndarray | None = None,
) -> np.ndarray:
    """How many times the evidence of each modality is counted, found with domains of the modality alone.

    Parameters
    ----------
    blocks
        Components of each modality.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_domains
        Number of domains K.
    rng
        Source of starts.
    sections
        Section of each spot, integers of shape (n,): each is looked at alone, so that effects of sections have no part in it.

    Returns
    -------
    Shape (len(blocks),), at least 1; the mean over sections, by their spots.
    """
    parts = [np.arange(adjacency.shape[0])] if sections is None else [np.flatnonzero(sections == s) for s in np.unique(sections)]
    out = []
    for block in blocks:
        own = [spots if block.present is None else spots[block.present[spots]] for spots in parts]
        own = [spots for spots in own if len(spots) >= FEWEST] or [max(own, key=len)]
        found = [_alone(block, adjacency, spots, n_domains, rng) for spots in own]
        out.append(np.average(found, weights=[len(spots) for spots in own]))
    return np.array(out)


def _alone(block: Block, adjacency: csr_matrix, spots: np.ndarray, n_domains: int, rng: np.random.Generator) -> float:
    alone, links = replace(block.take(spots), weight=1.0, present=None), adjacency[spots][:, spots]
    alone = replace(alone, values=alone.values - alone.values.mean(axis=0))
    number = min(n_domains, len(spots))
    seen, found = proposals([alone], links, number, rng, scales=(SCALE,), n_each=_N_STARTS)
    averaged = replace(alone, values=smoothed(alone, links, (SCALE,))[0])
    member = carried([averaged], seen, np.eye(number)[consensus(found, number)])
    return inflation(alone.values, member, average(links), rng)


def inflation(values: np.ndarray, member: np.ndarray, step: csr_matrix, rng: np.random.Generator) -> float:
    """How many times evidence is counted.

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
    means = member.T @ values / np.maximum(member.sum(axis=0), 1e-12)[:, None]
    left = values - member @ means
    left -= left.mean(axis=0)
    (averaged,) = at_scales(left, step, (HOPS,))
    expected = shrinkage(step, (HOPS,), rng)[0] * left.var(axis=0).sum()
    return float(max(1.0, averaged.var(axis=0).sum() / max(expected, np.finfo(float).tiny)))


def worths(inflation: np.ndarray) -> np.ndarray:
    """What the likelihood of each modality is raised to, shape (M,), from how many times its evidence is counted."""
    worth = np.minimum(1.0, INDEPENDENT / inflation) ** 2
    return np.where(inflation == inflation.min(), 1.0, worth)
