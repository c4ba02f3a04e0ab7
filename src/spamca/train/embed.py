"""Latents of all spots of a tissue, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from spamca.nn.batch import look
from spamca.nn.model import Latents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from spamca.nn import SpaMCA, Tissue
    from spamca.nn.masking import Masks


@torch.no_grad()
def embed(
    network: SpaMCA, tissue: Tissue, blocks: Sequence[Tensor] | None = None, masks: Masks | None = None
) -> Latents:
    """Latents as they are read out.

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

    Returns
    -------
    Latents of all spots, on the CPU.
    """
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

    fused = joined([part.fused for part in parts])
    return Latents(
        [joined([part.modalities[m] for part in parts]) for m in range(len(tissue.features))],
        F.normalize(fused, dim=1) if settings.normalize else fused,
        [joined([part.view_weights[m] for part in parts]) for m in range(len(tissue.features))],
        joined([part.modality_weights for part in parts]),
    )
