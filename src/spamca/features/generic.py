"""Any other matrix: image features, reduced features, metabolites, values that were normalised elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, on_rows
from spamca.features._linear import scaled_pca, treat_scaled

if TYPE_CHECKING:
    from spamca.features._features import Features
    from spamca.features._fitted import Fitted


MOST_REDUCED = 300
"""Features up to which they may be components of others."""

CORRELATED = 0.1
"""Mean absolute correlation below which they are taken for such."""


def prepare_generic(
    X: np.ndarray | sparse.csr_matrix | Blocks,
    *,
    n_components: int = 30,
    n_top_genes: int = 3000,
    random_state: int = 0,
) -> Features:
    """Scale and principal components; of features that are components already, all as they are.

    Parameters
    ----------
    X
        Real values, (n_spots, n_features).
    n_components
        Number of principal components.
    n_top_genes
        Not used; all features are kept.
    random_state
        Seed of the decomposition.
    """
    X = X.treat(_single) if isinstance(X, Blocks) else _single(X)
    return scaled_pca(X, n_components=n_components, random_state=random_state, reduced=is_reduced(X))


def is_reduced(X: np.ndarray | sparse.csr_matrix | Blocks) -> bool:
    """Whether features look like components already: few, dense, and hardly correlated."""
    if isinstance(X, Blocks) or sparse.issparse(X) or not 2 <= X.shape[1] <= MOST_REDUCED or X.shape[0] <= X.shape[1]:
        return False
    varying = X[:, np.ptp(X, axis=0) > 0]
    if varying.shape[1] < 2:
        return False
    correlation = np.abs(np.corrcoef(varying.T))
    n = len(correlation)
    return bool((correlation.sum() - n) / (n * (n - 1)) < CORRELATED)


def treat_generic(
    X: np.ndarray | sparse.csr_matrix | Blocks, position: np.ndarray, fitted: Fitted
) -> tuple[np.ndarray | sparse.csr_matrix | Blocks, Fitted]:
    """Treat other spots before the loadings are applied.

    Parameters
    ----------
    X
        Real values, (n_spots, n_features).
    position
        Column of each feature of the preparation, integers of shape (n_features,), -1 where it is missing: it counts as its
        mean.
    fitted
        The preparation.

    Returns
    -------
    Treated features (n_spots, n_known), and the preparation of those.
    """
    here = position >= 0
    known = on_rows(lambda rows: _single(rows)[:, position[here]], X)
    return treat_scaled(known, fitted.take(here))


def _single(X: np.ndarray | sparse.csr_matrix) -> np.ndarray | sparse.csr_matrix:
    return sparse.csr_matrix(X, dtype=np.float32) if sparse.issparse(X) else np.asarray(X, dtype=np.float32, order="C")
