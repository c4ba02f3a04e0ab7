"""The decoder: features of a spot restored from the latents of its surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spamca.nn.sparse import propagate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.nn.sparse import Adjacency


class GraphDecoder(nn.Module):
    r"""One spatial hop, and a linear map for each modality.

    .. math:: \hat X^m = \hat A_0 Z W^m_{dec}

    Parameters
    ----------
    n_latent
        Width of the latent.
    n_features
        Number of features of each modality.

    Shape
    -----
    - adjacency: normalised spatial graph of n_spots spots
    - z: (n_spots, n_latent)
    - wanted: for each modality the positions of the spots to restore, or a slice; None for all spots of all
    - output: one tensor (n_wanted, n_features) per modality
    """

    def __init__(self, n_latent: int, n_features: Sequence[int]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(torch.empty(n_latent, n) for n in n_features)
        self.reset_parameters()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weights again (Glorot and Bengio 2010)."""
        for weight in self.weights:
            nn.init.xavier_uniform_(weight, generator=generator)

    def forward(self, adjacency: Adjacency, z: Tensor, wanted: Sequence[Tensor | slice] | None = None) -> list[Tensor]:
        """Decode spots."""
        around = propagate(adjacency, z)
        wanted = [slice(None)] * len(self.weights) if wanted is None else wanted
        return [around[spots] @ weight for weight, spots in zip(self.weights, wanted, strict=True)]
