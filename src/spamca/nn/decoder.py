"""The decoder: features of a spot restored from the latents of its surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spamca.nn.sparse import propagate

if TYPE_CHECKING:
    from spamca.nn.sparse import Adjacency


class GraphDecoder(nn.Module):
    r"""One spatial hop of a linear map.

    .. math:: \hat X = \hat A_0 Z W_{dec}

    Parameters
    ----------
    n_latent
        Width of the latent.
    n_features
        Number of features of the modality.

    Shape
    -----
    - adjacency: normalised spatial graph of n_spots spots
    - z: (n_spots, n_latent)
    - output: (n_spots, n_features)
    """

    def __init__(self, n_latent: int, n_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_latent, n_features))
        self.reset_parameters()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weight anew (Glorot and Bengio 2010)."""
        nn.init.xavier_uniform_(self.weight, generator=generator)

    def forward(self, adjacency: Adjacency, z: Tensor) -> Tensor:
        """Decode all spots."""
        if z.shape[1] <= self.weight.shape[1]:  # propagate the narrower side
            return propagate(adjacency, z) @ self.weight
        return propagate(adjacency, z @ self.weight)
