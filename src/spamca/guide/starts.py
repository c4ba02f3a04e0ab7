"""Partitions that the field starts from: mixtures of the features smoothed at several scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags, identity

from spamca.cluster import N_COMPONENTS, em, principal_components
from spamca.cluster.seeding import seeded
from spamca.cluster.starts import METRICS
from spamca.cluster.subsample import subsample
from spamca.cluster.whitening import whiten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCALES = (1, 2, 4, 8)
"""Hops over which the features are smoothed."""

N_EACH = 2
"""Starts per view, scale and metric."""

SAMPLE = 2_000
LEAST_WEIGHT = 0.5
"""Weight from which a modality proposes partitions of its own."""


def starts(
    views: Sequence[np.ndarray],
    components: np.ndarray,
    adjacency: csr_matrix,
    n_domains: int,
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Partitions to start from.

    Mixtures with one covariance, each from a k-means partition, of every view smoothed at every scale; and k-means of the
    noise-whitened components.

    Parameters
    ----------
    views
        Features to cluster: all modalities side by side, and each alone; each (n, d).
    components
        Noise-whitened components of all modalities, (n, r).
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_domains
        Number of domains K.
    rng
        Source of samples and seeds.

    Yields
    ------
    Integers below K, shape (n,).
    """
    step = average(adjacency)
    for view in views:
        smooth = np.asarray(view, dtype=np.float64)
        for scale in range(1, max(SCALES) + 1):
            smooth = step @ smooth
            if scale in SCALES and _vary(smooth):
                yield from _mixtures(principal_components(smooth, N_COMPONENTS), n_domains, rng)
    smooth = components
    for scale in range(1, 5):
        smooth = step @ smooth
        if scale != 3:
            for _ in range(N_EACH):
                yield kmeans(smooth, n_domains, rng)


def _vary(points: np.ndarray) -> bool:
    """Whether points differ by more than rounding: means of equal values do."""
    return bool(np.ptp(points, axis=0).max(initial=0) > 1e-9 * np.abs(points).max(initial=0))


def average(adjacency: csr_matrix) -> csr_matrix:
    """Mean over a spot and its neighbours, as a sparse matrix (n, n)."""
    looped = (adjacency != 0).astype(np.float64) + identity(adjacency.shape[0], format="csr")
    return csr_matrix(diags(1 / np.asarray(looped.sum(axis=1)).ravel()) @ looped)


def _mixtures(points: np.ndarray, n_domains: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    white = whiten(points)
    if not white.scale.size:
        return
    points = white.points.astype(np.float32)  # as exact as starts have to be, in half the time
    part = points[subsample(len(points), max(SAMPLE, n_domains), rng)]
    first = np.array(
        [
            kmeans(part * (white.scale**power).astype(np.float32), n_domains, rng)
            for power in METRICS
            for _ in range(N_EACH)
        ]
    )
    fitted = em.fit(part, em.from_partitions(part, first, n_domains), max_iter=20, tol=1e-3)
    yield from em.assign(points, fitted)


def kmeans(points: np.ndarray, n_clusters: int, rng: np.random.Generator) -> np.ndarray:
    """One k-means partition of points (n, d), fitted to a sample: integers of shape (n,)."""
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    sample = subsample(len(points), max(SAMPLE, n_clusters), rng)
    part = points if isinstance(sample, slice) else points[sample]
    with warnings.catch_warnings():  # of fewer distinct points than clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        first = seeded(part, n_clusters, int(rng.integers(2**31)))
        fitted = KMeans(n_clusters, init=first, n_init=1, max_iter=10).fit(part)
    return fitted.labels_ if part is points else fitted.predict(points)
