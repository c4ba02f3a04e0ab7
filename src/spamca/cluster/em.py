"""Expectation maximisation of Gaussian mixtures with one shared covariance, many starts at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RIDGE = 1e-6
"""Added to the shared covariance in units of the total one: keeps it invertible where clusters explain everything."""

MIN_WEIGHT = 1e-12
"""Floor of a component's weight: an emptied component stays where it was instead of dividing by zero."""

_BLOCK_VALUES = 2**16  # responsibilities held at a time: they stay in the processor's cache


@dataclass
class Mixtures:
    """Parameters of S mixtures of K components in r dimensions.

    Parameters
    ----------
    weights
        Shape (S, K), rows summing to one.
    means
        Shape (S, K, r).
    covariance
        Shape (S, r, r).
    log_likelihood
        Mean over points, shape (S,).
    """

    weights: np.ndarray
    means: np.ndarray
    covariance: np.ndarray
    log_likelihood: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, index: np.ndarray | slice) -> Mixtures:
        return Mixtures(self.weights[index], self.means[index], self.covariance[index], self.log_likelihood[index])


def from_labels(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> Mixtures:
    """Mixtures that hard assignments describe.

    Parameters
    ----------
    points
        Shape (n, r).
    labels
        Shape (S, n), integers below ``n_clusters``.
    n_clusters
        Number of components K.
    """
    n, r = points.shape
    scatter = points.T @ points / n
    counts = np.zeros((len(labels), n_clusters))
    sums = np.zeros((len(labels), n_clusters, r))
    for s, row in enumerate(labels):
        counts[s] = np.bincount(row, minlength=n_clusters)
        for j in range(r):
            sums[s, :, j] = np.bincount(row, weights=points[:, j], minlength=n_clusters)
    blank = Mixtures(counts, np.zeros_like(sums), np.empty((len(labels), r, r)), np.full(len(labels), -np.inf))
    return _maximise(counts, sums, n, scatter, blank)


def fit(points: np.ndarray, start: Mixtures, *, max_iter: int, tol: float) -> Mixtures:
    r"""Iterate from every start until the likelihood settles.

    .. math::
        r_{ik} \propto \pi_k \mathcal N(x_i; \mu_k, \Sigma), \quad
        \pi_k = \tfrac1n \sum_i r_{ik}, \quad
        \mu_k = \tfrac{\sum_i r_{ik} x_i}{n \pi_k}, \quad
        \Sigma = \tfrac1n \sum_i x_i x_i^\top - \sum_k \pi_k \mu_k \mu_k^\top

    A step costs O(S n K r): with one covariance the quadratic term of the density is common to all components, so
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
    The S mixtures; ``log_likelihood`` belongs to the returned parameters up to one step.
    """
    scatter = points.T @ points / len(points)
    active = np.arange(len(start))
    done = start[active]
    done.log_likelihood = np.full(len(start), -np.inf)
    for _ in range(max_iter):
        now = done[active]
        log_likelihood, counts, sums = _expect(points, now, scatter)
        rise = log_likelihood - now.log_likelihood
        now.log_likelihood = log_likelihood
        now = _maximise(counts, sums, len(points), scatter, now)
        for name in ("weights", "means", "covariance", "log_likelihood"):
            getattr(done, name)[active] = getattr(now, name)
        active = active[~(rise < tol)]
        if not len(active):
            break
    return done


def posterior(points: np.ndarray, mixtures: Mixtures) -> np.ndarray:
    """Responsibilities of shape (S, K, n)."""
    gain, bias = _linear(mixtures)
    return _softmax(gain, bias, points)[0]


def log_likelihood(points: np.ndarray, mixtures: Mixtures) -> np.ndarray:
    """Mean log-likelihood over points, shape (S,)."""
    return _expect(points, mixtures, points.T @ points / len(points))[0]


def _linear(mixtures: Mixtures) -> tuple[np.ndarray, np.ndarray]:
    # log(pi_k N(x; mu_k, Sigma)) = x' Sigma^-1 mu_k + bias_k + terms common to all k
    gain = np.linalg.solve(mixtures.covariance, mixtures.means.transpose(0, 2, 1)).transpose(0, 2, 1)
    bias = np.log(np.maximum(mixtures.weights, MIN_WEIGHT)) - 0.5 * (gain * mixtures.means).sum(axis=2)
    return gain, bias


def _softmax(gain: np.ndarray, bias: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    s, k, r = gain.shape
    out = (gain.reshape(s * k, r) @ points.T).reshape(s, k, len(points))
    out += bias[:, :, None]
    top = out.max(axis=1)
    out -= top[:, None]
    np.exp(out, out=out)
    total = out.sum(axis=1)
    out *= (1 / total)[:, None]
    return out, top + np.log(total)


def _expect(points: np.ndarray, now: Mixtures, scatter: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    (n, r), (s, k) = points.shape, now.weights.shape
    gain, bias = _linear(now)
    counts, sums, evidence = np.zeros((s, k)), np.zeros((s * k, r)), np.zeros(s)
    size = max(256, _BLOCK_VALUES // (s * k))
    for begin in range(0, n, size):
        block = points[begin : begin + size]
        share, log_sum = _softmax(gain, bias, block)
        evidence += log_sum.sum(axis=1)
        counts += share.sum(axis=2)
        sums += share.reshape(s * k, len(block)) @ block
    quadratic = np.trace(np.linalg.solve(now.covariance, np.broadcast_to(scatter, now.covariance.shape)), axis1=1, axis2=2)
    log_det = np.linalg.slogdet(now.covariance)[1]
    return evidence / n - 0.5 * (quadratic + log_det + r * np.log(2 * np.pi)), counts, sums.reshape(s, k, r)


def _maximise(counts: np.ndarray, sums: np.ndarray, n: int, scatter: np.ndarray, before: Mixtures) -> Mixtures:
    filled = counts > n * MIN_WEIGHT
    means = np.where(filled[:, :, None], sums / np.where(filled, counts, 1)[:, :, None], before.means)
    weights = counts / n
    scaled = np.sqrt(weights)[:, :, None] * means
    covariance = scatter - scaled.transpose(0, 2, 1) @ scaled + RIDGE * np.eye(scatter.shape[0])
    return Mixtures(weights, means, covariance, before.log_likelihood)
