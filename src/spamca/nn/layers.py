"""Layers of the network: encoder, decoder, fusion of several latents of a spot, and heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spamca.nn.distributed import BatchNorm
from spamca.nn.sparse import propagate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.nn.sparse import Adjacency


class GraphEncoder(nn.Module):
    r"""Features of the surroundings at several scales, side by side, under one linear map.

    .. math:: H = \left[\hat A^{s_1} \tilde X \,\Vert\, \dots \,\Vert\, \hat A^{s_S} \tilde X\right] W

    With ``scales=(1,)`` this is the published encoder :math:`\hat A \tilde X W`. A hidden spot shows the token
    :math:`t`, whose share in the surroundings is :math:`\sum_s (\hat A^s h)\, t^\top W_s`.

    Shape
    -----
    - seen: what :func:`~spamca.nn.batch.surroundings` gives for n_spots spots at these scales
    - token: (n_features,)
    - output: (n_spots, n_latent)
    """

    def __init__(self, n_features: int, n_latent: int, scales: Sequence[int] = (1,)) -> None:
        super().__init__()
        self.scales = tuple(scales)
        self.weight = nn.Parameter(torch.empty(len(self.scales) * n_features, n_latent))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, seen: Tensor, token: Tensor) -> Tensor:
        """Encode the spots."""
        if seen.shape[1] == len(self.weight):  # none is hidden
            return seen @ self.weight
        weight = self.weight.view(len(self.scales), len(token), -1)
        shown = token @ weight  # (n_scales, n_latent)
        return seen @ torch.cat([weight, shown[:, None]], dim=1).flatten(0, 1)


class GraphDecoder(nn.Module):
    r"""One spatial hop, and a linear map for each modality.

    .. math:: \hat X^m = \hat A_0 Z W^m_{dec}

    Shape
    -----
    - adjacency: normalised spatial graph of n_spots spots
    - z: (n_spots, n_latent)
    - wanted: for each modality the positions of the spots to restore, or a slice
    - output: one tensor (n_wanted, n_features) per modality
    """

    def __init__(self, n_latent: int, n_features: Sequence[int]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(torch.empty(n_latent, n) for n in n_features)
        for weight in self.weights:
            nn.init.xavier_uniform_(weight)

    def forward(self, adjacency: Adjacency, z: Tensor, wanted: Sequence[Tensor | slice]) -> list[Tensor]:
        """Decode spots."""
        around = propagate(adjacency, z)
        return [around[spots] @ weight for weight, spots in zip(self.weights, wanted, strict=True)]


class SumFusion(nn.Module):
    r"""Sum of the latents, each weighed by the trust in its modality.

    .. math:: z = \sum_m t_m z^m

    A spot that lacks a modality has the latent of its surroundings in it.

    Shape
    -----
    - latents: n_modalities tensors (n_spots, n_latent)
    - present: (n_spots, n_modalities) booleans, or None where none is missing
    - output: (n_spots, n_latent), and the trust in a spot's modalities, (n_spots, n_modalities), rows summing to one
    """

    trust: Tensor

    def __init__(self, n_modalities: int) -> None:
        super().__init__()
        self.register_buffer("trust", torch.ones(n_modalities))

    def forward(self, latents: Sequence[Tensor], present: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Add up."""
        fused = self.trust[0] * latents[0]
        for trust, latent in zip(self.trust[1:], latents[1:], strict=True):
            fused = torch.addcmul(fused, trust, latent)
        weights = self.trust.expand(len(fused), -1)
        weights = weights if present is None else weights * present
        return fused, weights / weights.sum(dim=1, keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)


