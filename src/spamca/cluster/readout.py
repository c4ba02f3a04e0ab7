"""What assigns points to clusters, apart from the points that the clusters were found in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spamca.cluster.reduction import Affine, whiten

RIDGE = 1e-6
"""Added to a covariance, in units of the points': keeps it invertible where clusters explain everything."""


@dataclass(frozen=True)
class Readout:
    r"""Gaussians of one shape, in coordinates of their own.

    .. math:: p_{ik} \propto \pi_k \, \mathcal N(x_i A - b; \mu_k, \Sigma)

    Parameters
    ----------
    to_own
        The map to these coordinates.
    shares
        :math:`\pi`, shape (K,).
    means
        Shape (K, r).
    covariance
        Shape (r, r).
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


def moments(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares (K,), means (K, d), and the covariance within clusters (d, d); the mean of an empty cluster is the origin."""
    size = np.bincount(labels, minlength=n_clusters)
    means = np.column_stack([np.bincount(labels, weights=axis, minlength=n_clusters) for axis in points.T])
    means = means / np.maximum(size, 1)[:, None]
    within = points - means[labels]
    ridge = RIDGE * np.diag(points.var(axis=0))
    return size / len(points), means, within.T @ within / len(points) + ridge


def alike(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> Readout:
    """Gaussians of the means and sizes of clusters and of the covariance within them (Fisher's linear discriminants).

    Directions in which the points do not vary are left out.
    """
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
