r"""Components of a spot beside the means of its surroundings at several scales,

.. math:: [x_i, \; (S x)_i, \; (S^2 x)_i, \; (S^8 x)_i], \qquad S = (D + I)^{-1} (A + I).

A spot of real tissue varies with its surroundings far beyond what its domain explains: cells of one type lie together, and tissue
changes gradually. A Markov random field takes spots for independent once their domains are known, and counts such evidence many
times over. Where that shows, the surroundings become part of what a domain looks like, and the field gives way to a mixture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.smoothing import at_scales, average

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

HOPS = (0, 1, 2, 8)
"""Scales of the surroundings, in hops over the spatial graph."""


NOISE = 0.03
"""Variance added to the covariance of components beside their surroundings, in units of the noise of one spot."""


def with_surroundings(blocks: Sequence[Block], adjacency: csr_matrix, hops: Sequence[int] = HOPS) -> list[Block]:
    """Put the means of the surroundings beside the components of each modality.

    Parameters
    ----------
    blocks
        Components of each modality, (n, r).
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    hops
        Rising numbers of hops.

    Returns
    -------
    Blocks (n, r * len(hops)). Means are over the spots that have the modality.
    """
    return [replace(block, values=np.hstack(smoothed(block, adjacency, hops))) for block in blocks]


def smoothed(block: Block, adjacency: csr_matrix, hops: Sequence[int]) -> list[np.ndarray]:
    """Components of a modality at each scale, a list of arrays (n, r); rows of spots that lack it are zero."""
    if block.present is None:
        return list(at_scales(block.values, average(adjacency), hops))
    spots, out = np.flatnonzero(block.present), []
    for values in at_scales(block.values[spots], average(adjacency[spots][:, spots]), hops):
        whole = np.zeros(block.values.shape)
        whole[spots] = values
        out.append(whole)
    return out