class Attention(nn.Module):
    r"""Weigh several latents of the same spot and add them up (Yang et al. 2016, as in SpatialGlue).

    .. math::
        s_{iv} = u^\top \tanh(W^\top h_{iv}), \qquad
        \alpha_{i\cdot} = (1 - \epsilon) \operatorname{softmax}_v(s_{iv} + 10^{-6}) + \epsilon / V_i, \qquad
        z_i = \sum_v \alpha_{iv} h_{iv}

    with :math:`V_i` the number of latents that spot :math:`i` has; one that it lacks gets no weight. A larger share
    ``uniform``, :math:`\epsilon`, keeps every latent in use where attention would settle on one; 0 is the published
    form, 1 the plain mean.

    Shape
    -----
    - latents: V tensors (n_spots, n_latent)
    - present: (n_spots, V) booleans, or None where none is missing
    - output: (n_spots, n_latent) and the weights (n_spots, V), rows summing to one
    """

    def __init__(self, n_latent: int, *, uniform: float = 0.0) -> None:
        super().__init__()
        self.uniform = uniform
        self.weight = nn.Parameter(torch.empty(n_latent, n_latent))
        self.context = nn.Parameter(torch.empty(n_latent, 1))
        nn.init.xavier_uniform_(self.weight)
        nn.init.xavier_uniform_(self.context)

    def forward(self, latents: Sequence[Tensor], present: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Weigh and add."""
        # Latents are kept apart, their scores one latent a row: short last dimensions are slow on a CPU. So is tanh:
        # it is 2 sigmoid(2 x) - 1; what is then constant in the scores does not change the weights, nor does the 1e-6.
        weight, context = 2 * self.weight, 2 * self.context
        scores = torch.cat([torch.sigmoid(h @ weight) @ context for h in latents], dim=1).T
        even: float | Tensor = 1 / len(latents)
        if present is not None:
            scores = scores.masked_fill(~present.T, -torch.inf)
            even = present.T / present.sum(dim=1)
        weights = (1 - self.uniform) * torch.softmax(scores, dim=0) + self.uniform * even
        out = weights[0, :, None] * latents[0]
        for share, latent in zip(weights[1:], latents[1:], strict=True):
            out = torch.addcmul(out, share[:, None], latent)
        return out, weights.T


class ConcatenationFusion(nn.Module):
    r"""The published fusion: two linear maps of the concatenated latents. Every spot must have all modalities.

    .. math:: z = L_2\left(L_1\left([z^1 \Vert \dots \Vert z^M]\right)\right)

    Shape
    -----
    - latents: n_modalities tensors (n_spots, n_latent)
    - output: (n_spots, n_latent), and even weights (n_spots, n_modalities)
    """

    def __init__(self, n_modalities: int, n_latent: int) -> None:
        super().__init__()
        self.first = nn.Linear(n_modalities * n_latent, n_latent)
        self.second = nn.Linear(n_latent, n_latent)

    def forward(self, latents: Sequence[Tensor], present: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Fuse; every modality must be present everywhere."""
        if present is not None and not present.all():
            msg = (
                "fusion='concatenation' needs every modality in every spot, and "
                f"{int((~present.all(dim=1)).sum())} spots lack one or hold nothing of it; leave them out, use fusion='attention', or "
                "prepare them with empty_rows='keep'"
            )
            raise ValueError(msg)
        fused = self.second(self.first(torch.cat(list(latents), dim=1)))
        return fused, fused.new_full((len(fused), len(latents)), 1 / len(latents))


class RowSoftmax(nn.Module):
    """Softmax of short rows, (n_spots, n_clusters): along columns a CPU takes 0.73 ms, not 0.99 (3,484 spots)."""

    def forward(self, x: Tensor) -> Tensor:
        """Turn scores into probabilities."""
        return torch.softmax(x.T.contiguous(), dim=0).T.contiguous()


class ClusterHead(nn.Sequential):
    r"""Soft assignment of spots to clusters, shared by all modalities and the fused latent.

    .. math:: y = \operatorname{softmax}(W_2 \operatorname{ReLU}(\operatorname{BatchNorm}(W_1 z + b_1)) + b_2)

    Shape
    -----
    - z: (n_spots, n_latent)
    - output: (n_spots, n_clusters), rows summing to one
    """

    def __init__(self, n_latent: int, n_clusters: int) -> None:
        first, second = nn.Linear(n_latent, n_latent), nn.Linear(n_latent, n_clusters)
        super().__init__(first, BatchNorm(n_latent), nn.ReLU(), second, RowSoftmax())


class Projector(nn.Sequential):
    r"""Projection of one modality's latent into the space where modalities are contrasted.

    .. math:: p = \operatorname{ReLU}(\operatorname{BatchNorm}(W z + b))

    Shape
    -----
    - z: (n_spots, n_latent)
    - output: (n_spots, n_latent), not negative
    """

    def __init__(self, n_latent: int) -> None:
        super().__init__(nn.Linear(n_latent, n_latent), BatchNorm(n_latent), nn.ReLU())
