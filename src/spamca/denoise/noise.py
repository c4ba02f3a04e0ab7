"""How much of a principal component is signal."""

from __future__ import annotations

import numpy as np

_N_STEPS, _TOL = 100, 1e-9
_LEAST = 1e-6  # of the mean variance: features without noise keep what tells them from each other


def signal_share(variance: np.ndarray, total: float, n_spots: int, n_features: int) -> np.ndarray:
    r"""What the scores of each component are multiplied by to lose the least of the signal to noise.

    Features are taken as a signal of few dimensions and noise of one variance :math:`\sigma^2`. With
    :math:`\gamma = p / n` of p features and n spots, noise alone gives components of variances up to
    :math:`(1 + \sqrt\gamma)^2 \sigma^2`; above that, with :math:`\lambda_k` the variance of a component in units of
    :math:`\sigma^2`, the factor of least squared error is

    .. math:: w_k = \sqrt{(\lambda_k - \gamma - 1)^2 - 4 \gamma} \; / \; \lambda_k

    (Gavish and Donoho 2017). The variance :math:`\sigma^2` is what the signal leaves of all variance, found in turns with it.

    Parameters
    ----------
    variance
        Variance of the components, falling, shape (n_components,).
    total
        Variance of all features together.
    n_spots, n_features
        Number of spots and features that the components were found on.

    Returns
    -------
    Shape (n_components,), from 0 (all noise) to 1.
    """
    ratio, level = n_features / n_spots, total / n_features
    noise = level
    for _ in range(_N_STEPS):
        relative = variance / noise
        found = relative > (1 + np.sqrt(ratio)) ** 2
        excess = np.where(found, relative - 1 - ratio, 0)
        root = np.sqrt(np.maximum(excess**2 - 4 * ratio, 0))
        # Variance of the signal itself; noise adds to what is seen of it (Baik and Silverstein 2006).
        spike = np.where(found, (excess + root) / 2, 0)
        before, noise = noise, max(total / n_features - noise * spike.sum() / n_features, _LEAST * level)
        if abs(before - noise) <= _TOL * before:
            break
    return np.where(found, np.minimum(root / relative, 1), 0)
