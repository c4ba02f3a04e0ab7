"""Any other matrix: image features, reduced features, metabolites, values that were normalised elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._linear import scaled_pca

if TYPE_CHECKING:
    from spamca.features._features import Features


def prepare_generic(
    X: np.ndarray | sparse.csr_matrix, *, n_components: int = 30, n_top_genes: int = 3000, random_state: int = 0
) -> Features:
    """Scale and principal components.

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
    X = sparse.csr_matrix(X, dtype=np.float32) if sparse.issparse(X) else np.asarray(X, dtype=np.float32, order="C")
    return scaled_pca(X, n_components=n_components, random_state=random_state)
