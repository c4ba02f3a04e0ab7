"""How much of a feature there is in a domain and outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.features import KINDS, Blocks
from spamca.features._blocks import is_negative, on_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from spamca.features._blocks import Matrix

PSEUDO = 0.01
"""Added to both means of a fold change, in counts at the depth of the preparation: fold changes of what is nowhere stay near 1."""


def levels(values: Matrix, kind: str, domains: np.ndarray, n_domains: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Fold changes and shares of spots.

    .. math:: \log_2 \frac{\bar x_k + 0.01}{\bar x_{\bar k} + 0.01}

    of counts at one depth; of centred log ratios, their difference in units of :math:`\log 2`.

    Parameters
    ----------
    values
        Features as :attr:`spamca.features.Kind.level` gives them, (n, p).
    kind
        Kind of the modality.
    domains, n_domains
        Domain of each spot, integers (n,) below K, -1 for spots to leave out, and K.

    Returns
    -------
    Logarithms of the fold changes to base 2, NaN for values that are neither counts or intensities nor their ratios; share of spots of
    the domain with a value above zero, and share of other spots, NaN where values may be negative. Each (K, p).
    """
    inside = (domains == np.arange(n_domains)[:, None]).astype(np.float64)
    outside = (domains >= 0) - inside
    weights = np.vstack([inside, outside])
    with np.errstate(invalid="ignore", divide="ignore"):
        weights /= weights.sum(axis=1, keepdims=True)
    weights[~np.isfinite(weights)] = np.nan
    counts, k = KINDS[kind].amounts, n_domains
    nothing = np.full((k, values.shape[1]), np.nan)
    if not counts and is_negative(values):
        return nothing, nothing, nothing
    share = product(weights, on_rows(_above_zero, values))
    if not counts:
        return nothing, share[:k], share[k:]
    if KINDS[kind].centred:
        mean = product(weights, values)
        return (mean[:k] - mean[k:]) / np.log(2), share[:k], share[k:]
    mean = product(weights, on_rows(np.expm1, values)) + PSEUDO
    return np.log2(mean[:k] / mean[k:]), share[:k], share[k:]


def product(weights: np.ndarray, values: Matrix) -> np.ndarray:
    """``weights @ values`` of (K, n) and (n, p), the values in memory or in blocks: float64 of shape (K, p)."""
    out, start = np.zeros((len(weights), values.shape[1])), 0
    for rows in values if isinstance(values, Blocks) else (values,):
        part = slice(start, start := start + rows.shape[0])
        out += np.asarray(weights[:, part] @ rows)
    return out


def _above_zero(rows: np.ndarray | csr_matrix) -> np.ndarray | csr_matrix:
    return (rows > 0) * np.float32(1)
