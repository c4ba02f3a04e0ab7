r"""How much each modality says about the domain of each spot.

A spot of domain k is compared with the domains that it could be taken for, those around it: :math:`r_{il} \propto (S^2 q)_{il} + \epsilon`
for :math:`l \ne k`. Modality m then contributes

.. math::
    I_{im} = w_m \sum_k q_{ik} \sum_{l \ne k} r_{il} \big(\log p(x^m_i \mid k) - \log p(x^m_i \mid l)\big)

nats, averaged over the surroundings; the share of the modality is its part of the sum. A modality in which two domains look alike
contributes nothing where they meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.gaussians import Emission
from spamca.domains.threads import float_of

if TYPE_CHECKING:
    from spamca.domains.components import Components

_LEAST = 1e-3  # nats that a modality contributes at least: shares are defined everywhere


def shares(components: Components, assignment: np.ndarray, n_modalities: int, *, noise: float = 0.0) -> np.ndarray:
    """Share of each of M modalities, float64 (n, M), rows summing to one; zero where a spot lacks it, or it has no block.

    Components are as the model of the domains (n, K) reads them, and ``noise`` as in :class:`~spamca.domains.gaussians.Emission`.
    """
    (n, k), graph, settings = assignment.shape, components.graph, components.settings
    nats = np.zeros((n, n_modalities))
    (around,) = graph.averaged(assignment.astype(float_of(n)), (settings.rival_hops,))
    near = around + settings.elsewhere / k
    # of rivals r_l of domain k, near_l / (sum of near - near_k), the sum over k needs no array of n times K times K
    total = near.sum(axis=1, keepdims=True)
    others = assignment / np.maximum(total - near, 1e-12 * total)
    against = (k > 1) * (assignment - near * (others.sum(axis=1, keepdims=True) - others))
    scores = Emission(components, noise=noise).scores(assignment)
    for block, score in zip(components.blocks, scores, strict=True):
        (own,) = graph.averaged((against * score).sum(axis=1)[:, None], (settings.rival_hops,))
        nats[:, block.modality] = block.there(np.maximum(own, _LEAST))[:, 0]
    total = nats.sum(axis=1, keepdims=True)
    return np.divide(nats, total, out=np.zeros_like(nats), where=total > 0)
