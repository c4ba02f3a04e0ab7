r"""Partitions from many starts at several scales, which a consensus is taken of.

At each scale h the components of all modalities, averaged over h hops, follow a mixture of Gaussians of one covariance,

.. math::
    q_{ik} \propto \prod_m \mathcal N\big((S^h x^m)_i; \mu^m_k, \Sigma^m + v_h I\big)^{w_m},

with :math:`v_h` the variance of noise that is left after averaging: no direction is taken for more certain than that.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.seeding import seeded
from spamca.guide.relaxation import Relaxation
from spamca.guide.smoothing import average, shrinkage
from spamca.guide.statistics import Statistics
from spamca.guide.surroundings import smoothed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

SCALES = (1, 2, 4, 8)
"""Hops over which components are averaged. Layers show at large scales, thin structures at small ones."""

N_EACH = 12
"""Starts per scale. More leave less to chance, and cost time in proportion."""

N_GROUPS = 4
"""Groups of starts, each fitted to a half of the spots: how they differ shows how far the domains depend on which spots were seen."""

SAMPLE = 5_000
"""Spots that partitions are fitted to; of larger tissue, a random sample. The averages are over all spots."""

FEWEST = 20
"""Spots for each domain from which a part of all spots suffices: those that have all modalities, or a half."""

_N_STEPS, _TOL = 40, 1e-3
_AT_ONCE = 48  # domains of several starts that are fitted side by side


def proposals(
    blocks: Sequence[Block],
    adjacency: csr_matrix,
    n_domains: int,
    rng: np.random.Generator,
    *,
    scales: Sequence[int] = SCALES,
    n_each: int = N_EACH,
    n_groups: int = 1,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Fit mixtures from many starts.

    Parameters
    ----------
    blocks
        Components of each modality, in units of noise.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_domains
        Number of domains K.
    rng
        Source of samples and starts.
    scales
        Rising numbers of hops.
    n_each
        Starts per scale.
    n_groups
        Groups of starts. Of several, each is fitted to a half of the spots, drawn at random, where that is enough; with one, to all.

    Returns
    -------
    The spots that were looked at, integers of shape (n_seen,), and their soft partitions, group by group, each float32 of shape
    (n_seen, K).
    """
    spots = _drawn(blocks, rng)
    parts = [block.take(spots) for block in blocks]
    noise = shrinkage(average(adjacency), scales, rng)
    several = n_groups > 1 and len(spots) // 2 >= FEWEST * n_domains
    groups = [_half(len(spots), rng) if several else np.arange(len(spots)) for _ in range(n_groups)]
    out = [[] for _ in groups]
    for at_scale, variance in zip(
        zip(*(smoothed(block, adjacency, scales) for block in blocks), strict=True), noise, strict=True
    ):
        level = [replace(part, values=values[spots]) for part, values in zip(parts, at_scale, strict=True)]
        for rows, found in zip(groups, out, strict=True):
            own = [block.take(rows) for block in level]
            for member in _fitted(own, n_domains, max(1, n_each // n_groups), variance, rng):
                found.append(carried(level, rows, member, noise=variance, keep=False) if several else member)
    return spots, [member for found in out for member in found]


def _half(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random half of n spots, in their order."""
    return np.sort(rng.choice(n, (n + 1) // 2, replace=False))


def _drawn(blocks: Sequence[Block], rng: np.random.Generator) -> np.ndarray:
    """Spots to fit to, ordered by their values: draws by position then depend on the tissue and not on the order of its spots."""
    leading = max((block.values[:, 0] for block in blocks), key=np.var)
    leading = leading * np.sign(np.sum(leading**3) or 1)
    order = np.argsort(leading, kind="stable")
    if len(order) <= SAMPLE:
        return order
    return order[np.sort(rng.choice(len(order), SAMPLE, replace=False))]


def _fitted(
    blocks: Sequence[Block], n_domains: int, n_starts: int, noise: float, rng: np.random.Generator
) -> list[np.ndarray]:
    n = len(blocks[0].values)
    relaxation = Relaxation(Statistics(blocks, n, noise=noise), None)
    points = np.hstack([np.sqrt(block.weight) * block.values for block in blocks]).astype(np.float32)
    whole = _most_complete(blocks, n_domains)
    out, size, member = [], max(1, _AT_ONCE // n_domains), np.eye(n_domains, dtype=np.float32)
    for begin in range(0, n_starts, size):
        now = np.zeros((n, n_domains, min(size, n_starts - begin)), dtype=np.float32)
        for start in range(now.shape[2]):
            now[whole, :, start] = member[kmeans(points[whole], n_domains, rng)]
        found = relaxation.mixture(now, _N_STEPS, _TOL)
        out += [np.ascontiguousarray(found[:, :, b]) for b in range(found.shape[2])]
    return out


def _most_complete(blocks: Sequence[Block], n_domains: int) -> np.ndarray:
    """Spots that starts are drawn from: those with the modalities that most spots have together, the more the better."""
    has = np.column_stack([np.ones(len(b.values), dtype=bool) if b.present is None else b.present for b in blocks])
    patterns, which = np.unique(has, axis=0, return_inverse=True)
    size = np.bincount(which.ravel(), minlength=len(patterns))
    enough = size >= min(FEWEST * n_domains, size.max())
    best = max(np.flatnonzero(enough), key=lambda p: (patterns[p].sum(), size[p]))
    return np.flatnonzero(which.ravel() == best)


def carried(
    blocks: Sequence[Block], seen: np.ndarray, member: np.ndarray, *, noise: float = 0.0, keep: bool = True
) -> np.ndarray:
    """Carry domains of some spots to all, through what they look like.

    Parameters
    ----------
    blocks
        Components of all n spots.
    seen
        Positions of the spots whose domains are known, (n_seen,).
    member
        Their domains, (n_seen, K).
    noise
        As in :class:`~spamca.guide.statistics.Statistics`.
    keep
        Whether the known domains stay as they are.

    Returns
    -------
    Float32 of shape (n, K), rows summing to one.
    """
    n, member = len(blocks[0].values), member.astype(np.float32)
    if len(seen) == n:
        out = np.empty_like(member)
        out[seen] = member
        return out
    parts = [block.take(seen) for block in blocks]
    known = Relaxation(Statistics(parts, len(seen), noise=noise), None).tied(member)
    sizes = np.ones(member.shape[1]) if keep else np.maximum(member.sum(axis=0), 1e-3)
    out = Relaxation(Statistics(blocks, n), None).emission_known(known, sizes)
    if keep:
        out[seen] = member
    return out


def kmeans(points: np.ndarray, n_clusters: int, rng: np.random.Generator) -> np.ndarray:
    """One k-means partition of points (n, d): integers of shape (n,)."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():  # of fewer distinct points than clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        first = seeded(points, n_clusters, int(rng.integers(2**31)))
        return KMeans(n_clusters, init=first, n_init=1, max_iter=5).fit(points).labels_
