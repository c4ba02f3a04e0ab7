"""Contrast between modalities, spot by spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from spamca.nn.distributed import all_sum, alone

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Pair:
    """Spots in which two modalities are compared.

    Parameters
    ----------
    both
        Which spots have both, booleans (n_spots,), or None for all.
    drawn
        Positions of those drawn for the contrast, integers (n_own,).
    slots
        Their places among all that were drawn, integers (n_own,): other processes hold the rest.
    n_drawn
        How many were drawn in all.
    """

    both: Tensor | None
    drawn: Tensor
    slots: Tensor
    n_drawn: int

    def to(self, device: torch.device | str, **kwargs: bool) -> Pair:
        """The same on another device."""
        both = None if self.both is None else self.both.to(device, **kwargs)
        return Pair(both, self.drawn.to(device, **kwargs), self.slots.to(device, **kwargs), self.n_drawn)


def positive_contrast_loss(first: Tensor, second: Tensor) -> Tensor:
    r"""The published contrast: both projections of a spot should point the same way; there are no negatives.

    .. math:: L = -\frac{1}{N} \sum_i \log \left(\frac{1 + \cos(p^a_i, p^b_i)}{2}\right)^2

    Parameters
    ----------
    first, second
        Projections of the same spots in two modalities, shape (n_spots, n_latent); without spots the loss is zero.

    Returns
    -------
    A scalar.
    """
    cosine = F.cosine_similarity(first, second, dim=1, eps=1e-12)
    size = all_sum(cosine.new_tensor(float(len(cosine)))).clamp(min=1)
    return -all_sum(((1 + cosine) / 2).square().log().sum()) / size


def info_nce_loss(first: Tensor, second: Tensor, *, temperature: float = 0.5) -> Tensor:
    r"""Contrast with negatives (van den Oord et al. 2018): a spot should find itself in the other modality.

    .. math::
        L = -\frac{1}{2n} \sum_i \sum_{(a, b)} \log
        \frac{e^{\cos(p^a_i, p^b_i) / \tau}}{\sum_j e^{\cos(p^a_i, p^b_j) / \tau}}

    where (a, b) runs over both directions and i, j over the n spots given. The cost grows with :math:`n^2`: give a sample
    of the tissue, drawn again in each step.

    Parameters
    ----------
    first, second
        Projections of the same spots in two modalities, shape (n, n_latent).
    temperature
        :math:`\tau`: smaller values push the nearest negatives away harder.

    Returns
    -------
    A scalar.
    """
    similarity = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T / temperature
    itself = torch.arange(len(first), device=first.device)
    return (F.cross_entropy(similarity, itself) + F.cross_entropy(similarity.T, itself)) / 2


def _sampled_info_nce(first: Tensor, second: Tensor, pair: Pair, temperature: float) -> Tensor:
    if pair.n_drawn < 2:
        return 0 * (first.sum() + second.sum())  # with gradient: processes wait for that of every parameter
    return info_nce_loss(_gathered(first, pair), _gathered(second, pair), temperature=temperature)


def _gathered(projection: Tensor, pair: Pair) -> Tensor:
    """Projections of all drawn spots, those of other processes included."""
    if alone():
        return projection[pair.drawn]
    slots = projection.new_zeros((pair.n_drawn, projection.shape[1]))
    return all_sum(slots.index_copy(0, pair.slots, projection[pair.drawn]))


def _positive(first: Tensor, second: Tensor, pair: Pair, _: float) -> Tensor:
    if pair.both is not None:
        first, second = first[pair.both], second[pair.both]
    return positive_contrast_loss(first, second)


CONTRASTS: dict[str, Callable[[Tensor, Tensor, Pair, float], Tensor]] = {
    "info_nce": _sampled_info_nce,
    "positive": _positive,
}
"""Contrasts by name, called with two projections, the spots that have both modalities, and temperature."""
