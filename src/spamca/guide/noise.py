"""Components of a modality by how far they rise above what differs between neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_AUTOCORRELATION = 0.05
"""Components of which less is shared with the neighbours say nothing about domains."""

N_BLANKS = 10
"""Tissues of noise alone that tell what is reached by chance."""

_FLOOR = 1e-3  # of the mean variance, added to the noise: directions without any stay bounded


@dataclass(frozen=True)
class Whitening:
    """The map from the features of a modality to its components.

    Parameters
    ----------
    mean
        Mean of each feature, shape (d,).
    axes
        A component a column, shape (d, r); rows of features that do not vary are zero.
    """

    mean: np.ndarray
    axes: np.ndarray

    def components(self, values: np.ndarray) -> np.ndarray:
        """Components (n, r), float64, of features (n, d)."""
        return (np.asarray(values, dtype=np.float64) - self.mean) @ self.axes


def noise_whitened(values: np.ndarray, adjacency: csr_matrix, *, drawn: dict[int, float] | None = None) -> np.ndarray:
    """Components of :func:`noise_whitening`: float64 of shape (n, r), means 0, by falling autocorrelation."""
    return noise_whitening(values, adjacency, drawn=drawn)[1]


def noise_whitening(
    values: np.ndarray, adjacency: csr_matrix, *, drawn: dict[int, float] | None = None
) -> tuple[Whitening, np.ndarray]:
    r"""Components that neighbours share, in units of what neighbours do not (Green et al. 1988).

    With :math:`\Sigma` the covariance of the features and :math:`N` that of their noise, half the mean outer product of the
    differences along the edges E of the spatial graph,

    .. math::
        N = \frac{1}{2 |E|} \sum_{(i, j) \in E} (x_i - x_j)(x_i - x_j)^\top, \qquad
        \Sigma v = w N v, \qquad v^\top N v = 1,

    the component :math:`Xv` has noise of variance one and the spatial autocorrelation :math:`1 - 1/w` (that of
    maximum autocorrelation factors, Switzer and Green 1984). Kept are those above :data:`MIN_AUTOCORRELATION`, and above
    what as many features without any structure reach on the same graph (parallel analysis, Horn 1965): two standard
    deviations above the mean of :data:`N_BLANKS` draws of independent normal features.

    Parameters
    ----------
    values
        Features of one modality, finite, shape (n, d).
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    drawn
        What features without structure reach on this graph, by their number: looked up, and added where it is missing.

    Returns
    -------
    The map, and the components: float64 of shape (n, r), means 0, by falling autocorrelation; r may be 0, and is where the
    graph has no edge: nothing tells signal from noise there.
    """
    centred = np.asarray(values, dtype=np.float64)
    mean = centred.mean(axis=0)
    centred = centred - mean
    varying = np.ptp(centred, axis=0) > 0
    centred = centred[:, varying]
    if not centred.shape[1] or not adjacency.nnz:
        return Whitening(mean, np.zeros((len(mean), 0))), centred[:, :0]
    neighbours = (adjacency != 0).astype(np.float64)
    autocorrelation, axes = _factors(centred, neighbours)
    drawn, d = {} if drawn is None else drawn, centred.shape[1]
    if d not in drawn:
        drawn[d] = _chance(d, neighbours)
    axes = axes[:, autocorrelation > max(MIN_AUTOCORRELATION, drawn[d])]
    whole = np.zeros((len(mean), axes.shape[1]))
    whole[varying] = axes
    return Whitening(mean, whole), centred @ axes


def _factors(centred: np.ndarray, neighbours: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Autocorrelations of the components, falling, and their axes in columns."""
    from scipy.linalg import eigh

    n, d = centred.shape
    total = centred.T @ centred / n
    # Half the mean outer product of differences, through the Laplacian: no array of edges by features is made.
    degree = np.asarray(neighbours.sum(axis=1)).ravel()
    noise = (centred.T * degree) @ centred - centred.T @ (neighbours @ centred)
    noise = noise / neighbours.nnz + _FLOOR * np.trace(total) / d * np.eye(d)
    ratio, axes = eigh(total, (noise + noise.T) / 2)
    return 1 - 1 / np.maximum(ratio[::-1], 1), axes[:, ::-1]


def _chance(n_features: int, neighbours: csr_matrix) -> float:
    """Autocorrelation that independent features reach. Where it is far below the least that counts, it is not drawn."""
    # Sample covariances between neighbours vary by 1 / (2 |E|), so that their eigenvalues end here (Wigner's semicircle).
    edge = np.sqrt(4 * n_features / neighbours.nnz)
    if 2 * edge < MIN_AUTOCORRELATION:
        return 0.0
    rng = np.random.default_rng(0)
    blanks = (rng.standard_normal((neighbours.shape[0], n_features)) for _ in range(N_BLANKS))
    reached = [_factors(blank - blank.mean(axis=0), neighbours)[0][0] for blank in blanks]
    return float(np.mean(reached) + 2 * np.std(reached))
