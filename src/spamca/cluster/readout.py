"""What every clusterer returns: clusters, and Gaussians that assign other points to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from spamca.cluster.reduction import Affine, whiten

RIDGE = 1e-6
"""Added to a covariance, as a share of the variance of the points: keeps it invertible where clusters explain everything."""


@dataclass(frozen=True)
class Readout:
    r"""Gaussians of one shape, in coordinates of their own.

    .. math:: p_{ik} \propto \pi_k \, \mathcal N(x_i A - b; \mu_k, \Sigma)

    with ``to_own`` the map to these coordinates, ``shares`` :math:`\pi` (K,), ``means`` (K, r) and ``covariance`` (r, r).
    """

    to_own: Affine
    shares: np.ndarray
    means: np.ndarray
    covariance: np.ndarray

    def posterior(self, points: np.ndarray) -> np.ndarray:
        """Probability of each cluster, float32 of shape (n, K), from points (n, d)."""
        from scipy.special import softmax

        gain = np.linalg.solve(self.covariance, self.means.T)
        bias = np.log(np.maximum(self.shares, 1e-12)) - 0.5 * (gain * self.means.T).sum(axis=0)
        return softmax(self.to_own(points) @ gain + bias, axis=1).astype(np.float32)

    def take(self, order: np.ndarray) -> Readout:
        """Some of the clusters, in an order."""
        return replace(self, shares=self.shares[order], means=self.means[order])

    def behind(self, first: Affine) -> Readout:
        """The same for points that ``first`` maps to these."""
        return replace(self, to_own=self.to_own.after(first))


@dataclass(frozen=True)
class Clustering:
    """Clusters of n points.

    ``labels`` are integers (n,), ``posterior`` the probability of each cluster, (n, K), rows summing to one. ``record`` says how they
    were found, and ``readout`` assigns other points to them.
    """

    labels: np.ndarray
    posterior: np.ndarray
    record: dict[str, Any] = field(default_factory=dict)
    readout: Readout | None = None

    def by_size(self) -> Clustering:
        """The same clusters numbered by falling size; those without a point are left out."""
        size = np.bincount(self.labels, minlength=self.posterior.shape[1])
        order = np.argsort(-size, kind="stable")
        order = order[size[order] > 0]
        number = np.empty(len(size), dtype=np.int64)
        number[order] = np.arange(len(order))
        posterior = self.posterior[:, order]
        total = posterior.sum(axis=1, keepdims=True)
        # All of the probability of a point may lie in clusters that no point is in.
        posterior = np.where(total > 0, posterior / np.where(total > 0, total, 1), 1 / len(order))
        readout = None if self.readout is None else self.readout.take(order)
        return Clustering(number[self.labels], posterior.astype(np.float32), self.record, readout)


def moments(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares (K,), means (K, d), and the covariance within clusters (d, d); the mean of an empty cluster is the origin."""
    size = np.bincount(labels, minlength=n_clusters)
    sums = np.column_stack([np.bincount(labels, weights=axis, minlength=n_clusters) for axis in points.T])
    means = sums / np.maximum(size, 1)[:, None]
    within = points - means[labels]
    ridge = RIDGE * np.diag(points.var(axis=0))
    return size / len(points), means, within.T @ within / len(points) + ridge


def alike(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> Readout:
    """Gaussians of the means and sizes of clusters and the covariance within them, in directions in which the points vary."""
    white = whiten(points)
    if not white.scale.size:
        return spheres(points, labels, n_clusters)
    return Readout(white.to_white, *moments(white.points, labels, n_clusters))


def spheres(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> Readout:
    """Equal spheres of equal shares around the means of clusters: a point belongs to the nearest."""
    means = moments(points, labels, n_clusters)[1]
    variance = max(float(np.square(points - means[labels]).mean()), np.finfo(np.float64).tiny ** 0.5)
    d = points.shape[1]
    identity = Affine(np.eye(d), np.zeros(d))
    return Readout(identity, np.full(n_clusters, 1 / n_clusters), means, variance * np.eye(d))
