"""Fusion of the modalities' latents into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spamca.nn.attention import Attention

if TYPE_CHECKING:
    from collections.abc import Sequence


class ConcatenationFusion(nn.Module):
    r"""The published fusion: two linear maps of the concatenated latents.

    .. math:: z = L_2\left(L_1\left([z^1 \Vert \dots \Vert z^M]\right)\right)

    Parameters
    ----------
    n_modalities
        Number of modalities; every spot must have all of them.
    n_latent
        Width of each latent and of the result.
    uniform
        Not used: the weights are even.

    Shape
    -----
    - latents: n_modalities tensors (n_spots, n_latent)
    - output: (n_spots, n_latent), and even weights (n_spots, n_modalities)
    """

    takes_missing = False
    """Whether a spot may lack a modality."""

    def __init__(self, n_modalities: int, n_latent: int, *, uniform: float = 0.0) -> None:
        super().__init__()
        self.first = nn.Linear(n_modalities * n_latent, n_latent)
        self.second = nn.Linear(n_latent, n_latent)

    def forward(self, latents: Sequence[Tensor], present: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Fuse; every modality must be present everywhere."""
        if present is not None and not present.all():
            msg = (
                "fusion='concatenation' needs every modality in every spot, and "
                f"{int((~present.all(dim=1)).sum())} spots lack one; leave them out, or use fusion='attention'"
            )
            raise ValueError(msg)
        fused = self.second(self.first(torch.cat(list(latents), dim=1)))
        return fused, fused.new_full((len(fused), len(latents)), 1 / len(latents))


class SumFusion(nn.Module):
    r"""Sum of the latents, each as far as its modality is trusted.

    .. math:: z = \sum_m t_m z^m

    A spot that lacks a modality has the latent of its surroundings in it.

    Parameters
    ----------
    n_modalities
        Number of modalities.
    n_latent
        Not used: any width will do.
    uniform
        Not used: nothing is weighed by spot.

    Shape
    -----
    - latents: n_modalities tensors (n_spots, n_latent)
    - present: (n_spots, n_modalities) booleans, or None where none is missing
    - output: (n_spots, n_latent), and the trust in the modalities that a spot has, (n_spots, n_modalities), rows summing to one
    """

    takes_missing = True
    """Whether a spot may lack a modality."""

    def __init__(self, n_modalities: int, n_latent: int, *, uniform: float = 0.0) -> None:
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


class AttentionFusion(nn.Module):
    r"""Second attention, over modalities; a missing modality gets no weight.

    .. math:: z_i = \sum_m \beta_{im} z^m_i, \qquad \beta_{im} = 0 \text{ where spot } i \text{ lacks modality } m

    with :math:`\beta` as in :class:`~spamca.nn.attention.Attention`.

    Parameters
    ----------
    n_modalities
        Not used: any number will do.
    n_latent
        Width of each latent and of the result.
    uniform
        Share of the weight that is spread evenly over the modalities at hand.

    Shape
    -----
    - latents: n_modalities tensors (n_spots, n_latent)
    - present: (n_spots, n_modalities) booleans, or None where none is missing
    - output: (n_spots, n_latent) and the weights (n_spots, n_modalities)
    """

    takes_missing = True
    """Whether a spot may lack a modality."""

    def __init__(self, n_modalities: int, n_latent: int, *, uniform: float = 0.0) -> None:
        super().__init__()
        self.attention = Attention(n_latent, uniform=uniform)

    def forward(self, latents: Sequence[Tensor], present: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Fuse the modalities that each spot has."""
        return self.attention(latents, present)


FUSIONS: dict[str, type[nn.Module]] = {
    "sum": SumFusion,
    "attention": AttentionFusion,
    "concatenation": ConcatenationFusion,
}
"""Fusions by name."""
