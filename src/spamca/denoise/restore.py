"""The features of a modality with less noise, and of spots that lack it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca.denoise.ridge import Ridge

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Restored:
    """Features without noise.

    Parameters
    ----------
    values
        Float32 of shape (n_spots, n_features).
    predicted
        Share of the variance of each feature that is predicted without the modality itself, (n_features,).
    own
        What the spot's own measurement counts for, (n_features,).
    """

    values: np.ndarray
    predicted: np.ndarray
    own: np.ndarray


def restore(values: np.ndarray, has: np.ndarray, predictors: Sequence[np.ndarray], share: np.ndarray) -> Restored:
    r"""Bring together what is predicted of a spot and what was measured.

    .. math:: \hat x_i = \mu_i + K (x_i - \mu_i), \qquad \mu_i = P_i B, \qquad
        K_k = \max\Big(0,\ 1 - \frac{\sigma_k^2 (1 - w_k)}{\operatorname{var}(x_{\cdot k} - \mu_{\cdot k})}\Big)

    :math:`P_i` is what is known of the spot without its own measurement, B the :class:`~spamca.denoise.ridge.Ridge` map from it,
    :math:`\sigma_k^2` the variance of a component and :math:`w_k` the share of signal in it. A spot's own measurement counts
    as far as it departs from what is predicted by more than noise does; where all is noise (:math:`w_k = 0`) the component is
    left out. A spot that lacks the modality gets :math:`\mu_i`.

    Parameters
    ----------
    values
        Components, (n_spots, n_components); rows of spots that lack the modality are not read.
    has
        Which spots have it, booleans (n_spots,).
    predictors
        What is known without it, each (n_spots, any number).
    share
        Share of signal in each component, as :func:`~spamca.denoise.noise.signal_share` gives it.
    """
    own, predicted = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    out, kept = np.zeros(values.shape, dtype=np.float32), np.flatnonzero(share > 0)
    if not len(kept):
        return Restored(out, predicted, own)
    known, measured = np.hstack(predictors), values[has][:, kept]
    expected = Ridge.fit(known[has], measured)(known)
    residual = (measured - expected[has]).var(axis=0, dtype=np.float64)
    variance = measured.var(axis=0, dtype=np.float64)
    weight = 1 - variance * (1 - share[kept]) / np.maximum(residual, np.finfo(np.float64).tiny)
    own[kept] = np.clip(weight, 0, 1)
    predicted[kept] = np.clip(1 - residual / variance, 0, 1)
    expected[has] += (own[kept] * (measured - expected[has])).astype(np.float32)
    out[:, kept] = expected
    return Restored(out, predicted, own)
