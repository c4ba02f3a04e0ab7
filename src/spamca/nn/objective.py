"""The losses and their weighted sum; where several processes share a batch, each gives the losses of the whole."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from spamca.nn.distributed import all_mean, all_sum, alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from spamca.nn.batch import Batch, Pair
    from spamca.nn.model import Output
    from spamca.nn.settings import Settings

TERMS = ("total", "reconstruction", "contrast", "cluster", "alignment")
"""Names of the losses."""


def losses(batch: Batch, output: Output, settings: Settings) -> dict[str, Tensor]:
    r"""All losses of one step.

    .. math:: L = \lambda_{recon} L_{recon} + \lambda_{contrast} L_{contrast}
              + \lambda_{cluster} L_{cluster} + \lambda_{kl} L_{kl}

    The pairwise losses average over the pairs of modalities and are zero for a single one; a spot counts in a pair only
    where it has both. A loss of weight zero is not computed, and is zero.

    Returns
    -------
    Scalars by name: ``"total"`` and, unweighted, ``"reconstruction"``, ``"contrast"``, ``"cluster"``, ``"alignment"``.
    """
    zero = batch.targets[0].new_zeros(())
    contrast, cluster, alignment = zero, zero, zero
    for pair, (a, b) in zip(batch.pairs, combinations(range(len(batch.seen)), 2), strict=True):
        if settings.contrast_weight > 0:
            contrast = contrast + _contrast(output.projections[a], output.projections[b], pair, settings)
        if settings.cluster_weight > 0:
            y_a, y_b = _in_both(output.assignments[a], pair), _in_both(output.assignments[b], pair)
            cluster = cluster + cluster_contrast_loss(y_a, y_b, temperature=settings.temperature)
    if settings.alignment_weight > 0:
        target = balanced_target if settings.target == "balanced" else published_target
        alignment = alignment_loss(output.assignments[-1], target(output.assignments))
    terms = {
        "reconstruction": sum(map(reconstruction_loss, batch.targets, output.restored), zero),
        "contrast": contrast / max(len(batch.pairs), 1),
        "cluster": cluster / max(len(batch.pairs), 1),
        "alignment": alignment,
    }
    total = sum((getattr(settings, f"{name}_weight") * term for name, term in terms.items()), zero)
    return {"total": total, **terms}


def reconstruction_loss(target: Tensor, restored: Tensor) -> Tensor:
    r"""Mean squared error over the set S of spots of one modality that are to be restored; zero where S is empty.

    .. math:: L_{recon} = \frac{1}{|S| d} \sum_{i \in S} \lVert x_i - \hat x_i \rVert^2

    Both tensors have shape (n_scored, n_features); the result is a scalar.
    """
    error = F.mse_loss(restored, target, reduction="sum")
    return all_sum(error) / all_sum(error.new_tensor(float(target.numel()))).clamp(min=1)


def _contrast(first: Tensor, second: Tensor, pair: Pair, settings: Settings) -> Tensor:
    """The contrast that the settings name, of the projections (n_spots, n_latent) of two modalities."""
    if settings.contrast == "positive":
        return positive_contrast_loss(_in_both(first, pair), _in_both(second, pair))
    if pair.n_drawn < 2:
        return 0 * (first.sum() + second.sum())  # with gradient, as any loss
    return info_nce_loss(_drawn(first, pair), _drawn(second, pair), temperature=settings.temperature)


def positive_contrast_loss(first: Tensor, second: Tensor) -> Tensor:
    r"""The published contrast: both projections of a spot should point the same way; there are no negatives.

    .. math:: L = -\frac{1}{N} \sum_i \log \left(\frac{1 + \cos(p^a_i, p^b_i)}{2}\right)^2

    Both tensors have shape (n_spots, n_latent); the result is a scalar, zero without spots.
    """
    cosine = F.cosine_similarity(first, second, dim=1, eps=1e-12)
    return -all_mean(((1 + cosine) / 2).square().log())


def info_nce_loss(first: Tensor, second: Tensor, *, temperature: float = 0.5) -> Tensor:
    r"""Contrast with negatives (van den Oord et al. 2018): a spot should find itself in the other modality.

    .. math::
        L = -\frac{1}{2n} \sum_i \sum_{(a, b)} \log
        \frac{e^{\cos(p^a_i, p^b_i) / \tau}}{\sum_j e^{\cos(p^a_i, p^b_j) / \tau}}

    where (a, b) runs over both directions and i, j over the n spots given. Both tensors have shape (n, n_latent); the
    result is a scalar. Cost grows with :math:`n^2`. A smaller temperature :math:`\tau` pushes the nearest negatives
    away harder.
    """
    similarity = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T / temperature
    itself = torch.arange(len(first), device=first.device)
    return (F.cross_entropy(similarity, itself) + F.cross_entropy(similarity.T, itself)) / 2


def cluster_contrast_loss(first: Tensor, second: Tensor, *, temperature: float = 0.5) -> Tensor:
    r"""A cluster should gather the same spots in both modalities, and no cluster should be empty (Li et al. 2021).

    NT-Xent over the 2K columns of both assignments, equal columns being positives, plus for each assignment the
    distance of its mean :math:`\bar p` from uniform:

    .. math::
        L = \frac{1}{2K} \sum_{k=1}^{2K} -\log \frac{e^{\cos(c_k, c_{k'}) / \tau}}{\sum_{l \ne k} e^{\cos(c_k, c_l) / \tau}}
        + \sum_{a} \Big(\log K + \sum_k \bar p^a_k \log \bar p^a_k\Big)

    Both tensors have shape (n_spots, K), rows summing to one; the result is a scalar. A smaller temperature
    :math:`\tau` separates the clusters harder.
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
    mean = all_mean(assignment)
    return math.log(assignment.shape[1]) + torch.xlogy(mean, mean.clamp(min=1e-12)).sum()


def alignment_loss(assignment: Tensor, target: Tensor) -> Tensor:
    r"""Divergence of the fused assignment y from a target P of high confidence.

    .. math:: L_{kl} = \frac{1}{N} \sum_i \sum_k P_{ik} (\log P_{ik} - \log y_{ik})

    Both tensors have shape (n_spots, n_clusters), the target without gradient; the result is a scalar.
    """
    divergence = torch.xlogy(target, target) - target * (assignment + 1e-8).log()
    return all_sum(divergence.sum()) / all_sum(divergence.new_tensor(float(len(divergence))))


def published_target(assignments: Sequence[Tensor]) -> Tensor:
    r"""The published target :math:`P = m^2 / \lVert m^2 \rVert_2`, m being the elementwise maximum; not a distribution.

    Assignments have shape (n_spots, n_clusters), as has the result, without gradient.
    """
    sharp = torch.stack(list(assignments)).amax(dim=0).square().detach()
    return sharp / sharp.norm(dim=1, keepdim=True).clamp(min=1e-12)


def balanced_target(assignments: Sequence[Tensor]) -> Tensor:
    r"""Sharpened and frequency-balanced distribution (Xie et al. 2016) of the elementwise maximum.

    .. math:: P_{ik} \propto m_{ik}^2 / \sum_j m_{jk}, \qquad m = \max(y^1, \dots, y^M, y), \qquad \sum_k P_{ik} = 1

    Assignments have shape (n_spots, n_clusters), as has the result, without gradient.
    """
    strongest = torch.stack(list(assignments)).amax(dim=0).detach()
    sharp = strongest.square() / all_sum(strongest.sum(dim=0)).clamp(min=1e-12)
    return sharp / sharp.sum(dim=1, keepdim=True)


def _in_both(x: Tensor, pair: Pair) -> Tensor:
    return x if pair.both is None else x[pair.both]


def _drawn(projection: Tensor, pair: Pair) -> Tensor:
    """Projections of all drawn spots, those of other processes included."""
    if alone():
        return projection[pair.drawn]
    slots = projection.new_zeros((pair.n_drawn, projection.shape[1]))
    return all_sum(slots.index_copy(0, pair.slots, projection[pair.drawn]))
