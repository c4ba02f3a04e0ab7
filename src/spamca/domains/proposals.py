r"""Partitions from many starts at several scales, and their consensus.

At each scale h the components of all modalities, averaged over h hops, follow a mixture of Gaussians of one covariance,

.. math::
    q_{ik} \propto \prod_m \mathcal N\big((S^h x^m)_i; \mu^m_k, \Sigma^m + v_h I\big)^{w_m},

with :math:`v_h` the variance of the noise after averaging.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spamca._threads import in_blocks
from spamca.cluster.kmeans import fit_kmeans, seeded
from spamca.domains.consensus import consensus
from spamca.domains.gaussians import Emission
from spamca.domains.threads import fitting_threads, float_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spamca.domains.components import Components

_N_STEPS, _TOL = 40, 1e-3
_AT_ONCE = 48  # domains of several starts that are fitted side by side


def proposals(
    components: Components,
    n_domains: int,
    rng: np.random.Generator,
    *,
    scales: Sequence[int] | None = None,
    n_starts: int | None = None,
    n_groups: int = 1,
) -> tuple[np.ndarray, list[np.ndarray], list[list[np.ndarray]]]:
    """Fit mixtures from many starts at rising ``scales``, by default those of the settings.

    Each of several groups of starts is fitted to a random half of the spots, if that is enough; one group, to all.

    Returns the spots that were used, integers of shape (n_seen,), their soft partitions, group by group, float32 of shape
    (n_seen, K), and of each block its components at each scale, (n_seen, r).
    """
    settings, graph = components.settings, components.graph
    scales, n_starts = scales or settings.scales, n_starts or settings.n_starts
    spots = _drawn(components, max(settings.n_fitted, n_domains), rng)
    parts = [block.take(spots) for block in components.blocks]
    noise = graph.shrinkage(scales, rng)
    several = n_groups > 1 and len(spots) // 2 >= settings.min_spots * n_domains
    groups = [_half(len(spots), rng) if several else np.arange(len(spots)) for _ in range(n_groups)]
    out: list[list[np.ndarray]] = [[] for _ in groups]
    averaged = [components.smoothed(block, scales, spots) for block in components.blocks]
    with fitting_threads(len(spots)):
        for *at_scale, variance in zip(*averaged, noise, strict=True):
            blocks = [replace(block, values=values) for block, values in zip(parts, at_scale, strict=True)]
            level = replace(components, blocks=tuple(blocks), graph=graph.take(spots))
            for rows, found in zip(groups, out, strict=True):
                own = level.take(rows)
                for member in _fitted(own, n_domains, max(1, n_starts // n_groups), variance, rng):
                    found.append(carried(level, rows, member, noise=variance, keep=False) if several else member)
    return spots, [member for found in out for member in found], averaged


def agreed(components: Components, n_domains: int, rng: np.random.Generator) -> np.ndarray:
    """Consensus of all starts: float32 of shape (n, K), one entry of each row is one."""
    return next(replicates(components, n_domains, rng))


def replicates(components: Components, n_domains: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Consensus of all starts, and that of each group, which was fitted to half of the spots: like :func:`agreed`.

    The groups differ about as much as all data leave open (bootstrap by halves, Buja and Stuetzle 2006).
    """
    n_groups, settings = components.settings.n_groups, components.settings
    seen, found, averaged = proposals(components, n_domains, rng, n_groups=n_groups)
    each, member = len(found) // n_groups, np.eye(n_domains, dtype=np.float32)
    parts = (found, *(found[begin : begin + each] for begin in range(0, len(found), each)))
    partitions = (member[consensus(part, n_domains)] for part in parts)
    if float_of(components.n_spots) is np.float32:
        with fitting_threads(len(seen)):
            fitted = list(partitions)
        yield from (member[one] for one in _assigned(components, seen, averaged, fitted))
        return
    spread = components if len(seen) == components.n_spots else components.with_surroundings(settings.scales)
    for partition in partitions:
        yield member[carried(spread, seen, partition, noise=settings.noise).argmax(axis=1)]


