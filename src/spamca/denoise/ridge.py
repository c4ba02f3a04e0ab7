"""A linear map that is drawn to zero as far as its own errors ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTIES = np.logspace(-4, 6, 41)
"""Penalties tried, as multiples of the number of spots over 1,000; the strongest leaves next to nothing but the mean."""

_ROWS = 2**14  # spots taken to double precision at a time


@dataclass(frozen=True)
class Ridge:
    r"""Ridge regression of several targets, the penalty of each chosen by generalised cross-validation.

    .. math:: \hat B_t = (P^\top P + \lambda_t I)^{-1} P^\top Y_t, \qquad
        \lambda_t = \arg\min_\lambda \frac{\lVert Y_t - P \hat B_t(\lambda) \rVert^2}{(n - 1 - \operatorname{tr} H(\lambda))^2}

    of predictors scaled to variance one and targets less their mean (Golub, Heath and Wahba 1979). Cost is linear in the
    number of spots, and of them only a block is held in double precision.

    Parameters
    ----------
    weights
        Shape (n_predictors, n_targets), for predictors as they come.
    intercept
        Shape (n_targets,).
    freedom
        Degrees of freedom spent on each target, shape (n_targets,).
    """

    weights: np.ndarray
    intercept: np.ndarray
    freedom: np.ndarray

    @classmethod
    def fit(cls, predictors: np.ndarray, targets: np.ndarray) -> Ridge:
        """From predictors (n, n_predictors) and targets (n, n_targets) of the same spots, at least two."""
        n = len(predictors)
        centre, level = predictors.mean(axis=0, dtype=np.float64), targets.mean(axis=0, dtype=np.float64)
        inner = np.zeros((predictors.shape[1], predictors.shape[1]))
        across, square = np.zeros((predictors.shape[1], targets.shape[1])), np.zeros(targets.shape[1])
        for begin in range(0, n, _ROWS):
            p, y = predictors[begin : begin + _ROWS] - centre, targets[begin : begin + _ROWS] - level
            inner += p.T @ p
            across += p.T @ y
            square += np.square(y).sum(axis=0)
        spread = np.sqrt(np.diagonal(inner) / n)
        scale = np.where(spread > 1e-6 * max(spread.max(initial=0), np.finfo(np.float32).tiny), spread, np.inf)
        power, axes = np.linalg.eigh(inner / scale / scale[:, None])
        power = np.maximum(power, 0)
        along = axes.T @ (across / scale[:, None])  # of predictor i with target t, times the root of its power
        kept = np.divide(np.square(along), power[:, None], out=np.zeros_like(along), where=power[:, None] > 1e-9 * n)
        rest = np.maximum(square - kept.sum(axis=0), 0)
        penalties = PENALTIES * n / 1000
        left = penalties[:, None] / (power + penalties[:, None])  # (n_penalties, n_predictors)
        freedom = (1 - left).sum(axis=1)
        spare = np.maximum(n - 1 - freedom, 1)
        error = (rest + np.square(left) @ kept) / np.square(spare)[:, None]
        # With as many predictors as spots, a weak penalty leaves no error at all, whatever the targets are.
        error[:-1][spare[:-1] <= 1] = np.inf
        best = error.argmin(axis=0)
        weights = axes @ (along / (power[:, None] + penalties[best])) / scale[:, None]
        return cls(weights, level - centre @ weights, freedom[best])

    def __call__(self, predictors: np.ndarray) -> np.ndarray:
        """Targets that the predictors (n, n_predictors) predict: float32 of shape (n, n_targets)."""
        out = np.empty((len(predictors), len(self.intercept)), dtype=np.float32)
        for begin in range(0, len(predictors), _ROWS):
            out[begin : begin + _ROWS] = predictors[begin : begin + _ROWS] @ self.weights + self.intercept
        return out
