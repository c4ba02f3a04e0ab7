"""Gaussian mixture with one shared full covariance (mclust's model "EEE"), from many starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster import em
from spamca.cluster.agreement import pairwise_rand
from spamca.cluster.coherence import Edges
from spamca.cluster.readout import Readout, spheres
from spamca.cluster.result import Clustering
from spamca.cluster.selection import select
from spamca.cluster.starts import Starts
from spamca.cluster.subsample import subsample
from spamca.cluster.whitening import Whitened, single_gaussian, whiten

if TYPE_CHECKING:
    from scipy.sparse import spmatrix

N_KMEANS = 8
"""k-means starts per metric, beside one of Ward's."""

START_SAMPLE = 2_000
"""Points that starts are tried on; hierarchical clustering costs their square."""

FIT_SAMPLE = 20_000
"""Points that finalists are fitted to; all are assigned."""

N_FINALISTS = 10
"""Distinct starts that are followed to the end."""

SAME = 0.98
"""Agreement from which two starts count as one."""


def mixture(
    points: np.ndarray,
    n_clusters: int,
    *,
    connectivities: spmatrix | None = None,
    selection: str | None = None,
    random_state: int = 0,
) -> Clustering:
    r"""Cluster points by a mixture of Gaussians of one shape.

    .. math:: p(x) = \sum_k \pi_k \mathcal N(x; \mu_k, \Sigma)

    Ward's and k-means partitions in three metrics start a short expectation maximisation on a sample; the distinct ones
    of highest likelihood are followed to the end. Which of the partitions near the highest likelihood is returned,
    ``selection`` decides.

    Parameters
    ----------
    points
        Shape (n, d). The result does not depend on their scale nor on linear maps of them, but for the starts.
    n_clusters
        Number of clusters K.
    connectivities
        Spatial graph, sparse of shape (n, n).
    selection
        One of :data:`~spamca.cluster.selection.SELECTIONS`; ``"coherence"`` needs ``connectivities``. None takes it where
        they are given, and else ``"agreement"``.
    random_state
        Seed of samples and k-means.

    Returns
    -------
    Clusters, possibly fewer than K where points coincide. The record holds ``log_likelihood`` of the returned mixture over
    all points, ``best_log_likelihood`` of the best one found, and ``selection``.
    """
    if selection is None:
        selection = "agreement" if connectivities is None else "coherence"
    white = whiten(points)
    if not white.scale.size:
        labels = np.zeros(len(points), dtype=np.int64)
        return Clustering(labels, np.ones((len(points), 1)), {"selection": selection}, spheres(points, labels, 1))
    rng = np.random.default_rng(random_state)
    tried, agreement = _try_starts(white, n_clusters, rng)
    part = subsample(len(points), max(FIT_SAMPLE, n_clusters), rng)
    fitted = em.fit(white.points[part], tried, max_iter=300, tol=1e-5)
    reached = em.log_likelihood(white.points, fitted)
    partitions = em.assign(white.points, fitted)
    gain = reached - single_gaussian(white)
    whole = np.array([len(np.unique(partition)) for partition in partitions]) == n_clusters
    coherence = np.zeros(len(fitted))
    if connectivities is not None:
        edges = Edges(connectivities, rng)
        coherence = edges.coherence(partitions[:, edges.spots])
    chosen = select(
        selection,
        gain=np.where(whole, gain, -np.inf) if whole.any() else gain,
        agreement=agreement,
        coherence=coherence,
    )
    best = fitted[chosen]
    readout = Readout(white.to_white, best.weights, best.means, best.covariance)
    posterior = em.posterior(white.points, fitted[[chosen]])
    total = len(points) * (reached + white.log_likelihood_shift)
    record = {
        "selection": selection,
        "log_likelihood": float(total[chosen]),
        "best_log_likelihood": float(total.max()),
    }
    return Clustering(posterior.argmax(axis=1), posterior, record, readout)


def _try_starts(white: Whitened, n_clusters: int, rng: np.random.Generator) -> tuple[em.Mixtures, np.ndarray]:
    """Distinct starts of highest likelihood after a few steps, and their mean agreement with all."""
    points = white.points[subsample(len(white.points), max(START_SAMPLE, n_clusters), rng)]
    partitions = Starts(points, white.scale, rng=rng, n_kmeans=N_KMEANS).partitions(n_clusters)
    tried = em.fit(points, em.from_partitions(points, partitions, n_clusters), max_iter=15, tol=1e-4)
    agreement = pairwise_rand(em.assign(points, tried))
    kept: list[int] = []
    for start in np.argsort(-tried.log_likelihood, kind="stable"):
        if len(kept) < N_FINALISTS and (agreement[start, kept] < SAME).all():
            kept.append(int(start))
    return tried[kept], agreement[kept].mean(axis=1)
