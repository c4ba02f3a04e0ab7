"""Alignment of the fused assignment with a high-confidence target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from spamca.nn.distributed import all_sum

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


def published_target(assignments: Sequence[Tensor]) -> Tensor:
    r"""The published target :math:`P = m^2 / \lVert m^2 \rVert_2` with :math:`m` the elementwise maximum; not a distribution.

    Parameters
    ----------
    assignments
        Soft assignments of the same spots, each (n_spots, n_clusters).

    Returns
    -------
    Shape (n_spots, n_clusters), detached.
    """
    sharp = torch.stack(list(assignments)).amax(dim=0).square().detach()
    return sharp / sharp.norm(dim=1, keepdim=True).clamp(min=1e-12)


def balanced_target(assignments: Sequence[Tensor]) -> Tensor:
    r"""Sharpened and frequency-balanced distribution (Xie et al. 2016) of the elementwise maximum.

    .. math:: P_{ik} \propto m_{ik}^2 / \sum_j m_{jk}, \qquad m = \max(y^1, \dots, y^M, y), \qquad \sum_k P_{ik} = 1

    Parameters
    ----------
    assignments
        Soft assignments of the same spots, each (n_spots, n_clusters).

    Returns
    -------
    Shape (n_spots, n_clusters), rows summing to one, detached.
    """
    strongest = torch.stack(list(assignments)).amax(dim=0).detach()
    sharp = strongest.square() / all_sum(strongest.sum(dim=0)).clamp(min=1e-12)
    return sharp / sharp.sum(dim=1, keepdim=True)


TARGETS: dict[str, Callable[[Sequence[Tensor]], Tensor]] = {"balanced": balanced_target, "published": published_target}
"""Targets by name, called with all soft assignments."""


def alignment_loss(assignment: Tensor, target: Tensor) -> Tensor:
    r"""Divergence of the fused assignment from the target.

    .. math:: L_{kl} = \frac{1}{N} \sum_i \sum_k P_{ik} (\log P_{ik} - \log y_{ik})

    Parameters
    ----------
    assignment
        :math:`y`, shape (n_spots, n_clusters).
    target
        :math:`P`, same shape, without gradient.

    Returns
    -------
    A scalar.
    """
    divergence = torch.xlogy(target, target) - target * (assignment + 1e-8).log()
    return all_sum(divergence.sum()) / all_sum(divergence.new_tensor(float(len(divergence))))
