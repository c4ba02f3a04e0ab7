"""Reconstruction of the hidden spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F

from spamca.nn.distributed import all_sum

if TYPE_CHECKING:
    from torch import Tensor


def reconstruction_loss(target: Tensor, restored: Tensor) -> Tensor:
    r"""Mean squared error over the scored spots of one modality.

    .. math:: L_{recon} = \frac{1}{|S| d} \sum_{i \in S} \lVert x_i - \hat x_i \rVert^2

    Parameters
    ----------
    target
        Features of the set S of spots to restore, shape (n_scored, n_features); an empty set gives zero.
    restored
        What the decoder gives, same shape.

    Returns
    -------
    A scalar.
    """
    error = F.mse_loss(restored, target, reduction="sum")
    return all_sum(error) / all_sum(error.new_tensor(float(target.numel()))).clamp(min=1)
