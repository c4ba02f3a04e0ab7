"""Contrast between modalities, spot by spot."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


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


def info_nce_loss(first: Tensor, second: Tensor, negatives: Tensor, *, temperature: float = 0.5) -> Tensor:
    r"""Contrast with sampled negatives (van den Oord et al. 2018): a spot should find itself in the other modality.

    .. math::
        L = -\frac{1}{2N} \sum_i \sum_{(a, b)} \log
        \frac{e^{\cos(p^a_i, p^b_i) / \tau}}{e^{\cos(p^a_i, p^b_i) / \tau} + \sum_{j \in J, j \ne i} e^{\cos(p^a_i, p^b_j) / \tau}}

    where (a, b) runs over both directions. The cost is linear in the number of spots.

    Parameters
    ----------
    first, second
        Projections of the same spots in two modalities, shape (n_spots, n_latent).
    negatives
        The set J, integers of shape (n_negatives,): more of them sharpen the contrast and cost memory in proportion.
    temperature
        :math:`\tau`: smaller values push the nearest negatives away harder.

    Returns
    -------
    A scalar.
    """
    first, second = F.normalize(first, dim=1), F.normalize(second, dim=1)
    positive = (first * second).sum(dim=1, keepdim=True) / temperature
    same = torch.arange(len(first), device=first.device)[:, None] == negatives
    total = first.new_zeros(())
    for one, other in ((first, second), (second, first)):
        against = (one @ other[negatives].T / temperature).masked_fill(same, -torch.inf)
        total = total + (torch.cat([positive, against], dim=1).logsumexp(dim=1) - positive.squeeze(1)).mean() / 2
    return total
