"""Masked spots: what the autoencoder hides and has to restore."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MaskToken(nn.Module):
    r"""Hide the features of some spots behind one learnable row.

    .. math:: \tilde x_i = t \text{ where spot } i \text{ is hidden, else } x_i

    Parameters
    ----------
    n_features
        Number of features of the modality.
    learnable
        Whether :math:`t` is learned; otherwise it stays zero, as published.

    Shape
    -----
    - x: (n_spots, n_features)
    - hidden: (n_spots,) booleans
    - output: (n_spots, n_features)
    """

    def __init__(self, n_features: int, *, learnable: bool = True) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(n_features), requires_grad=learnable)

    def forward(self, x: Tensor, hidden: Tensor | None) -> Tensor:
        """Replace the hidden rows."""
        return x if hidden is None else torch.where(hidden[:, None], self.token, x)


def draw_mask(n_spots: int, rate: float, generator: torch.Generator, device: torch.device | str = "cpu") -> Tensor:
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
    device
        Where the mask is wanted.

    Returns
    -------
    Booleans of shape (n_spots,), True where hidden.
    """
    mask = torch.zeros(n_spots, dtype=torch.bool)
    mask[torch.randperm(n_spots, generator=generator)[: int(n_spots * rate)]] = True
    return mask.to(device)
