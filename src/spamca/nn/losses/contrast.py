"""Contrast between modalities, spot by spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def positive_contrast_loss(first: Tensor, second: Tensor) -> Tensor:
    r"""The published contrast: both projections of a spot should point the same way; there are no negatives.

    .. math:: L = -\frac{1}{N} \sum_i \log \left(\frac{1 + \cos(p^a_i, p^b_i)}{2}\right)^2

    Parameters
    ----------
    first, second
        Projections of the same spots in two modalities, shape (n_spots, n_latent).

    Returns
    -------
    A scalar.
    """
    cosine = F.cosine_similarity(first, second, dim=1, eps=1e-12)
    return -((1 + cosine) / 2).square().log().mean()


def info_nce_loss(first: Tensor, second: Tensor, *, temperature: float = 0.5) -> Tensor:
    r"""Contrast with negatives (van den Oord et al. 2018): a spot should find itself in the other modality.

    .. math::
        L = -\frac{1}{2n} \sum_i \sum_{(a, b)} \log
        \frac{e^{\cos(p^a_i, p^b_i) / \tau}}{\sum_j e^{\cos(p^a_i, p^b_j) / \tau}}

    where (a, b) runs over both directions and i, j over the n spots given. The cost grows with :math:`n^2`: give a sample
    of the tissue, drawn anew in each step.

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


def _sampled_info_nce(first: Tensor, second: Tensor, n: int, temperature: float, generator: torch.Generator) -> Tensor:
    drawn = torch.randperm(len(first), generator=generator)[:n].to(first.device)
    return info_nce_loss(first[drawn], second[drawn], temperature=temperature)


CONTRASTS: dict[str, Callable[[Tensor, Tensor, int, float, torch.Generator], Tensor]] = {
    "info_nce": _sampled_info_nce,
    "positive": lambda first, second, *_: positive_contrast_loss(first, second),
}
"""Contrasts by name, called with two projections, number of spots to draw, temperature, and source of randomness."""
