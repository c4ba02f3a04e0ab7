r"""Components of a modality that neighbours share, in units of its noise, which they do not share (Green et al. 1988).

With :math:`\Sigma` the covariance of the features and :math:`N` that of their noise, half the mean outer product of the
differences between neighbours, the pairs E of spots that are at most h hops apart,

.. math::
    N = \frac{1}{2 |E|} \sum_{(i, j) \in E} (x_i - x_j)(x_i - x_j)^\top, \qquad
    \Sigma v = w N v, \qquad v^\top N v = 1,

the component :math:`Xv` has noise of variance one and the spatial autocorrelation :math:`1 - 1/w` (maximum autocorrelation factors,
Switzer and Green 1984). A component is kept if its autocorrelation exceeds ``min_autocorrelation``, and that of as many features
without structure on the same graph (parallel analysis, Horn 1965) by ``each_above`` standard deviations; a modality has components
only if the first exceeds chance by ``first_above``.

More pairs show fainter components, as less arises by chance, but spots farther apart share less. A modality takes the reach h of
``reaches`` at which its autocorrelations exceed chance by most in sum. Where there are so many nearest neighbours that chance hides
nothing, h is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca._threads import in_blocks
from spamca.domains.graph import rows_of
from spamca.domains.settings import DEFAULTS, DomainSettings
from spamca.domains.threads import float_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from spamca.domains.graph import Graph

_FLOOR = 1e-3  # of the mean variance, added to the noise: directions without noise stay bounded


@dataclass(frozen=True)
class Whitening:
    """The map from the features of a modality to its components."""

    mean: np.ndarray  #: mean of each feature, shape (d,)
    axes: np.ndarray  #: a component a column, shape (d, r); rows of features that do not vary are zero

    def components(self, values: np.ndarray) -> np.ndarray:
        """Components (n, r), float64, of features (n, d)."""
        return (np.asarray(values, dtype=np.float64) - self.mean) @ self.axes


def noise_whitening(
    values: np.ndarray, graph: Graph, settings: DomainSettings = DEFAULTS
) -> tuple[Whitening, np.ndarray]:
    """The map from finite features (n, d) to their components, and the components.

    These are of shape (n, r), of mean 0, by falling autocorrelation. r may be 0, as in a graph without edges.
    """
    n = len(values)
    seen = in_blocks(lambda rows: _seen(values[rows]), n)
    total, lowest, highest = zip(*seen, strict=True)
    mean, varying = np.asarray(sum(total)) / n, np.max(highest, axis=0) > np.min(lowest, axis=0)
    d = int(np.count_nonzero(varying))
    centred = np.empty((n, d), float_of(n))

    def centre(rows: slice) -> None:
        centred[rows] = (values[rows].astype(np.float64) - mean)[:, varying]

    in_blocks(centre, n)
    if not d or not graph.links.nnz:
        return Whitening(mean, np.zeros((len(mean), 0))), centred[:, :0]

    def least(reach: int, deviations: float) -> float:
        chance = _chance(d, graph, reach, settings)
        return max(settings.min_autocorrelation, chance[0] + deviations * chance[1])

    hidden = least(1, settings.each_above) > settings.min_autocorrelation
    excess, axes = 0.0, np.zeros((d, 0))
    for reach in settings.reaches if hidden else (1,):
        autocorrelation, found = _factors(centred, graph.within(reach))
        first = least(reach, settings.first_above)
        if autocorrelation[0] <= first:
            continue
        beyond = float(np.maximum(autocorrelation - first, 0).sum())
        if beyond > (1 + settings.reach_margin) * excess:
            excess, axes = beyond, found[:, autocorrelation > least(reach, settings.each_above)]
    whole = np.zeros((len(mean), axes.shape[1]))
    whole[varying] = axes
    out = np.empty((n, axes.shape[1]), centred.dtype)

    def project(rows: slice) -> None:
        out[rows] = centred[rows].astype(np.float64, copy=False) @ axes

    in_blocks(project, n)
    return Whitening(mean, whole), out


def _seen(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum of each feature, its smallest value and its largest."""
    return values.astype(np.float64).sum(axis=0), values.min(axis=0), values.max(axis=0)


def _factors(centred: np.ndarray, neighbours: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Autocorrelations of the components, falling, and their axes in columns."""
    from scipy.linalg import eigh

    n, d = centred.shape
    degree = np.diff(neighbours.indptr)

    def products(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        own, around = centred[rows].astype(np.float64, copy=False), rows_of(neighbours, rows) @ centred
        # Half the mean outer product of differences, through the Laplacian: no array of edges by features is made.
        return own.T @ own, (own.T * degree[rows]) @ own - own.T @ around

    total, noise = (sum(part) for part in zip(*in_blocks(products, n), strict=True))
    total = total / n
    noise = noise / neighbours.nnz + _FLOOR * np.trace(total) / d * np.eye(d)
    ratio, axes = eigh(total, (noise + noise.T) / 2)
    return 1 - 1 / np.maximum(ratio[::-1], 1), axes[:, ::-1]


def _chance(n_features: int, graph: Graph, reach: int, settings: DomainSettings) -> tuple[float, float]:
    """Autocorrelation of the first component of as many independent features: mean and standard deviation.

    Zero, without a draw, where it is far below ``min_autocorrelation``: sample covariances between neighbours vary by 1 / (2 |E|), so
    that their eigenvalues end at ``edge`` (Wigner's semicircle).
    """
    key = "chance", n_features, reach, settings.n_blanks, settings.min_autocorrelation
    if key not in graph.cache:
        neighbours = graph.within(reach)
        edge, reached = np.sqrt(4 * n_features / neighbours.nnz), [0.0]
        if 2 * edge >= settings.min_autocorrelation:
            rng = np.random.default_rng(0)
            blanks = (rng.standard_normal((graph.n_spots, n_features)) for _ in range(settings.n_blanks))
            reached = [_factors(blank - blank.mean(axis=0), neighbours)[0][0] for blank in blanks]
        graph.cache[key] = float(np.mean(reached)), float(np.std(reached))
    return graph.cache[key]
