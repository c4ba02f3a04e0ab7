"""The encoder: features of the surroundings under one linear map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.nn.surroundings import Surroundings


class GraphEncoder(nn.Module):
    r"""Features of the surroundings at several scales, side by side, under one linear map.

    .. math:: H = \left[\hat A^{s_1} \tilde X \,\Vert\, \dots \,\Vert\, \hat A^{s_S} \tilde X\right] W

    With ``scales=(1,)`` this is the published encoder :math:`\hat A \tilde X W`. Scale 0 would keep the spot itself
    apart from its surroundings; keeping scales apart spares the choice of one, which differs between tissues. A hidden spot
    shows the token :math:`t`, whose share in the surroundings comes to :math:`\sum_s (\hat A^s h)\, t^\top W_s`.

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
    - seen: surroundings of n_spots spots at these scales
    - token: (n_features,)
    - output: (n_spots, n_latent)
    """

    def __init__(self, n_features: int, n_latent: int, scales: Sequence[int] = (1,)) -> None:
        super().__init__()
        self.scales = tuple(scales)
        self.weight = nn.Parameter(torch.empty(len(self.scales) * n_features, n_latent))
        self.reset_parameters()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weight again (Glorot and Bengio 2010)."""
        nn.init.xavier_uniform_(self.weight, generator=generator)

    def forward(self, seen: Surroundings, token: Tensor) -> Tensor:
        """Encode the spots."""
        if not seen.hides:
            return seen.values @ self.weight
        weight = self.weight.view(len(self.scales), len(token), -1)
        shown = token @ weight  # (n_scales, n_latent)
        return seen.values @ torch.cat([weight, shown[:, None]], dim=1).flatten(0, 1)
