"""Contrast between modalities at the level of clusters."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from spamca.nn.distributed import all_sum


def cluster_contrast_loss(first: Tensor, second: Tensor, *, temperature: float = 0.5) -> Tensor:
    r"""A cluster should gather the same spots in both modalities, and no cluster should be empty (Li et al. 2021).

    NT-Xent over the 2K columns of both assignments, equal columns being positives, plus for each assignment the
    distance of its mean :math:`\bar p` from uniform:

    .. math::
        L = \frac{1}{2K} \sum_{k=1}^{2K} -\log \frac{e^{\cos(c_k, c_{k'}) / \tau}}{\sum_{l \ne k} e^{\cos(c_k, c_l) / \tau}}
        + \sum_{a} \Big(\log K + \sum_k \bar p^a_k \log \bar p^a_k\Big)

    Parameters
    ----------
    first, second
        Soft assignments of the same spots in two modalities, shape (n_spots, n_clusters), rows summing to one.
    temperature
        :math:`\tau`: smaller values separate the clusters harder.

    Returns
    -------
    A scalar.
    """
    n_clusters = first.shape[1]
    columns = torch.cat([first, second], dim=1)
    overlap = all_sum(columns.T @ columns)  # cosines from sums over spots: no process needs the spots of another
    length = overlap.diagonal().clamp(min=1e-12).sqrt()
    similarity = overlap / (length[:, None] * length) / temperature
    similarity = similarity.masked_fill(torch.eye(2 * n_clusters, dtype=torch.bool, device=first.device), -torch.inf)
    partner = torch.arange(2 * n_clusters, device=first.device).roll(n_clusters)
    return F.cross_entropy(similarity, partner) + imbalance(first) + imbalance(second)


def imbalance(assignment: Tensor) -> Tensor:
    r"""How far the mean assignment is from uniform, :math:`\log K + \sum_k \bar p_k \log \bar p_k \ge 0`; a scalar."""
    size = all_sum(assignment.new_tensor(float(len(assignment)))).clamp(min=1)
    mean = all_sum(assignment.sum(dim=0)) / size
    return math.log(assignment.shape[1]) + torch.xlogy(mean, mean.clamp(min=1e-12)).sum()
