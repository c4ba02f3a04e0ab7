"""The features of a modality with less noise, and of spots that lack it, from share of signal and prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

PENALTIES = np.logspace(-4, 6, 41)
"""Penalties tried, in units of the number of spots over 1,000; the strongest leaves next to nothing but the mean."""

_ROWS = 2**14  # spots in double precision at a time; scikit-learn's RidgeCV takes all at once


@dataclass(frozen=True)
class Restored:
    """Features without noise."""

    values: np.ndarray  #: float32 of shape (n_spots, n_features)
    predicted: np.ndarray  #: share of the variance of each that is predicted without the modality itself, (n_features,)
    own: np.ndarray  #: what the spot's own measurement counts for, (n_features,)


def restore(values: np.ndarray, has: np.ndarray, predictors: Sequence[np.ndarray], share: np.ndarray) -> Restored:
    r"""Combine what is predicted of a spot and what was measured.

    .. math:: \hat x_i = \mu_i + K (x_i - \mu_i), \qquad \mu_i = P_i B, \qquad
        K_k = \max\Big(0,\ 1 - \frac{\sigma_k^2 (1 - w_k)}{\operatorname{var}(x_{\cdot k} - \mu_{\cdot k})}\Big)

    :math:`P_i` is what is known of the spot without its own measurement, B the :func:`ridge` regression on it,
    :math:`\sigma_k^2` the variance of a component and :math:`w_k` the share of signal in it. A spot's own measurement
    counts as far as it departs from what is predicted by more than noise does; where all is noise (:math:`w_k = 0`) the
    component is left out. A spot that lacks the modality gets :math:`\mu_i`.

    Parameters
    ----------
    values
        Components, (n_spots, n_components); rows of spots that lack the modality are not read.
    has
        Which spots have it, booleans (n_spots,).
    predictors
        What is known without it, each (n_spots, any number).
    share
        Share of signal in each component, as :func:`signal_share` gives it.
    """
    own, predicted = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    out, kept = np.zeros(values.shape, dtype=np.float32), np.flatnonzero(share > 0)
    if not len(kept):
        return Restored(out, predicted, own)
    known, measured = np.hstack(predictors), values[has][:, kept]
    expected = ridge(known[has], measured, known)
    residual = (measured - expected[has]).var(axis=0, dtype=np.float64)
    variance = measured.var(axis=0, dtype=np.float64)
    weight = 1 - variance * (1 - share[kept]) / np.maximum(residual, np.finfo(np.float64).tiny)
    own[kept] = np.clip(weight, 0, 1)
    predicted[kept] = np.clip(1 - residual / variance, 0, 1)
    expected[has] += (own[kept] * (measured - expected[has])).astype(np.float32)
    out[:, kept] = expected
    return Restored(out, predicted, own)


def signal_share(variance: np.ndarray, total: float, n_spots: int, n_features: int) -> np.ndarray:
    r"""What the scores of each component are multiplied by to lose the least of the signal to noise.

    Features are taken as a signal of few dimensions and noise of one variance :math:`\sigma^2`. With
    :math:`\gamma = p / n` of p features and n spots, noise alone gives components of variances up to
    :math:`(1 + \sqrt\gamma)^2 \sigma^2`; above that, with :math:`\lambda_k` the variance of a component in units of
    :math:`\sigma^2`, the factor of least squared error is

    .. math:: w_k = \sqrt{(\lambda_k - \gamma - 1)^2 - 4 \gamma} \; / \; \lambda_k

    (Gavish and Donoho 2017). The variance :math:`\sigma^2` is what the signal leaves of the total, found in turns with
    it.

    Variances of the components fall, (n_components,); ``total`` is that of all features, and both are of so many spots
    and features. The result has shape (n_components,), from 0 (all noise) to 1.
    """
    ratio, level = n_features / n_spots, total / n_features
    noise = level
    for _ in range(100):
        relative = variance / noise
        found = relative > (1 + np.sqrt(ratio)) ** 2
        excess = np.where(found, relative - 1 - ratio, 0)
        root = np.sqrt(np.maximum(excess**2 - 4 * ratio, 0))
        # Variance of the signal itself; noise adds to what is seen of it (Baik and Silverstein 2006).
        spike = np.where(found, (excess + root) / 2, 0)
        # At least a little: features without noise keep what separates them.
        before, noise = noise, max(total / n_features - noise * spike.sum() / n_features, 1e-6 * level)
        if abs(before - noise) <= 1e-9 * before:
            break
    return np.where(found, np.minimum(root / relative, 1), 0)


def ridge(predictors: np.ndarray, targets: np.ndarray, known: np.ndarray) -> np.ndarray:
    r"""Ridge regression of several targets, the penalty of each chosen by generalised cross-validation.

    .. math:: \hat B_t = (P^\top P + \lambda_t I)^{-1} P^\top Y_t, \qquad
        \lambda_t = \arg\min_\lambda \frac{\lVert Y_t - P \hat B_t(\lambda) \rVert^2}{(n - 1 - \operatorname{tr} H(\lambda))^2}

    of predictors scaled to variance one and targets less their mean (Golub, Heath and Wahba 1979). It fits predictors
    (n, n_predictors) and targets (n, n_targets) of the same spots, at least two, and predicts the targets from known
    ones (n_known, n_predictors), float32.
    """
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
    spare = np.maximum(n - 1 - (1 - left).sum(axis=1), 1)
    error = (rest + np.square(left) @ kept) / np.square(spare)[:, None]
    # With as many predictors as spots, a weak penalty leaves no error at all, whatever the targets are.
    error[:-1][spare[:-1] <= 1] = np.inf
    weights = axes @ (along / (power[:, None] + penalties[error.argmin(axis=0)])) / scale[:, None]
    out = np.empty((len(known), len(level)), dtype=np.float32)
    for begin in range(0, len(known), _ROWS):
        out[begin : begin + _ROWS] = known[begin : begin + _ROWS] @ weights + (level - centre @ weights)
    return out
