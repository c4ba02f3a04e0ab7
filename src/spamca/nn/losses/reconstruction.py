"""Reconstruction of the hidden spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor


def reconstruction_loss(target: Tensor, restored: Tensor, scored: Tensor | None = None) -> Tensor:
    r"""Mean squared error over the scored spots of one modality.

    .. math:: L_{recon} = \frac{1}{|S| d} \sum_{i \in S} \lVert x_i - \hat x_i \rVert^2

    Parameters
    ----------
    target
        Features to restore, shape (n_spots, n_features).
    restored
        What the decoder gives, same shape.
    scored
        The set S, booleans of shape (n_spots,); None scores every spot, and an empty set gives zero.

    Returns
    -------
    A scalar.
    """
    if scored is not None:
        target, restored = target[scored], restored[scored]
    return F.mse_loss(restored, target, reduction="sum") / max(target.numel(), 1)
