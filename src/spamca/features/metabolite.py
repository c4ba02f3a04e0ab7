r"""Metabolites: intensities of ions in the pixels of mass spectrometry imaging, zero below a limit of detection.

.. math:: y_{ij} = x_{ij} \, \frac{\operatorname{median}_k t_k}{t_i}, \qquad t_i = \sum_l x_{il}, \qquad
    \tilde x_{ij} = \log\left(1 + \frac{y_{ij}}{\ell_j}\right), \qquad \ell_j = \exp(\mu_j - 1.645\, \sigma_j)

with t the total ion current of a spot, and :math:`\mu, \sigma` mean and deviation of :math:`\log y_{ij}` over the spots where ion j
was found, so that :math:`\ell_j` is a low quantile of what is found of it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, extent, is_counts, is_negative, looks_logged, on_rows
from spamca.features._blocks import depth as depth_of
from spamca.features._linear import depths, scaled_pca, treat_scaled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spamca.features._blocks import Matrix
    from spamca.features._features import Features, Fitted

LOW = 1.645
"""Standard deviations below the mean of logarithms: a twentieth of a normal distribution lies lower."""

RANGE = 30.0
"""Ratio of the largest value to the median of those found up to which small fractions are logarithms, not intensities."""

EVEN = 1e-3
"""Relative spread of the totals of spots up to which values were normalised to them, and are intensities however small."""


def prepare_metabolite(
    X: Matrix, *, n_components: int = 30, chosen: np.ndarray | None = None, random_state: int = 0, **_: Any
) -> Features:
    """Normalise to the median total ion current, log in units of what is just found of each ion, scale, principal components.

    Total ion current is the usual normalisation of imaging (the default of Cardinal; Bemis et al. 2015), the logarithm makes
    multiplicative noise additive. Zeros are ions below their limit of detection, not missing at random: they stay zero, and the
    least that is found of an ion lies at log 2 above, at every brightness of ions alike. ``chosen`` are the ions that are used,
    booleans (n_features,); the total is that of all.
    """
    if is_negative(X):
        msg = "it holds negative values, and intensities have none; values that were normalised or logged are of kind 'generic'"
        raise ValueError(msg)
    depth = _median_total(X)
    limit = _limits(X, depth)
    values = on_rows(partial(_logged, depth=depth, limit=limit), X)
    features = scaled_pca(values, n_components=n_components, chosen=chosen, random_state=random_state)
    return replace(
        features,
        steps=("total ion current", "log in detection limits", *features.steps),
        columns={**features.columns, "limit": limit},
        constants={**features.constants, "depth": depth},
    )


def treat_metabolite(X: Matrix, position: np.ndarray, fitted: Fitted) -> tuple[Matrix, Fitted]:
    """Treat other spots, at the total and limits of the first tissue; the total is that of the ions that both have."""
    if not is_intensity(X):
        msg = "it holds values that were normalised or logged, and the tissue of the training held intensities"
        raise ValueError(msg)
    depth, limit = fitted.constants["depth"], fitted.columns["limit"][position >= 0]
    return treat_scaled(X, position, fitted, lambda rows, columns: _logged(rows[:, columns], depth, limit))


def level_metabolite(X: Matrix) -> Matrix:
    """Logarithms of one plus intensities at the median total, in units of what is just found of each ion."""
    depth = _median_total(X)
    return on_rows(partial(_logged, depth=depth, limit=_limits(X, depth)), X)


def is_intensity(X: Matrix) -> bool:
    """Whether values are intensities: none is negative, and they do not look like logarithms."""
    if is_negative(X):
        return False
    if is_counts(X) or not looks_logged(X):
        return True
    totals = depth_of(X)
    totals = totals[totals > 0]
    if len(totals) > 1 and np.ptp(totals) <= EVEN * totals.mean():
        return True
    some = next(iter(X)) if isinstance(X, Blocks) else X
    found = np.asarray(some.data if sparse.issparse(some) else some)
    found = found[found > 0]
    return bool(found.size and extent(X)[1] > RANGE * np.median(found))


def _median_total(X: Matrix) -> float:
    totals = depths(X)
    return float(np.median(totals[totals > 0]))


def _limits(X: Matrix, depth: float) -> np.ndarray:
    """Low quantile of what is found of each feature at a total, (n_features,), 1 where nothing is."""
    number, first, second = np.zeros((3, X.shape[1]))
    blocks: Iterable[np.ndarray | sparse.csr_matrix] = X if isinstance(X, Blocks) else (X,)
    for rows in blocks:
        found = sparse.csr_matrix(_normalised(rows, depth))
        found.eliminate_zeros()
        logs = np.log(found.data)
        number += np.bincount(found.indices, minlength=len(number))
        first += np.bincount(found.indices, logs, minlength=len(number))
        second += np.bincount(found.indices, logs**2, minlength=len(number))
    mean = first / np.maximum(number, 1)
    deviation = np.sqrt(np.maximum(second / np.maximum(number, 1) - mean**2, 0))
    return np.exp(mean - LOW * deviation)


def _normalised(X: np.ndarray | sparse.csr_matrix, depth: float) -> np.ndarray | sparse.csr_matrix:
    """Values at one total, float64; spots that have nothing stay without."""
    total = depth_of(X)
    factor = np.where(total > 0, depth / np.where(total > 0, total, 1), 0)
    if sparse.issparse(X):
        return sparse.csr_matrix(sparse.diags(factor) @ sparse.csr_matrix(X, dtype=np.float64))
    return np.asarray(X, dtype=np.float64) * factor[:, None]


def _logged(X: np.ndarray | sparse.csr_matrix, depth: float, limit: np.ndarray) -> np.ndarray | sparse.csr_matrix:
    values = _normalised(X, depth)
    if isinstance(values, np.ndarray):
        return np.log1p(values / limit).astype(np.float32)
    values.data = np.log1p(values.data / limit[values.indices])
    return values.astype(np.float32)
