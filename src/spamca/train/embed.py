"""Latents of all spots of a tissue, in blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from spamca.nn.batch import look
from spamca.nn.model import Latents
from spamca.nn.prototypes import attract, prototypes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from spamca.nn import Settings, SpaMCA, Tissue
    from spamca.nn.masking import Masks


@torch.no_grad()
def embed(
    network: SpaMCA,
    tissue: Tissue,
    blocks: Sequence[Tensor] | None = None,
    masks: Masks | None = None,
    centres: Tensor | None = None,
) -> Latents:
    """Latents as they are read out: the fused one drawn towards the prototypes of its domains.

    Domains are those of the cluster head or, of spots that lack a modality, those of the guide, if one led the training.

    Parameters
    ----------
    network
        The network, in evaluation mode, where the tissue is.
    tissue
        The tissue.
    blocks
        Spots encoded together, on the CPU; None encodes all at once. The result does not depend on them.
    masks
        Hidden spots, on the CPU, or None.
    centres
        Prototypes of the tissue that the network was trained on, (n_clusters, n_latent); None takes those of this one.

    Returns
    -------
    Latents of all spots, on the CPU.
    """
    settings, latents = network.settings, encoded(network, tissue, blocks, masks)
    if not settings.prototype_share:
        return drawn(latents, settings)
    return drawn(latents, settings, domains(network, tissue, latents), centres)


@torch.no_grad()
def encoded(
    network: SpaMCA, tissue: Tissue, blocks: Sequence[Tensor] | None = None, masks: Masks | None = None
) -> Latents:
    """Latents of all spots, on the CPU, as the encoder gives them; see :func:`embed`."""
    settings, device = network.settings, tissue.device
    if masks is not None:
        masks = [tuple(mask.to(device) for mask in pair) for pair in masks]
    parts = [
        network.encode(look(tissue, settings, None if spots is None else spots.to(device), masks))
        for spots in ([None] if blocks is None else blocks)
    ]
    order = None if blocks is None else torch.cat(list(blocks)).argsort()

    def joined(tensors: list[Tensor]) -> Tensor:
        values = torch.cat([x.cpu() for x in tensors])
        return values if order is None else values[order]

    return Latents(
        [joined([part.modalities[m] for part in parts]) for m in range(len(tissue.features))],
        joined([part.fused for part in parts]),
        [joined([part.view_weights[m] for part in parts]) for m in range(len(tissue.features))],
        joined([part.modality_weights for part in parts]),
    )


@torch.no_grad()
def domains(network: SpaMCA, tissue: Tissue, latents: Latents) -> Tensor:
    """Soft domains (n_spots, n_clusters) that the latents of :func:`encoded` are drawn to, on the CPU; see :func:`embed`."""
    assignment = network.cluster_head(latents.fused.to(tissue.device)).cpu()
    if network.settings.led and tissue.guide is not None and tissue.present is not None:
        # A spot hears nothing of a modality that it lacks; the guide hears its neighbours in it.
        lacks = ~tissue.present.all(dim=1).cpu()
        assignment = torch.where(lacks[:, None], tissue.guide.cpu(), assignment)
    return assignment


def drawn(
    latents: Latents, settings: Settings, assignment: Tensor | None = None, centres: Tensor | None = None
) -> Latents:
    """Latents of :func:`encoded` drawn towards prototypes, by soft domains (n_spots, n_clusters) or None; see :func:`embed`."""
    fused = latents.fused
    if assignment is not None:
        centres = prototypes(fused, assignment) if centres is None else centres
        fused = attract(fused, assignment, settings.prototype_share, centres)
    fused = F.normalize(fused, dim=1) if settings.normalize else fused
    return replace(latents, fused=fused, prototypes=centres)
