"""Masked spots: what the autoencoder hides and has to restore."""

from __future__ import annotations

import torch
from torch import Tensor

Masks = list[tuple[Tensor, Tensor]]
"""Hidden spots, per modality and view, each booleans (n_spots,)."""


def draw_mask(n_spots: int, rate: float, generator: torch.Generator) -> Tensor:
    """Draw which spots to hide.

    Parameters
    ----------
    n_spots
        Number of spots.
    rate
        Fraction to hide: the larger, the more the network must infer from the surroundings, and the less it sees of
        fine structure. Rounded down to whole spots; 0 hides none.
    generator
        Source of randomness, on the CPU, so that every device draws the same masks.

    Returns
    -------
    Booleans of shape (n_spots,), True where hidden, on the CPU.
    """
    mask = torch.zeros(n_spots, dtype=torch.bool)
    mask[torch.randperm(n_spots, generator=generator)[: int(n_spots * rate)]] = True
    return mask


def draw_masks(
    n_spots: int, n_modalities: int, rate: float, generator: torch.Generator, *, independent: bool = False
) -> Masks:
    """Draw one mask per modality, or one per modality and view as published.

    Parameters
    ----------
    n_spots, n_modalities
        Number of spots and modalities.
    rate
        Fraction of spots to hide.
    generator
        Source of randomness, on the CPU.
    independent
        Whether the two views of a modality hide different spots.
    """
    masks = []
    for _ in range(n_modalities):
        spatial = draw_mask(n_spots, rate, generator)
        masks.append((spatial, draw_mask(n_spots, rate, generator) if independent else spatial))
    return masks
