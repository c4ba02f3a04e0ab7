"""What neighbours share that the components of a modality do not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from spamca.features._features import Fitted

_FEATURES = 256  # made dense at a time


def unexplained(
    treated: np.ndarray | sparse.csr_matrix, fitted: Fitted, scores: np.ndarray, adjacency: sparse.csr_matrix
) -> np.ndarray:
    r"""How alike a spot and its neighbours are in what the components leave out.

    .. math:: r_i = \frac{1}{p} \, e_i \cdot \frac{1}{|N_i|} \sum_{j \in N_i} e_j, \qquad e_i = z_i - c - L s_i

    with z the treated features (n, p), c their means, and :math:`L s` what scores s (n, n_components) restore of them by the loadings
    of ``fitted``. ``adjacency`` is the spatial graph, symmetric, sparse of shape (n, n). Float64 of shape (n,), 0 for a spot without
    neighbours. Noise of single spots has mean 0 in it, however strong; a structure that the first tissue did not have, and that its
    components therefore do not hold, is shared by neighbours.
    """
    links = sparse.csr_matrix(adjacency != 0, dtype=np.float64)
    degree = np.asarray(links.sum(axis=1)).ravel()
    step = sparse.diags(1 / np.maximum(degree, 1)) @ links
    loadings, scores = np.asarray(fitted.loadings, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    # The products of e without e: loadings of the features that are there need not be orthonormal.
    restored = np.einsum("nr,nr->n", scores @ (loadings.T @ loadings) - 2 * scores, step @ scores)
    centre, shared = fitted.columns["centre"], np.zeros(len(scores))
    if isinstance(treated, np.ndarray):
        for begin in range(0, treated.shape[1], _FEATURES):
            columns = slice(begin, begin + _FEATURES)
            centred = treated[:, columns] - centre[columns]
            shared += np.einsum("np,np->n", centred, step @ centred)
    else:
        along = treated @ centre
        for begin in range(0, len(shared), 2**10):
            rows = slice(begin, begin + 2**10)
            shared[rows] = np.asarray(treated[rows].multiply(step[rows] @ treated).sum(axis=1)).ravel()
        shared += centre @ centre - along - step @ along
    return np.where(degree > 0, shared + restored, 0) / max(len(loadings), 1)
