"""Arrays that several methods start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))


def scaled(tissue: Tissue) -> dict[str, np.ndarray]:
    """Features by modality, each modality divided by its root mean square, so that none outweighs another by its units."""
    return {name: values / max(root_mean_square(values), 1e-12) for name, values in tissue.features.items()}


def concatenated(tissue: Tissue) -> np.ndarray:
    """Scaled features of all modalities side by side, shape (n, sum of d)."""
    return np.hstack(list(scaled(tissue).values()))


def nearest(coordinates: np.ndarray, k: int) -> sparse.csr_matrix:
    """Graph of exactly the ``k`` nearest spots, ties by order, symmetric by union."""
    from scipy.spatial import KDTree

    n = len(coordinates)
    _, column = KDTree(coordinates).query(coordinates, k=k + 1)
    itself = column == np.arange(n)[:, None]
    itself[:, -1] |= ~itself.any(axis=1)
    column = column[~itself].reshape(n, k)
    one_way = sparse.csr_matrix((np.ones(n * k), (np.repeat(np.arange(n), k), column.ravel())), shape=(n, n))
    return one_way.maximum(one_way.T)


def normalised(graph: sparse.csr_matrix) -> sparse.csr_matrix:
    r"""The smoothing operator :math:`D^{-1/2} (A + I) D^{-1/2}`."""
    linked = sparse.csr_matrix((graph != 0).astype(float)) + sparse.identity(graph.shape[0], format="csr")
    root = sparse.diags(1 / np.sqrt(np.asarray(linked.sum(axis=1)).ravel()))
    return (root @ linked @ root).tocsr()
