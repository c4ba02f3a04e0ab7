"""Any other matrix: image features, reduced features, values that were normalised elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, on_rows
from spamca.features._linear import scaled_pca, treat_scaled

if TYPE_CHECKING:
    from spamca.features._blocks import Matrix
    from spamca.features._features import Features, Fitted

MOST_REDUCED = 300
"""Number of features up to which they may be components of others."""

CORRELATED = 0.1
"""Mean absolute correlation below which features count as components."""


def prepare_generic(
    X: Matrix, *, n_components: int = 30, chosen: np.ndarray | None = None, random_state: int = 0, **_: Any
) -> Features:
    """Scale real values and find principal components of all, or of those ``chosen``; what is components already stays as it is."""
    X = level_generic(X)
    options: dict[str, Any] = {"chosen": chosen, "random_state": random_state}
    return scaled_pca(X, n_components=n_components, reduced=chosen is None and is_reduced(X), **options)


def is_reduced(X: Matrix) -> bool:
    """Whether features look like components already: few, dense, and nearly uncorrelated."""
    if isinstance(X, Blocks) or sparse.issparse(X) or not 2 <= X.shape[1] <= MOST_REDUCED or X.shape[0] <= X.shape[1]:
        return False
    varying = X[:, np.ptp(X, axis=0) > 0]
    if varying.shape[1] < 2:
        return False
    correlation = np.abs(np.corrcoef(varying.T))
    n = len(correlation)
    return bool((correlation.sum() - n) / (n * (n - 1)) < CORRELATED)


def treat_generic(X: Matrix, position: np.ndarray, fitted: Fitted) -> tuple[Matrix, Fitted]:
    """Treat other spots, as they are."""
    return treat_scaled(X, position, fitted, lambda rows, columns: _single(rows)[:, columns])


def level_generic(X: Matrix) -> Matrix:
    """Values as they are, in single precision."""
    return on_rows(_single, X)


def _single(X: np.ndarray | sparse.csr_matrix) -> np.ndarray | sparse.csr_matrix:
    return sparse.csr_matrix(X, dtype=np.float32) if sparse.issparse(X) else np.asarray(X, dtype=np.float32, order="C")
