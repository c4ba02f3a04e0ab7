"""The encoder of one view: linear maps of a modality's features, gathered over a graph at one or several scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spamca.nn.sparse import propagate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.nn.sparse import Adjacency


class GraphEncoder(nn.Module):
    r"""Features of the surroundings at several scales, side by side, under one linear map.

    .. math:: H = \left[\hat A^{s_1} \tilde X \,\Vert\, \dots \,\Vert\, \hat A^{s_S} \tilde X\right] W

    With ``scales=(1,)`` this is the published encoder :math:`\hat A \tilde X W`. Scale 0 would keep the spot itself
    apart from its surroundings; keeping scales apart spares the choice of one, which differs between tissues.

    Parameters
    ----------
    n_features
        Number of features of the modality.
    n_latent
        Width of the view.
    scales
        Numbers of hops, each at least 0. Larger ones see larger structures, blur finer ones, and cost one sparse product
        per hop up to the largest.

    Shape
    -----
    - adjacency: normalised symmetric graph of n_spots spots
    - x: (n_spots, n_features)
    - output: (n_spots, n_latent)
    """

    def __init__(self, n_features: int, n_latent: int, scales: Sequence[int] = (1,)) -> None:
        super().__init__()
        self.scales = tuple(scales)
        self.weight = nn.Parameter(torch.empty(len(self.scales) * n_features, n_latent))
        self.reset_parameters()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weight anew (Glorot and Bengio 2010)."""
        nn.init.xavier_uniform_(self.weight, generator=generator)

    def forward(self, adjacency: Adjacency, x: Tensor) -> Tensor:
        """Encode all spots."""
        # Horner's scheme: only x is kept for the gradient, not its surroundings at every scale.
        weights = dict(zip(self.scales, self.weight.split(x.shape[1]), strict=True))
        out = x @ weights[max(weights)]
        for scale in range(max(weights) - 1, -1, -1):
            out = propagate(adjacency, out)
            if scale in weights:
                out = torch.addmm(out, x, weights[scale])
        return out
