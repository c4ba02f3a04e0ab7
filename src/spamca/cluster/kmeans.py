"""k-means: round clusters of one size, their first centres, and samples of points."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.cluster.readout import Clustering, spheres

if TYPE_CHECKING:
    from scipy.sparse import spmatrix
    from sklearn.cluster import KMeans

FIT_SAMPLE = 50_000
"""Points that centres are fitted to; all are assigned."""


def kmeans(
    points: np.ndarray, n_clusters: int, *, connectivities: spmatrix | None = None, random_state: int = 0
) -> Clustering:
    r"""Cluster points by k-means, best of ten starts; arguments as in :func:`mixture`.

    The posterior is that of a mixture of equal spheres around the centres,
    :math:`p_{ik} \propto \exp(-\lVert x_i - \mu_k \rVert^2 / 2 \sigma^2)`, with :math:`\sigma^2` the mean variance
    within clusters. The record holds ``inertia`` over all points.
    """
    part = subsample(len(points), max(FIT_SAMPLE, n_clusters), np.random.default_rng(random_state))
    fitted = fit_kmeans(points[part], n_clusters, n_init=10, random_state=random_state)
    readout = spheres(points, fitted.predict(points), n_clusters)
    posterior = readout.posterior(points)
    return Clustering(posterior.argmax(axis=1), posterior, {"inertia": -float(fitted.score(points))}, readout)


def fit_kmeans(points: np.ndarray, n_clusters: int, **options: Any) -> KMeans:
    """scikit-learn's k-means with its options, fitted to points (n, d), without its warning of too few distinct points."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters, **options).fit(points)


def subsample(n: int, n_most: int, rng: np.random.Generator) -> np.ndarray | slice:
    """Index of all of n points, or of ``n_most`` drawn from them, in their order: cost stays linear."""
    return slice(None) if n <= n_most else np.sort(rng.choice(n, n_most, replace=False))


def seeded(points: np.ndarray, n_clusters: int, random_state: int) -> np.ndarray:
    r"""Greedy k-means++ (Arthur and Vassilvitskii 2007), K centres (K, d) of points (n, d), K at most n.

    Each centre is the best of a few points drawn by

    .. math:: P(i) \propto \min_{c} \lVert x_i - x_c \rVert^2,

    the one that most lowers the sum of these distances. The draws are those of :func:`sklearn.cluster.kmeans_plusplus`, in half its
    time (7 ms for ten centres of 5,000 points in 60 dimensions); the field seeds dozens of partitions.
    """
    from sklearn.utils import check_random_state

    random, n = check_random_state(random_state), len(points)
    n_tried = 2 + int(np.log(n_clusters))
    centred = points - points.mean(axis=0)
    norm = np.einsum("ij,ij->i", centred, centred)

    def distances(chosen: np.ndarray) -> np.ndarray:
        return np.maximum(norm + norm[chosen, None] - 2 * (centred[chosen] @ centred.T), 0)

    chosen = [min(int(random.random_sample() * n), n - 1)]
    nearest = distances(np.array(chosen))[0]
    for _ in range(1, n_clusters):
        level = np.cumsum(nearest, dtype=np.float64)
        tried = np.searchsorted(level, random.uniform(size=n_tried) * level[-1]).clip(max=n - 1)
        left = np.minimum(distances(tried), nearest)
        best = left.sum(axis=1).argmin()
        nearest = left[best]
        chosen.append(int(tried[best]))
    return points[chosen]
