"""Gaussian mixture with one shared full covariance (mclust's model "EEE"), scikit-learn's, from many starts."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.agreement import Edges, pairwise_rand, select
from spamca.cluster.kmeans import fit_kmeans, subsample
from spamca.cluster.readout import Clustering, Readout, moments, spheres
from spamca.cluster.reduction import whiten

if TYPE_CHECKING:
    from scipy.sparse import spmatrix
    from sklearn.mixture import GaussianMixture

    from spamca.cluster.reduction import Whitened

N_STARTS = 12
"""k-means starts."""

START_SAMPLE = 2_000
"""Points that starts are tried on."""

FIT_SAMPLE = 20_000
"""Points that finalists are fitted to; all are assigned."""

N_FINALISTS = 5
"""Distinct starts that are fitted until they converge."""

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

    k-means partitions start a short expectation maximisation on a sample; the distinct ones of highest likelihood are fitted until
    they converge, and ``selection`` chooses among those near the highest.

    Parameters
    ----------
    points, n_clusters
        Points, shape (n, d), and the number of clusters K. But for the starts, linear maps of the points change nothing.
    connectivities
        Spatial graph, sparse of shape (n, n).
    selection
        One of ``cluster.SELECTIONS``; ``"coherence"`` needs ``connectivities``. None takes it where they are given, else ``"agreement"``.
    random_state
        Seed of samples and k-means.

    Returns
    -------
    Clusters, possibly fewer than K where points coincide. The record holds ``log_likelihood`` of the returned mixture over
    all points, ``best_log_likelihood`` of the best one found, and ``selection``.
    """
    selection = selection or ("agreement" if connectivities is None else "coherence")
    white = whiten(points)
    if not white.scale.size:
        labels = np.zeros(len(points), dtype=np.int64)
        return Clustering(labels, np.ones((len(points), 1)), {"selection": selection}, spheres(points, labels, 1))
    rng = np.random.default_rng(random_state)
    tried, agreement = _distinct_starts(white, n_clusters, rng)
    part = white.points[subsample(len(points), max(FIT_SAMPLE, n_clusters), rng)]
    fitted = [fit(part, (one.weights_, one.means_, one.covariances_), max_iter=300) for one in tried]
    log_likelihood = np.array([one.score(white.points) for one in fitted])
    partitions = np.array([one.predict(white.points) for one in fitted])
    whole = np.array([len(np.unique(partition)) for partition in partitions]) == n_clusters
    gain, coherence = log_likelihood - single_gaussian(white), np.zeros(len(fitted))
    if connectivities is not None:
        edges = Edges(connectivities, rng)
        coherence = edges.coherence(partitions[:, edges.spots])
    gain = np.where(whole, gain, -np.inf) if whole.any() else gain
    chosen = select(selection, gain=gain, agreement=agreement, coherence=coherence)
    best = fitted[chosen]
    readout = Readout(white.to_white, best.weights_, best.means_, best.covariances_)
    total = len(points) * (log_likelihood - np.log(white.scale).sum())  # of the points before whitening
    reached = {"log_likelihood": float(total[chosen]), "best_log_likelihood": float(total.max())}
    record = {"selection": selection, **reached}
    posterior = best.predict_proba(white.points).astype(np.float32)
    return Clustering(partitions[chosen], posterior, record, readout)


def _distinct_starts(
    white: Whitened, n_clusters: int, rng: np.random.Generator
) -> tuple[list[GaussianMixture], np.ndarray]:
    """Starts of highest likelihood after a few steps, and their mean agreement with all."""
    part = subsample(len(white.points), max(START_SAMPLE, n_clusters), rng)
    tried = starts(white, part, n_clusters, N_STARTS, rng)
    agreement = pairwise_rand(np.array([one.predict(white.points[part]) for one in tried]))
    kept: list[int] = []
    for start in np.argsort([-one.lower_bound_ for one in tried], kind="stable"):
        if len(kept) < N_FINALISTS and (agreement[start, kept] < SAME).all():
            kept.append(int(start))
    return [tried[start] for start in kept], agreement[kept].mean(axis=1)


def starts(
    white: Whitened, part: np.ndarray | slice, n_clusters: int, n_starts: int, rng: np.random.Generator
) -> list[GaussianMixture]:
    """Mixtures after a few steps from k-means partitions of some points before whitening.

    On 70 embeddings of 15 tissues, more starts of a higher likelihood (three metrics, and Ward's) gave no higher ARI: 0.523 to 0.527.
    """
    points, out = white.points[part], []
    for seed in rng.integers(2**31, size=n_starts):
        found = fit_kmeans(points * white.scale, n_clusters, n_init=1, max_iter=20, random_state=int(seed))
        out.append(fit(points, moments(points, found.labels_, n_clusters), max_iter=15))
    return out


def fit(points: np.ndarray, start: tuple[np.ndarray, np.ndarray, np.ndarray], *, max_iter: int) -> GaussianMixture:
    """Mixture of whitened points (n, r) by expectation maximisation from weights (K,), means (K, r) and a covariance (r, r)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    weights, means, covariance = start
    precision = np.linalg.inv(covariance)
    model = GaussianMixture(
        len(means),
        covariance_type="tied",
        tol=1e-4,
        max_iter=max_iter,
        weights_init=weights,
        means_init=means,
        precisions_init=(precision + precision.T) / 2,
        random_state=0,
    )
    with warnings.catch_warnings(), np.errstate(divide="ignore"):  # of too few steps, and of empty components
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(points)


def single_gaussian(white: Whitened) -> float:
    """Mean log-likelihood of whitened points under one Gaussian."""
    return -0.5 * white.scale.size * (1 + np.log(2 * np.pi))