def _assigned(
    components: Components,
    seen: np.ndarray,
    averaged: Sequence[Sequence[np.ndarray]],
    partitions: Sequence[np.ndarray],
) -> np.ndarray:
    r"""Most probable domains (B, n) of large tissue by B partitions (n_seen, K) of some of its spots, whose components are ``averaged``.

    As :func:`carried` finds them in the surroundings, but without these: :math:`\log p_{ik} = \sum_h (S^h x)_i a_{hk} + c_k`.
    """
    hops, settings = components.settings.scales, components.settings
    blocks = [replace(b.take(seen), values=np.hstack(own)) for b, own in zip(components.blocks, averaged, strict=True)]
    known, members = components.take(seen).having(blocks), np.stack(partitions, axis=2)
    score = np.zeros((components.n_spots, members[0].size), dtype=np.float32)

    def add(values: np.ndarray, gain: np.ndarray, rows: slice) -> None:
        score[rows] += values[rows] @ gain

    moments = Emission(known, noise=settings.noise).moments(members)
    for block, (_, _, means, within, _) in zip(components.blocks, moments, strict=True):
        toward = block.weight * np.linalg.solve(within, means.transpose(0, 2, 1))
        constant = -0.5 * (means.transpose(0, 2, 1) * toward).sum(axis=1)
        gains = np.split(toward.transpose(1, 2, 0).reshape(toward.shape[1], -1).astype(np.float32), len(hops))
        for values, gain in zip(components.smoothing(block, hops), gains, strict=True):
            in_blocks(partial(add, values, gain), len(score))
        there = np.ones(len(score)) if block.present is None else block.present
        in_blocks(
            partial(add, there.astype(np.float32)[:, None], constant.T.reshape(1, -1).astype(np.float32)), len(score)
        )
    of_rows = in_blocks(lambda rows: score[rows].reshape(-1, *members.shape[1:]).argmax(axis=1), len(score))
    found: np.ndarray = np.concatenate(of_rows)
    found[seen] = members.argmax(axis=1)
    return found.T


def carried(
    components: Components, seen: np.ndarray, member: np.ndarray, *, noise: float = 0.0, keep: bool = True
) -> np.ndarray:
    """Extend domains ``member`` (n_seen, K) of the spots ``seen`` to all by their features: float32 of shape (n, K), rows summing to one.

    ``noise`` is added to the covariance within domains. With ``keep`` the known domains stay as they are.
    """
    member = member.astype(np.float32)
    if len(seen) == components.n_spots:
        out = np.empty_like(member)
        out[seen] = member
        return out
    known = Emission(components.take(seen), noise=noise).tied(member)
    sizes = np.ones(member.shape[1]) if keep else np.maximum(member.sum(axis=0), 1e-3)
    out = Emission(components).under(known, sizes)
    if keep:
        out[seen] = member
    return out


def _half(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random half of n spots, in their order."""
    return np.sort(rng.choice(n, (n + 1) // 2, replace=False))


def _drawn(components: Components, most: int, rng: np.random.Generator) -> np.ndarray:
    """Spots to fit to, ordered by their values, so that random draws do not depend on the order of the spots."""
    leading = max((block.values[:, 0] for block in components.blocks), key=np.var)
    leading = leading * np.sign(np.sum(leading**3) or 1)
    order = np.argsort(leading, kind="stable")
    if len(order) <= most:
        return order
    return order[np.sort(rng.choice(len(order), most, replace=False))]


def _fitted(
    components: Components, n_domains: int, n_starts: int, noise: float, rng: np.random.Generator
) -> list[np.ndarray]:
    emission = Emission(components, noise=noise)
    points = np.hstack([np.sqrt(block.weight) * block.values for block in components.blocks]).astype(np.float32)
    whole = _most_complete(components, n_domains)
    out, size, member = [], max(1, _AT_ONCE // n_domains), np.eye(n_domains, dtype=np.float32)
    for begin in range(0, n_starts, size):
        now = np.zeros((len(points), n_domains, min(size, n_starts - begin)), dtype=np.float32)
        for start in range(now.shape[2]):
            now[whole, :, start] = member[kmeans(points[whole], n_domains, rng)]
        found = emission.mixture(now, _N_STEPS, _TOL)
        out += [np.ascontiguousarray(found[:, :, b]) for b in range(found.shape[2])]
    return out


def _most_complete(components: Components, n_domains: int) -> np.ndarray:
    """Spots for the starts: those with one set of modalities, as large a set as enough spots have."""
    patterns, which = np.unique(components.has, axis=0, return_inverse=True)
    size = np.bincount(which.ravel(), minlength=len(patterns))
    enough = size >= min(components.settings.min_spots * n_domains, size.max())
    best = max(np.flatnonzero(enough), key=lambda p: (patterns[p].sum(), size[p]))
    return np.flatnonzero(which.ravel() == best)


def kmeans(points: np.ndarray, n_clusters: int, rng: np.random.Generator) -> np.ndarray:
    """One k-means partition of points (n, d): integers of shape (n,)."""
    first = seeded(points, n_clusters, int(rng.integers(2**31)))
    return fit_kmeans(points, n_clusters, init=first, n_init=1, max_iter=5).labels_
