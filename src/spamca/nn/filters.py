"""The filter over scales that keeps of a feature what neighbours share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from spamca.nn.sparse import Adjacency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

REACH = 2.0
"""How far covariances are carried on: from those over one and two steps to none at all, on a line through both. On a lattice of
six neighbours, two steps that do not return lead 1.49 spacings away, and the line needs :math:`1 / 0.49`."""

POOLED = 0.5
"""Share of the normal equations that the features of a modality have in common: few spots tell little of one feature alone."""

RIDGE = 1e-2
"""Penalty on the filter, in units of the power of each scale."""


@torch.no_grad()
def filters(spatial: Adjacency, x: Tensor, has: Tensor | None, scales: Sequence[int]) -> Tensor:
    r"""Filter of each feature that comes nearest to its signal (factorial kriging, Matheron 1982).

    A feature is a signal u that varies from spot to spot, and what no two spots share. With :math:`c_0` its variance and
    :math:`c_1, c_2` its covariance over one step and over two steps that do not return, the signal has the variance

    .. math:: \sigma^2 = c_1 + \rho\,(c_1 - c_2), \qquad 0 \le \sigma^2 \le c_0,

    and the filter :math:`g` of least squared error against the signal u, which nobody sees, solves

    .. math::
        \min_g \Big\lVert u - \sum_s g_s \hat A^s x \Big\rVert^2: \qquad
        \sum_t \langle \hat A^s x, \hat A^t x \rangle\, g_t = \langle \hat A^s x, x \rangle - (c_0 - \sigma^2) \operatorname{tr} \hat A^s

    Where the signal is smooth, far scales have the weight; where it changes from spot to spot, the spot itself; noise gets
    next to none. Traces beyond two hops fall with the number of hops, as chances to return do in the plane.

    Parameters
    ----------
    spatial
        Normalised spatial graph of n_spots spots.
    x
        Features of one modality, (n_spots, n_features).
    has
        Which spots have the modality, booleans (n_spots,), or None for all; rows of the others are not read.
    scales
        Numbers of hops s.

    Returns
    -------
    :math:`g`, float32 of shape (n_scales, n_features).
    """
    n = len(x)
    has = torch.ones(n, dtype=torch.bool, device=x.device) if has is None else has
    x = (x - x[has].mean(dim=0)).masked_fill(~has[:, None], 0)
    variance, signal = variances(spatial, x, has)
    varies = variance > 0
    unit = torch.where(varies, variance, 1)
    seen, now = {0: x}, x
    for scale in range(1, max(scales) + 1):
        now = spatial.product(now)
        seen[scale] = now
    kept = [seen[scale].masked_fill(~has[:, None], 0) for scale in scales]
    power = torch.stack([torch.stack([_mean(p, q, has) for q in kept]) for p in kept]) / unit  # (n_scales, n_scales, d)
    along = torch.stack([_mean(p, x, has) for p in kept]) - _traces(spatial, scales)[:, None] * (variance - signal)
    along = along / unit
    share = unit * varies / (unit * varies).sum().clamp(min=torch.finfo(torch.float64).tiny)
    power = (1 - POOLED) * power + POOLED * (power @ share)[..., None]
    along = (1 - POOLED) * along + POOLED * (along @ share)[:, None]
    power, along = power.permute(2, 0, 1), along.T
    scale = power.diagonal(dim1=1, dim2=2).clamp(min=torch.finfo(torch.float64).tiny).sqrt()
    power = power / scale[:, :, None] / scale[:, None, :]
    power += RIDGE * torch.eye(len(scales), dtype=power.dtype, device=x.device)
    found = torch.linalg.solve(power, along / scale) / scale
    return (found * varies[:, None]).T.float()


def variances(spatial: Adjacency, x: Tensor, has: Tensor) -> tuple[Tensor, Tensor]:
    r"""Variance of each feature and that of its signal, :math:`c_0` and :math:`\sigma^2` of :func:`filters`.

    Where no two neighbours are, nothing tells them apart, and all is signal.

    Parameters
    ----------
    spatial
        Normalised spatial graph.
    x
        Features of mean zero, (n_spots, n_features), zero in spots that lack them.
    has
        Which spots have them, booleans (n_spots,).

    Returns
    -------
    Both float64 of shape (n_features,).
    """
    row = torch.repeat_interleave(torch.arange(len(x), device=x.device), spatial.indptr.diff())
    links = Adjacency(spatial.indptr, spatial.indices, (spatial.indices != row).to(x.dtype))
    measured = has[:, None].to(x.dtype)
    around, number = links.product(x), links.product(measured)
    degree = links.product(torch.ones_like(measured))
    zero = _mean(x, x, has)
    n_one, n_two = (float((part.double()).sum()) for part in (measured * number, number * number - degree * measured))
    if n_one == 0:
        return zero, zero
    one = (x * around).sum(dim=0, dtype=torch.float64) / n_one
    if n_two <= 0:
        return zero, one.clamp(min=0).minimum(zero)
    two = (around * around - degree * x * x).sum(dim=0, dtype=torch.float64) / n_two
    return zero, (one + REACH * (one - two)).clamp(min=0).minimum(zero)


def _mean(first: Tensor, second: Tensor, has: Tensor) -> Tensor:
    """Mean product over the spots that count, of features that are zero elsewhere: float64 of shape (n_features,)."""
    return (first * second).sum(dim=0, dtype=torch.float64) / has.sum().clamp(min=1)


def _traces(spatial: Adjacency, scales: Sequence[int]) -> Tensor:
    """Mean of the diagonal of each power of the graph: a spot's own share in its surroundings; float64 (n_scales,)."""
    row = torch.repeat_interleave(torch.arange(spatial.n_spots, device=spatial.indices.device), spatial.indptr.diff())
    weights = spatial.weights.double()
    one = weights[spatial.indices == row].sum() / spatial.n_spots
    two = weights.square().sum() / spatial.n_spots
    known = {0: torch.ones_like(one), 1: one}
    return torch.stack([known.get(scale, 2 * two / max(scale, 1)) for scale in scales])
