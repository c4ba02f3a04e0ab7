"""Attention over a few candidates per spot: over the views of a modality, and over modalities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence


class Attention(nn.Module):
    r"""Weigh several latents of the same spot and add them up (Yang et al. 2016, as in SpatialGlue).

    .. math::
        s_{iv} = u^\top \tanh(W^\top h_{iv}), \qquad
        \alpha_{i\cdot} = (1 - \epsilon) \operatorname{softmax}_v(s_{iv} + 10^{-6}) + \epsilon / V_i, \qquad
        z_i = \sum_v \alpha_{iv} h_{iv}

    with :math:`V_i` the number of candidates that spot :math:`i` has.

    Parameters
    ----------
    n_latent
        Width of the candidates.
    uniform
        :math:`\epsilon`, the share of the weight that is spread evenly. Larger values keep every candidate in play where
        attention would settle on one; 0 is the published form, 1 is the plain mean.

    Shape
    -----
    - candidates: n_candidates tensors (n_spots, n_latent)
    - present: (n_spots, n_candidates) booleans, or None where none is missing
    - output: (n_spots, n_latent) and the weights (n_spots, n_candidates), rows summing to one
    """

    def __init__(self, n_latent: int, *, uniform: float = 0.0) -> None:
        super().__init__()
        self.uniform = uniform
        self.weight = nn.Parameter(torch.empty(n_latent, n_latent))
        self.context = nn.Parameter(torch.empty(n_latent, 1))
        self.reset_parameters()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw both parameters again (Glorot and Bengio 2010)."""
        nn.init.xavier_uniform_(self.weight, generator=generator)
        nn.init.xavier_uniform_(self.context, generator=generator)

    def forward(self, candidates: Sequence[Tensor], present: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Weigh and add."""
        # Candidates are kept apart, and their scores one candidate a row: short last dimensions are slow on a CPU. So is tanh,
        # which is 2 sigmoid(2 x) - 1; what is then constant in the scores leaves no trace in the weights, as does the 1e-6.
        weight, context = 2 * self.weight, 2 * self.context
        scores = torch.cat([torch.sigmoid(h @ weight) @ context for h in candidates], dim=1).T
        if present is None:
            even = 1 / len(candidates)
        else:
            scores = scores.masked_fill(~present.T, -torch.inf)
            even = present.T / present.sum(dim=1)
        weights = (1 - self.uniform) * torch.softmax(scores, dim=0) + self.uniform * even
        out = weights[0, :, None] * candidates[0]
        for weight, candidate in zip(weights[1:], candidates[1:], strict=True):
            out = torch.addcmul(out, weight[:, None], candidate)
        return out, weights.T
