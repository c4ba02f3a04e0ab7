"""k-means: round clusters of one size."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.cluster.readout import Clustering, spheres
from spamca.cluster.seeding import subsample

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
