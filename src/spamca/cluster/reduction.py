"""Linear maps of points: principal components, which clusters are read from, and whitening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEGLIGIBLE = 1e-5
"""Directions whose standard deviation is below this share of the largest are left out: they hold rounding."""


@dataclass(frozen=True)
class Affine:
    """Points turned and shifted, :math:`x A - b`, with ``axes`` A of shape (d, r) and ``shift`` b of shape (r,)."""

    axes: np.ndarray
    shift: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """From (n, d) to (n, r), float64."""
        return np.asarray(points, dtype=np.float64) @ self.axes - self.shift

    def after(self, first: Affine) -> Affine:
        """Another map, and then this one."""
        return Affine(first.axes @ self.axes, first.shift @ self.axes + self.shift)


@dataclass(frozen=True)
class Whitened:
    """Points (n, r) with mean 0 and the identity for covariance, of rank r.

    ``scale`` is the standard deviation of each direction before, falling, shape (r,), and ``to_white`` the map to them.
    """

    points: np.ndarray
    scale: np.ndarray
    to_white: Affine


def principal_components(
    embedding: np.ndarray, n_components: int, *, random_state: int = 0
) -> tuple[np.ndarray, Affine]:
    """Principal components of an embedding (n, d), not rescaled, and the map to them.

    They are float64 of shape (n, r) with r at most ``n_components``, d and n. Fewer hide fine differences between clusters; more
    let noise in, as a mixture with full covariance weighs all of them alike. The seed is for the solver for wide embeddings.
    """
    from sklearn.decomposition import PCA

    embedding = np.asarray(embedding, dtype=np.float64)
    if not np.ptp(embedding, axis=0).any():
        return np.zeros((len(embedding), 1)), Affine(np.zeros((embedding.shape[1], 1)), np.zeros(1))
    pca = PCA(min(n_components, *embedding.shape), random_state=random_state)
    points = pca.fit_transform(embedding)
    return points, Affine(pca.components_.T, pca.components_ @ pca.mean_)


def whiten(points: np.ndarray) -> Whitened:
    """Whiten points (n, d). Not by scikit-learn's PCA, which keeps directions of rounding and scales them to variance one."""
    mean = points.mean(axis=0)
    left, singular, axes = np.linalg.svd(points - mean, full_matrices=False)
    scale, size = singular / np.sqrt(len(points)), np.abs(points).max(initial=0)
    keep = (scale > NEGLIGIBLE * scale.max(initial=0)) & (scale > np.finfo(float).eps * size)
    axes = axes[keep].T / scale[keep]
    return Whitened(left[:, keep] * np.sqrt(len(points)), scale[keep], Affine(axes, mean @ axes))
