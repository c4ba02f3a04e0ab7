"""Components of a modality by how far they rise above what differs between neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags, identity

MIN_AUTOCORRELATION = 0.05
"""Components of which less is shared with the neighbours say nothing about domains."""

N_BLANKS = 30
"""Tissues of noise alone that show what is reached by chance."""

ANY, EACH = 4.0, 2.0
"""Standard deviations above the mean of such tissues that the first component has to reach for a modality to show any, and each other one:
of a hundred tissues of noise alone, about one shows any."""

REACHES = (1, 2, 4)
"""Hops within which spots count as neighbours. Each modality takes the reach at which it shares most beyond chance."""

MARGIN = 0.05
"""Share by which a farther reach has to show more than a nearer one: else a jitter would decide between two that show as much."""

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


class Neighbourhoods:
    """The neighbours of each spot at every reach, and what features without structure share with them; each found once.

    Parameters
    ----------
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    """

    def __init__(self, adjacency: csr_matrix) -> None:
        self.nearest = (adjacency != 0).astype(np.float64)
        self._within: dict[int, csr_matrix] = {1: self.nearest}
        self._chance: dict[tuple[int, int], tuple[float, float]] = {}

    def within(self, reach: int) -> csr_matrix:
        """Ones for every two spots at most ``reach`` hops apart, sparse of shape (n, n), without the spots themselves."""
        if reach not in self._within:
            step, reached = self.nearest + identity(self.nearest.shape[0], format="csr"), self.nearest
            for _ in range(reach - 1):
                reached = reached @ step
            reached = csr_matrix((np.ones(reached.nnz), reached.indices, reached.indptr), shape=reached.shape)
            reached = reached - diags(reached.diagonal())
            reached.eliminate_zeros()
            self._within[reach] = csr_matrix(reached)
        return self._within[reach]

    def chance(self, n_features: int, reach: int) -> tuple[float, float]:
        """Autocorrelation that the first of so many independent features reaches: mean and standard deviation.

        Where it is far below the least that counts, it is not drawn and zero.
        """
        if (n_features, reach) not in self._chance:
            self._chance[n_features, reach] = _chance(n_features, self.within(reach))
        return self._chance[n_features, reach]


def noise_whitening(values: np.ndarray, neighbourhoods: Neighbourhoods) -> tuple[Whitening, np.ndarray]:
    r"""Components that neighbours share, in units of what neighbours do not (Green et al. 1988).

    With :math:`\Sigma` the covariance of the features and :math:`N` that of their noise, half the mean outer product of the
    differences between neighbours, the pairs E of spots that are at most h hops apart,

    .. math::
        N = \frac{1}{2 |E|} \sum_{(i, j) \in E} (x_i - x_j)(x_i - x_j)^\top, \qquad
        \Sigma v = w N v, \qquad v^\top N v = 1,

    the component :math:`Xv` has noise of variance one and the spatial autocorrelation :math:`1 - 1/w` (that of
    maximum autocorrelation factors, Switzer and Green 1984). Kept are those above :data:`MIN_AUTOCORRELATION`, and above
    what as many features without any structure reach on the same graph (parallel analysis, Horn 1965): :data:`EACH` standard
    deviations above the mean of :data:`N_BLANKS` draws of independent normal features, where the first is :data:`ANY` above it.

    The more pairs, the less is reached by chance, and the fainter the components that show; the farther apart, the less is shared. The
    reach h is that of :data:`REACHES` at which the autocorrelations exceed what is :data:`ANY` above chance by most, summed over the
    components; a farther one has to show more by :data:`MARGIN`. Where
    nearest neighbours are so many that chance hides nothing, they decide alone.

    Parameters
    ----------
    values
        Features of one modality, finite, shape (n, d).
    neighbourhoods
        Neighbours of the n spots.

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
    d = centred.shape[1]
    if not d or not neighbourhoods.nearest.nnz:
        return Whitening(mean, np.zeros((len(mean), 0))), centred[:, :0]
    hidden = _least(neighbourhoods.chance(d, 1), EACH) > MIN_AUTOCORRELATION
    excess, axes = 0.0, np.zeros((d, 0))
    for reach in REACHES if hidden else (1,):
        autocorrelation, found = _factors(centred, neighbourhoods.within(reach))
        chance = neighbourhoods.chance(d, reach)
        if autocorrelation[0] <= _least(chance, ANY):
            continue
        kept = autocorrelation > _least(chance, EACH)
        beyond = float(np.maximum(autocorrelation - _least(chance, ANY), 0).sum())
        if beyond > (1 + MARGIN) * excess:
            excess, axes = beyond, found[:, kept]
    whole = np.zeros((len(mean), axes.shape[1]))
    whole[varying] = axes
    return Whitening(mean, whole), centred @ axes


def noise_whitened(values: np.ndarray, adjacency: csr_matrix) -> np.ndarray:
    """Components of :func:`noise_whitening`: float64 of shape (n, r), means 0, by falling autocorrelation."""
    return noise_whitening(values, Neighbourhoods(adjacency))[1]


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


def _least(chance: tuple[float, float], deviations: float) -> float:
    return max(MIN_AUTOCORRELATION, chance[0] + deviations * chance[1])


def _chance(n_features: int, neighbours: csr_matrix) -> tuple[float, float]:
    # Sample covariances between neighbours vary by 1 / (2 |E|), so that their eigenvalues end here (Wigner's semicircle).
    edge = np.sqrt(4 * n_features / neighbours.nnz)
    if 2 * edge < MIN_AUTOCORRELATION:
        return 0.0, 0.0
    rng = np.random.default_rng(0)
    blanks = (rng.standard_normal((neighbours.shape[0], n_features)) for _ in range(N_BLANKS))
    reached = [_factors(blank - blank.mean(axis=0), neighbours)[0][0] for blank in blanks]
    return float(np.mean(reached)), float(np.std(reached))
