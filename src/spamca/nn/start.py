"""Weights that a network starts from: what the tissue itself tells, in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from spamca.nn.filters import filters

if TYPE_CHECKING:
    from spamca.nn.model import SpaMCA
    from spamca.nn.tissue import Tissue


@torch.no_grad()
def start(network: SpaMCA, tissue: Tissue) -> None:
    r"""Set the spatial encoders and the decoder to the best linear ones.

    With :math:`Y^m = \sum_s \hat A^s X^m \operatorname{diag}(g^m_s)` the filtered features (:func:`~spamca.nn.filters.filters`),
    :math:`t_m` the trust in a modality, and :math:`V = [V^1; \dots; V^M]` the first principal axes of
    :math:`[t_1 Y^1 \Vert \dots \Vert t_M Y^M]`,

    .. math:: W^m_s = \operatorname{diag}(g^m_s)\, V^m, \qquad W^m_{dec} = V^{m\top} / t_m,

    so that the fused latent :math:`Z = \sum_m t_m Y^m V^m` holds all of the filtered features that so many columns can hold. Nothing
    is drawn, and no order of spots, modalities or features matters.

    Parameters
    ----------
    network
        A network of ``start="structure"``, whose weights are set.
    tissue
        The tissue that it will be trained on, where the network is.
    """
    scales, filtered, found = network.settings.spatial_scales, [], []
    for m, x in enumerate(tissue.features):
        has = tissue.has(m)
        gains = filters(tissue.spatial, x, has, scales)
        now = x if has is None else x.masked_fill(~has[:, None], 0)
        out = torch.zeros_like(x)
        for scale in range(max(scales) + 1):
            now = tissue.spatial.product(now) if scale else now
            if scale in scales:
                out.addcmul_(now, gains[scales.index(scale)])
        filtered.append(network.fusion.trust[m] * out)
        found.append(gains)
    joint = torch.cat(filtered, dim=1)
    joint = joint - joint.mean(dim=0)
    covariance = sum(part.T @ part for part in (chunk.double() for chunk in joint.split(2**14)))
    axes = torch.linalg.eigh(covariance)[1].flip(1)[:, : network.n_latent]
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    axes = (axes * largest.sign()).float()
    for m, part in enumerate(axes.split(tissue.n_features)):
        network.spatial_encoders[m].weight.copy_((found[m][:, :, None] * part).flatten(0, 1))
        trust = network.fusion.trust[m]
        network.decoder.weights[m].copy_(part.T / trust if trust > 0 else torch.zeros_like(part.T))
