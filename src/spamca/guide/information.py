r"""How much each modality tells about the domain of each spot.

A spot of domain k is weighed against the domains that it could be taken for, those around it: :math:`r_{il} \propto (S^2 q)_{il} + \epsilon`
for :math:`l \ne k`. Modality m then tells

.. math::
    I_{im} = w_m \sum_k q_{ik} \sum_{l \ne k} r_{il} \big(\log p(x^m_i \mid k) - \log p(x^m_i \mid l)\big)

nats, averaged over the surroundings; the weight of the modality is its share of what all of them tell. A modality that sees two
domains alike tells nothing where they meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.relaxation import Relaxation
from spamca.guide.smoothing import at_scales, average
from spamca.guide.statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

ELSEWHERE = 0.1
"""Share that all other domains together have beside those around a spot."""

_AROUND = 2
_LEAST = 1e-3  # nats, which a modality tells at least: shares are defined everywhere


def shares(
    blocks: Sequence[Block], adjacency: csr_matrix, assignment: np.ndarray, n_modalities: int, *, noise: float = 0.0
) -> np.ndarray:
    """Share of each modality in what is told of each spot.

    Parameters
    ----------
    blocks
        What the domains are found in, one block a modality that shows any structure.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    assignment
        Domains, (n, K), rows summing to one.
    n_modalities
        Number of modalities M. One without a block tells nothing.
    noise
        As in :class:`~spamca.guide.statistics.Statistics`.

    Returns
    -------
    Float64 of shape (n, M), rows summing to one; zero where a spot lacks the modality.
    """
    n, k = assignment.shape
    told = np.zeros((n, n_modalities))
    step = average(adjacency)
    (around,) = at_scales(assignment.astype(np.float64), step, (_AROUND,))
    rivals = (around + ELSEWHERE / k)[:, None, :] * (1 - np.eye(k))
    rivals /= np.maximum(rivals.sum(axis=2, keepdims=True), np.finfo(float).tiny)  # one domain has none
    against = (k > 1) * assignment - np.einsum("nk,nkl->nl", assignment, rivals)
    relaxation = Relaxation(Statistics(blocks, n, noise=noise), None)
    for block, scores in zip(blocks, relaxation.scores(assignment), strict=True):
        nats = (against * scores).sum(axis=1)
        (nats,) = at_scales(nats[:, None], step, (_AROUND,))
        told[:, block.modality] = np.maximum(nats[:, 0], _LEAST)
        if block.present is not None:
            told[~block.present, block.modality] = 0
    total = told.sum(axis=1, keepdims=True)
    return np.divide(told, total, out=np.zeros_like(told), where=total > 0)
