"""Weights that a network starts from, in closed form, and the filter over scales that they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from spamca.nn.settings import Settings
from spamca.nn.sparse import Adjacency, at, hops, in_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from spamca.nn.batch import Inputs
    from spamca.nn.model import SpaMCA


EMPTY = 1e-12
"""Share of its variance below which nothing is left of a feature at a scale."""

AT_ONCE = 2**25
"""Numbers of spots times features that are filtered together: an eighth of a gigabyte at each scale."""

_ROWS = 2**16


@torch.no_grad()
def start(network: SpaMCA, tissue: Inputs, tiles: Sequence[Tensor] | None = None) -> None:
    r"""Set the spatial encoders and the decoder to the best linear ones.

    With :math:`Y^m = \sum_s \hat A^s X^m \operatorname{diag}(g^m_s)` the filtered features (:func:`filters`),
    :math:`t_m` the trust in a modality, and :math:`V = [V^1; \dots; V^M]` the first principal axes of
    :math:`[t_1 Y^1 \Vert \dots \Vert t_M Y^M]`,

    .. math:: W^m_s = \operatorname{diag}(g^m_s)\, V^m, \qquad W^m_{dec} = V^{m\top} / t_m,

    so that the fused latent :math:`Z = \sum_m t_m Y^m V^m` holds as much of the filtered features as so many columns
    can. Nothing is drawn, and no order of spots, modalities or features matters. The tissue is where the network, of
    ``start="structure"``, is; large tissue is filtered in ``tiles``, spots (n,), one after another.
    """
    scales = network.settings.spatial_scales
    trust = network.fusion.get_buffer("trust")
    found = [filters(tissue.spatial, x, tissue.has(m), scales, tiles) for m, x in enumerate(tissue.features)]

    def spread(spots: Tensor | None) -> tuple[int, Tensor, Tensor]:
        """Number of spots, mean of their filtered features, and products of what differs from it."""
        near, around, n = _tile(tissue.spatial, spots, scales)
        filtered = []
        for m, (x, gains) in enumerate(zip(tissue.features, found, strict=True)):
            has, x = tissue.has(m), at(x, near)
            shown, out = x if has is None else x.masked_fill(~at(has, near)[:, None], 0), torch.zeros_like(x[:n])
            for scale, values in hops(around, shown, scales):
                out.addcmul_(values[:n], gains[scales.index(scale)])
            filtered.append(out.mul_(trust[m]))
        centres = [part.mean(dim=0) for part in filtered]
        products = torch.zeros((), dtype=torch.float64, device=trust.device)
        for chunks in zip(*(part.split(2**14) for part in filtered), strict=True):
            joint = torch.cat([chunk - centre for chunk, centre in zip(chunks, centres, strict=True)], dim=1).double()
            products = products + joint.T @ joint
        return n, torch.cat(centres).double(), products

    parts = in_tiles(spread, tiles, trust.device)
    centre = torch.stack([n * mean for n, mean, _ in parts]).sum(dim=0) / tissue.n_spots
    covariance = torch.stack([own + n * torch.outer(mean - centre, mean - centre) for n, mean, own in parts]).sum(dim=0)
    axes = torch.linalg.eigh(covariance)[1].flip(1)[:, : network.n_latent]
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    axes = (axes * largest.sign()).float()
    for m, part in enumerate(axes.split(tissue.n_features)):
        network.spatial_encoders[m].get_parameter("weight").copy_((found[m][:, :, None] * part).flatten(0, 1))
        network.decoder.weights[m].copy_(part.T / trust[m] if trust[m] > 0 else torch.zeros_like(part.T))


@torch.no_grad()
def filters(
    spatial: Adjacency, x: Tensor, has: Tensor | None, scales: Sequence[int], tiles: Sequence[Tensor] | None = None
) -> Tensor:
    r"""Filter of each feature that comes nearest to its signal (factorial kriging, Matheron 1982).

    A feature is a signal u that varies from spot to spot, and what no two spots share. With :math:`c_0` its variance
    and :math:`c_1, c_2` its covariance over one step and over two steps that do not return, the signal has the variance

    .. math:: \sigma^2 = c_1 + \rho\,(c_1 - c_2), \qquad 0 \le \sigma^2 \le c_0,

    with :math:`\rho` the reach of :class:`~spamca.nn.Settings`, and the filter :math:`g` of least squared error against
    the signal u, which nobody sees, solves

    .. math::
        \min_g \Big\lVert u - \sum_s g_s \hat A^s x \Big\rVert^2: \qquad
        \sum_t \langle \hat A^s x, \hat A^t x \rangle\, g_t = \langle \hat A^s x, x \rangle - (c_0 - \sigma^2) \operatorname{tr} \hat A^s

    Where the signal is smooth, far scales have the weight; where it changes from spot to spot, the spot itself; noise
    gets next to none. Traces beyond two hops fall with the number of hops, as chances to return do in the plane.

    Shape
    -----
    - x: features of one modality, (n_spots, n_features)
    - has: which spots have the modality, booleans (n_spots,), or None for all; rows of the others are not read
    - tiles: spots, integers (n,), that are looked at one after another, or None for all at once
    - output: :math:`g` for these scales (numbers of hops s), float32 (n_scales, n_features)
    """
    least, pooled = torch.finfo(torch.float64).tiny, Settings.filter_pooling
    size = len(x) if tiles is None else max(map(len, tiles))
    columns = x.split(max(1, AT_ONCE // size), dim=1)
    parts = zip(*(_products(spatial, some, has, scales, tiles) for some in columns), strict=True)
    variance, signal, power, along = (torch.cat(part, dim=-1) for part in parts)
    varies = variance > 0
    unit = torch.where(varies, variance, 1)
    power = power / unit
    along = (along - _traces(spatial, scales)[:, None] * (variance - signal)) / unit
    share = unit * varies / (unit * varies).sum().clamp(min=least)
    power = (1 - pooled) * power + pooled * (power @ share)[..., None]
    along = (1 - pooled) * along + pooled * (along @ share)[:, None]
    power, along = power.permute(2, 0, 1), along.T
    held = power.diagonal(dim1=1, dim2=2)
    # Averages may cancel to nothing: a scale that holds nothing has no gain.
    varied = held > EMPTY
    scale = torch.where(varied, held, 1).sqrt()
    along = torch.where(varied, along, 0)
    power = power / scale[:, :, None] / scale[:, None, :]
    power += Settings.filter_ridge * torch.eye(len(scales), dtype=power.dtype, device=x.device)
    found = torch.linalg.solve(power, along / scale) / scale
    return (found * varies[:, None]).T.float()


def _products(
    spatial: Adjacency, x: Tensor, has: Tensor | None, scales: Sequence[int], tiles: Sequence[Tensor] | None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of each feature its variance, that of its signal, and mean products: of every two scales, and of each scale with the feature itself.

    Shapes are (d,), (d,), (n_scales, n_scales, d) and (n_scales, d).
    """
    measured = torch.ones(len(x), dtype=torch.bool, device=x.device) if has is None else has
    if tiles is None:
        centre = (x if has is None else x[has]).mean(dim=0)
    else:
        own = tiles if has is None else [tile[has.cpu()[tile]] for tile in tiles]
        total = in_tiles(lambda spots: at(x, spots).sum(dim=0, dtype=torch.float64), own, x.device)
        centre = (torch.stack(total).sum(dim=0) / measured.sum().clamp(min=1)).to(x.dtype)

    def sums(spots: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        near, around, n = _tile(spatial, spots, scales)
        own = at(measured, near)
        apart = None if has is None else ~own[:, None]

        def there(values: Tensor) -> Tensor:
            return values if apart is None else values.masked_fill(apart[: len(values)], 0)

        shown = there(at(x, near) - centre)
        seen = {scale: there(values[:n]) for scale, values in hops(around, shown, scales)}
        power = torch.empty((len(scales), len(scales), x.shape[1]), dtype=torch.float64, device=x.device)
        for a, one in enumerate(scales):
            for b, other in enumerate(scales[: a + 1]):
                power[a, b] = power[b, a] = _sum(seen[one], seen[other])
        along = torch.stack([_sum(seen[scale], shown[:n]) for scale in scales])
        return _moments(around, shown, own, n), power, along

    moments, *products = (torch.stack(part).sum(dim=0) for part in zip(*in_tiles(sums, tiles, x.device), strict=True))
    power, along = (part / measured.sum().clamp(min=1) for part in products)
    return *_variances(moments), power, along


def _tile(spatial: Adjacency, spots: Tensor | None, scales: Sequence[int]) -> tuple[Tensor | None, Adjacency, int]:
    """Some spots and those that they see over all scales, the graph between them, and the number of the first; or the whole tissue."""
    if spots is None:
        return None, spatial, spatial.n_spots
    near = spatial.reached(spots, max(*scales, 1))
    return near, spatial.within(near), len(spots)


def _moments(spatial: Adjacency, x: Tensor, has: Tensor, n: int) -> Tensor:
    """Sums over the first n spots, (6, n_features), in double precision: of products over no step, one and two, and their numbers.

    Features x have mean zero, shape (n_spots, n_features), and zeros in spots that lack them, by booleans (n_spots,).
    """
    links = Adjacency(spatial.indptr, spatial.indices, (spatial.indices != spatial.row).to(x.dtype))
    measured = has[:, None].to(x.dtype)
    around, number, degree = (links.product(one)[:n] for one in (x, measured, torch.ones_like(measured)))
    x, measured = x[:n], measured[:n]
    one = (x * around).sum(dim=0, dtype=torch.float64)
    two = (around * around - degree * x * x).sum(dim=0, dtype=torch.float64)
    counts = (measured, measured * number, number * number - degree * measured)
    return torch.stack([_sum(x, x), one, two, *(part.double().sum().expand(x.shape[1]) for part in counts)])


def _variances(moments: Tensor) -> tuple[Tensor, Tensor]:
    r"""Variance of each feature and that of its signal, :math:`c_0` and :math:`\sigma^2` of :func:`filters`, from :func:`_moments`.

    Where there are no two neighbours, nothing separates signal from noise, and all is signal.
    """
    zero, one, two, n_zero, n_one, n_two = moments
    zero = zero / n_zero.clamp(min=1)
    if n_one[0] == 0:
        return zero, zero
    one = one / n_one
    if n_two[0] <= 0:
        return zero, one.clamp(min=0).minimum(zero)
    return zero, (one + Settings.filter_reach * (one - two / n_two)).clamp(min=0).minimum(zero)


def _sum(first: Tensor, second: Tensor) -> Tensor:
    """Sum of products, float64 of shape (n_features,)."""
    parts = zip(first.split(_ROWS), second.split(_ROWS), strict=True)  # small enough for the cache
    return torch.stack([(p * q).sum(dim=0, dtype=torch.float64) for p, q in parts]).sum(dim=0)


def _traces(spatial: Adjacency, scales: Sequence[int]) -> Tensor:
    """Mean of the diagonal of each power of the graph: a spot's own share in its surroundings; float64 (n_scales,)."""
    weights = spatial.weights.double()
    one = weights[spatial.indices == spatial.row].sum() / spatial.n_spots
    two = weights.square().sum() / spatial.n_spots
    known = {0: torch.ones_like(one), 1: one}
    return torch.stack([known.get(scale, 2 * two / max(scale, 1)) for scale in scales])
