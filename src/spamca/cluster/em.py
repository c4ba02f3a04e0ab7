"""Expectation maximisation of Gaussian mixtures with one shared covariance, many starts at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

RIDGE = 1e-6
"""Added to the shared covariance, in units of the points': keeps it invertible where clusters explain everything."""

MIN_WEIGHT = 1e-12
"""Floor of a component's weight: an emptied component stays where it was instead of dividing by zero."""

_BLOCK_VALUES = 2**16  # responsibilities held at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Mixtures:
    """S mixtures of K components in r dimensions.

    Parameters
    ----------
    weights
        Shape (S, K), rows summing to one.
    means
        Shape (S, K, r).
    covariance
        Shape (S, r, r).
    log_likelihood
        Mean over the points fitted to, shape (S,); minus infinity before a fit.
    """

    weights: np.ndarray
    means: np.ndarray
    covariance: np.ndarray
    log_likelihood: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, index: np.ndarray) -> Mixtures:
        return Mixtures(*(getattr(self, field.name)[index] for field in fields(self)))


def from_partitions(points: np.ndarray, partitions: np.ndarray, n_clusters: int) -> Mixtures:
    """Mixtures that hard assignments describe.

    Parameters
    ----------
    points
        Shape (n, r).
    partitions
        Shape (S, n), integers below ``n_clusters``.
    n_clusters
        Number of components K. One that no point is assigned to starts without weight in the origin.

    Returns
    -------
    One mixture per partition.
    """
    n, r = points.shape
    counts, sums = np.zeros((len(partitions), n_clusters)), np.zeros((len(partitions), n_clusters, r))
    for s, partition in enumerate(partitions):
        counts[s] = np.bincount(partition, minlength=n_clusters)
        for j in range(r):
            sums[s, :, j] = np.bincount(partition, weights=points[:, j], minlength=n_clusters)
    weights, means, covariance = _maximise(counts, sums, np.zeros_like(sums), n, points.T @ points / n)
    return Mixtures(weights, means, covariance, np.full(len(partitions), -np.inf))


def fit(points: np.ndarray, start: Mixtures, *, max_iter: int, tol: float) -> Mixtures:
    r"""Iterate from every start until the likelihood settles.

    .. math::
        r_{ik} \propto \pi_k \mathcal N(x_i; \mu_k, \Sigma), \quad
        \pi_k = \tfrac1n \sum_i r_{ik}, \quad
        \mu_k = \tfrac{\sum_i r_{ik} x_i}{n \pi_k}, \quad
        \Sigma = \tfrac1n \sum_i x_i x_i^\top - \sum_k \pi_k \mu_k \mu_k^\top

    It computes in the precision of the points; what it estimates is in double precision. A step costs O(S n K r): with one covariance the quadratic term of the density is common to all components, so
    neither the points nor their outer products are transformed again.

    Parameters
    ----------
    points
        Shape (n, r).
    start
        S starts.
    max_iter
        Largest number of steps.
    tol
        A start rests when a step raises its mean log-likelihood by less than this.

    Returns
    -------
    The S mixtures; ``log_likelihood`` is that before the last step.
    """
    scatter = points.T @ points / len(points)
    done = Mixtures(start.weights.copy(), start.means.copy(), start.covariance.copy(), np.full(len(start), -np.inf))
    active = np.arange(len(start))
    for _ in range(max_iter):
        now = done[active]
        reached, counts, sums = _expect(points, now, scatter)
        weights, means, covariance = _maximise(counts, sums, now.means, len(points), scatter)
        done.weights[active], done.means[active], done.covariance[active] = weights, means, covariance
        done.log_likelihood[active] = reached
        active = active[reached - now.log_likelihood >= tol]
        if not len(active):
            break
    return done


def log_likelihood(points: np.ndarray, mixtures: Mixtures) -> np.ndarray:
    """Mean log-likelihood over points (n, r), shape (S,)."""
    return _expect(points, mixtures, points.T @ points / len(points))[0]


def assign(points: np.ndarray, mixtures: Mixtures) -> np.ndarray:
    """Most probable component of each point, integers of shape (S, n)."""
    out = np.empty((len(mixtures), len(points)), dtype=np.int32)
    for rows, score in _scores(points, mixtures):
        out[:, rows] = score.argmax(axis=1)
    return out


def posterior(points: np.ndarray, mixture: Mixtures) -> np.ndarray:
    """Probability of each component of a single mixture (S = 1), float32 of shape (n, K), rows summing to one."""
    out = np.empty((len(points), mixture.weights.shape[1]), dtype=np.float32)
    for rows, score in _scores(points, mixture):
        _softmax(score)
        out[rows] = score[0].T
    return out


def _scores(points: np.ndarray, mixtures: Mixtures) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of log(pi_k N(x; mu_k, Sigma)) without the terms common to all k: slices of points, and (S, K, block)."""
    s, k, r = mixtures.means.shape
    gain = np.linalg.solve(mixtures.covariance, mixtures.means.transpose(0, 2, 1)).transpose(0, 2, 1)
    bias = np.log(np.maximum(mixtures.weights, MIN_WEIGHT)) - 0.5 * (gain * mixtures.means).sum(axis=2)
    gain, bias = gain.astype(points.dtype, copy=False), bias.astype(points.dtype, copy=False)
    size = max(64, _BLOCK_VALUES // (s * k))
    for begin in range(0, len(points), size):
        rows = slice(begin, begin + size)
        block = points[rows]
        score = (gain.reshape(s * k, r) @ block.T).reshape(s, k, len(block))
        score += bias[:, :, None]
        yield rows, score


def _softmax(score: np.ndarray) -> np.ndarray:
    """Turn scores (S, K, n) into probabilities in place; returns the logarithm of their sums, (S, n)."""
    top = score.max(axis=1)
    score -= top[:, None]
    np.exp(score, out=score)
    total = score.sum(axis=1)
    score *= (1 / total)[:, None]
    return top + np.log(total)


def _expect(points: np.ndarray, now: Mixtures, scatter: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    s, k, r = now.means.shape
    counts, sums, evidence = np.zeros((s, k)), np.zeros((s * k, r)), np.zeros(s)
    for rows, score in _scores(points, now):
        evidence += _softmax(score).sum(axis=1)
        counts += score.sum(axis=2)
        sums += score.reshape(s * k, -1) @ points[rows]
    # The common quadratic term adds up to a trace over all points.
    everywhere = np.broadcast_to(scatter, now.covariance.shape)
    quadratic = np.trace(np.linalg.solve(now.covariance, everywhere), axis1=1, axis2=2)
    common = quadratic + np.linalg.slogdet(now.covariance)[1] + r * np.log(2 * np.pi)
    return evidence / len(points) - 0.5 * common, counts, sums.reshape(s, k, r)


def _maximise(
    counts: np.ndarray, sums: np.ndarray, before: np.ndarray, n: int, scatter: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    filled = counts > n * MIN_WEIGHT
    means = np.where(filled[:, :, None], sums / np.where(filled, counts, 1)[:, :, None], before)
    weights = counts / n
    scaled = np.sqrt(weights)[:, :, None] * means
    between = scaled.transpose(0, 2, 1) @ scaled
    return weights, means, scatter - between + RIDGE * np.diag(np.diag(scatter).clip(min=np.finfo(float).tiny))
