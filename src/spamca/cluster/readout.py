"""What assigns points to clusters, apart from the points that the clusters were found in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spamca.cluster import em


@dataclass(frozen=True)
class Affine:
    """Points turned and shifted: :math:`x A - b`.

    Parameters
    ----------
    axes
        A, shape (d, r).
    shift
        b, shape (r,).
    """

    axes: np.ndarray
    shift: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """From (n, d) to (n, r), float64."""
        return np.asarray(points, dtype=np.float64) @ self.axes - self.shift

    def after(self, first: Affine) -> Affine:
        """Another map, and then this one."""
        return Affine(first.axes @ self.axes, first.shift @ self.axes + self.shift)

    @classmethod
    def identity(cls, d: int) -> Affine:
        """Points as they are."""
        return cls(np.eye(d), np.zeros(d))


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
        single = em.Mixtures(self.shares[None], self.means[None], self.covariance[None], np.zeros(1))
        return em.posterior(self.to_own(points), single)

    def take(self, order: np.ndarray) -> Readout:
        """Some of the clusters, in an order."""
        return replace(self, shares=self.shares[order], means=self.means[order])

    def beside(self, points: np.ndarray, belonging: np.ndarray) -> Readout:
        """The same with further clusters, of the shape of the others, around points (n, d) that belong to them (n, L)."""
        share = belonging.mean(axis=0)
        means = belonging.T @ self.to_own(points) / np.maximum(belonging.sum(axis=0), 1e-12)[:, None]
        shares = np.concatenate([self.shares * (1 - share.sum()), share])
        return replace(self, shares=shares, means=np.vstack([self.means, means]))

    def behind(self, first: Affine) -> Readout:
        """The same for points that a map leads to these."""
        return replace(self, to_own=self.to_own.after(first))


def spheres(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> Readout:
    """Equal spheres of equal shares around the means of clusters: a point belongs to the nearest.

    Parameters
    ----------
    points
        Shape (n, d).
    labels
        Integers below ``n_clusters``, shape (n,); each occurs, or its cluster lies in the origin.
    n_clusters
        Number of clusters K.
    """
    size = np.bincount(labels, minlength=n_clusters)
    means = np.column_stack([np.bincount(labels, weights=axis, minlength=n_clusters) for axis in points.T])
    means = means / np.maximum(size, 1)[:, None]
    variance = max(float(np.square(points - means[labels]).mean()), np.finfo(np.float64).tiny ** 0.5)
    d = points.shape[1]
    return Readout(Affine.identity(d), np.full(n_clusters, 1 / n_clusters), means, variance * np.eye(d))
