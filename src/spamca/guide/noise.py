"""Components of a modality by how far they rise above what differs between neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_AUTOCORRELATION = 0.1
"""Components of which less is shared with the neighbours say nothing about domains."""

_FLOOR = 1e-3  # of the mean variance, added to the noise: directions without any stay bounded


def noise_whitened(values: np.ndarray, adjacency: csr_matrix) -> np.ndarray:
    r"""Components that neighbours share, in units of what neighbours do not (Green et al. 1988).

    With :math:`\Sigma` the covariance of the features and :math:`N` that of their noise, half the mean outer product of the
    differences along the edges E of the spatial graph,

    .. math::
        N = \frac{1}{2 |E|} \sum_{(i, j) \in E} (x_i - x_j)(x_i - x_j)^\top, \qquad
        \Sigma v = w N v, \qquad v^\top N v = 1,

    the component :math:`Xv` has noise of variance one and the spatial autocorrelation :math:`1 - 1/w` (that of
    maximum autocorrelation factors, Switzer and Green 1984). Kept are those above :data:`MIN_AUTOCORRELATION`, and above
    what features without any structure reach by chance, :math:`2 \sqrt{d / |E|}`.

    Parameters
    ----------
    values
        Features of one modality, finite, shape (n, d).
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).

    Returns
    -------
    Float64 of shape (n, r), means 0, by falling autocorrelation; r may be 0. Where the graph has no edge, the features as they
    are.
    """
    from scipy.linalg import eigh
    from scipy.sparse import triu

    centred = np.asarray(values, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    centred = centred[:, np.ptp(centred, axis=0) > 0]
    n, d = centred.shape
    edges = triu(adjacency, 1).tocoo()
    if not d or not edges.nnz:
        return centred
    total = centred.T @ centred / n
    # Half the mean outer product of differences, through the Laplacian: no array of edges by features is made.
    degree = np.asarray((adjacency != 0).sum(axis=1), dtype=np.float64).ravel()
    noise = (centred.T * degree) @ centred - centred.T @ ((adjacency != 0).astype(np.float64) @ centred)
    noise = noise / adjacency.nnz + _FLOOR * np.trace(total) / d * np.eye(d)
    ratio, axes = eigh(total, (noise + noise.T) / 2)
    ratio, axes = ratio[::-1], axes[:, ::-1]
    chance = 2 * np.sqrt(d / edges.nnz)
    keep = 1 - 1 / np.maximum(ratio, 1) > max(MIN_AUTOCORRELATION, chance)
    return centred @ axes[:, keep]
