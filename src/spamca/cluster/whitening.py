"""Points in coordinates without correlation and of unit variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spamca.cluster.readout import Affine

NEGLIGIBLE = 1e-5
"""Directions whose standard deviation is below this share of the largest are left out: they hold rounding."""


@dataclass(frozen=True)
class Whitened:
    """Whitened points.

    Parameters
    ----------
    points
        Shape (n, r), with mean 0 and the identity for covariance.
    scale
        Standard deviation of each direction before, falling, shape (r,).
    to_white
        The map to these coordinates.
    """

    points: np.ndarray
    scale: np.ndarray
    to_white: Affine

    @property
    def log_likelihood_shift(self) -> float:
        """What the mean log-likelihood of the points before whitening has above that of the whitened ones."""
        return -float(np.log(self.scale).sum())


def whiten(points: np.ndarray) -> Whitened:
    """Whiten points, shape (n, d); r is their rank, at most d and n - 1."""
    mean = points.mean(axis=0)
    centred = points - mean
    if centred.shape[0] > centred.shape[1]:
        variance, axes = np.linalg.eigh(centred.T @ centred / len(centred))
        axes = axes[:, ::-1]
        scores, scale = centred @ axes, np.sqrt(variance[::-1].clip(min=0))
    else:
        left, singular, axes = np.linalg.svd(centred, full_matrices=False)
        scores, scale, axes = left * singular, singular / np.sqrt(len(centred)), axes.T
    size = np.abs(points).max(initial=0)
    keep = (scale > NEGLIGIBLE * scale.max(initial=0)) & (scale > np.finfo(float).eps * size)
    axes = axes[:, keep] / scale[keep]
    return Whitened(np.ascontiguousarray(scores[:, keep] / scale[keep]), scale[keep], Affine(axes, mean @ axes))


def single_gaussian(white: Whitened) -> float:
    """Mean log-likelihood of whitened points under one Gaussian."""
    return -0.5 * white.scale.size * (1 + np.log(2 * np.pi))
