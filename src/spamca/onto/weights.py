r"""How much of each point of one modality belongs to each spot of another.

A point j stands for the tissue around it, a disc :math:`B_j` whose area is that of one point at the density of all; so does a spot
i, :math:`A_i`. The share of a point that belongs to a spot is

.. math:: s_{ij} = \frac{|A_i \cap B_j|}{|B_j|} \; \text{(area)}, \qquad
    s_{ij} = \exp\!\left(-\frac{\lVert a_i - b_j \rVert^2}{2 h^2}\right) \; \text{(kernel)}, \qquad
    s_{ij} = \big[\, i = \arg\min_k \lVert a_k - b_j \rVert \,\big] \; \text{(nearest)}

A spot that has no share in any point takes the nearest one whole if that is within reach, and lacks the modality if not. By nearest
spots it also lacks the modality where points are sparser than spots: most spots would repeat a point of their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = ("area", "kernel", "nearest")
"""Ways to divide points among spots."""

NEIGHBORS = (4, 18)
"""Nearest points whose distances give the density; single ones depend on the lattice."""

SPARSER = 1.25
"""Spacing of points, in spacings of the spots, beyond which they are sparser than spots."""

SAMPLE = 20_000
"""Points at which the density is measured."""

BANDWIDTH = 0.5
"""Standard deviation of the kernel, in units of the root mean square of both spacings."""

CUT = 3.0
"""Standard deviations at which the kernel ends."""


@dataclass(frozen=True)
class Shares:
    """Shares of points in spots.

    ``divided`` and ``whole`` are sparse, (n_spots, n_points): shares, and ones where a spot without a share takes the nearest
    point. ``distance`` is that to the nearest point, (n_spots,).
    """

    divided: sparse.csr_matrix
    whole: sparse.csr_matrix
    distance: np.ndarray

    @property
    def covered(self) -> np.ndarray:
        """Which spots have the modality, booleans (n_spots,)."""
        return self.n_points > 0

    @property
    def n_points(self) -> np.ndarray:
        """Number of points that give to each spot, integers (n_spots,)."""
        return np.diff((self.divided + self.whole).indptr)

    @property
    def n_used(self) -> int:
        """Number of points that give to any spot."""
        return len(np.unique(np.concatenate([self.divided.indices, self.whole.indices])))

    def among(self, which: np.ndarray) -> Shares:
        """The same where only some points, booleans (n_points,), have something to give."""
        if which.all():
            return self
        given = sparse.diags(which.astype(np.float64))
        divided, whole = (sparse.csr_matrix(shares @ given) for shares in (self.divided, self.whole))
        divided.eliminate_zeros()
        whole.eliminate_zeros()
        return Shares(divided, whole, self.distance)

    def of(self, which: np.ndarray) -> Shares:
        """The shares of some points, booleans (n_points,), without the others."""
        return self if which.all() else Shares(self.divided[:, which], self.whole[:, which], self.distance)

    def means(self) -> sparse.csr_matrix:
        """Weights that sum to 1 in every covered spot, sparse, (n_spots, n_points)."""
        both = sparse.csr_matrix(self.divided + self.whole)
        total = np.asarray(both.sum(axis=1)).ravel()
        return sparse.csr_matrix(sparse.diags(1 / np.where(total > 0, total, 1)) @ both)


def spacing(points: np.ndarray) -> float:
    r"""Side of the square that each of the points (n, 2) has for itself, from the distances of near ones.

    .. math:: \ell = \operatorname{median}_{i, k} \sqrt{\pi / (k + 1/2)}\; d_{ik}

    with d the distance from point i to its k-th nearest. Points at the same place count once; 1 where there is a single place.
    """
    places = np.unique(points, axis=0)
    if len(places) < 2:
        return 1.0
    last = min(NEIGHBORS[1], len(places) - 1)
    first = min(NEIGHBORS[0], last)
    some = places[:: max(1, len(places) // SAMPLE)]
    distance, _ = KDTree(places).query(some, k=np.arange(first, last + 1) + 1)
    rank = np.arange(first, last + 1) + 0.5
    return float(np.median(np.sqrt(np.pi / rank) * distance))


def shares(
    spots: np.ndarray, points: np.ndarray, *, method: str, reach: float, spot_spacing: float, point_spacing: float
) -> Shares:
    """Shares of points (n_points, 2) in spots (n_spots, 2), in the same coordinates, by one of :data:`METHODS`.

    Points further than ``reach`` from a spot give nothing to it. Time and memory grow with the number of pairs that touch.
    """
    shape = (len(spots), len(points))
    if not min(shape):
        none = sparse.csr_matrix(shape)
        return Shares(none, none, np.full(len(spots), np.inf))
    here, there = KDTree(spots), KDTree(points)
    if method == "nearest":
        distance, spot = here.query(points)
        given = distance <= reach
        divided = sparse.csr_matrix((np.ones(given.sum()), (spot[given], np.flatnonzero(given))), shape=shape)
    else:
        share, end = _overlap(spot_spacing, point_spacing) if method == "area" else _kernel(spot_spacing, point_spacing)
        pairs = here.sparse_distance_matrix(there, min(end, reach), output_type="ndarray")
        values = share(pairs["v"])
        given = values > 0
        divided = sparse.csr_matrix((values[given], (pairs["i"][given], pairs["j"][given])), shape=shape)
    distance, point = there.query(spots)
    once = method == "nearest" and point_spacing > SPARSER * spot_spacing
    alone = np.flatnonzero((np.diff(divided.indptr) == 0) & (distance <= reach) & (not once))
    whole = sparse.csr_matrix((np.ones(len(alone)), (alone, point[alone])), shape=shape)
    return Shares(divided, whole, distance)


def _overlap(spot_spacing: float, point_spacing: float) -> tuple[Callable[[np.ndarray], np.ndarray], float]:
    """Share of a point's disc within a spot's, of the distance of their centres, and the distance at which it ends."""
    r, s = spot_spacing / np.sqrt(np.pi), point_spacing / np.sqrt(np.pi)
    return lambda distance: lens(distance, r, s) / (np.pi * s**2), r + s


def _kernel(spot_spacing: float, point_spacing: float) -> tuple[Callable[[np.ndarray], np.ndarray], float]:
    width = BANDWIDTH * np.sqrt((spot_spacing**2 + point_spacing**2) / 2)
    return lambda distance: np.exp(-(distance**2) / (2 * width**2)), CUT * width


def lens(distance: np.ndarray, r: float, s: float) -> np.ndarray:
    r"""Area that two discs of radius r and s have in common, of the distance of their centres, (n,).

    .. math:: r^2 (\alpha - \tfrac12 \sin 2\alpha) + s^2 (\beta - \tfrac12 \sin 2\beta)

    with :math:`2\alpha` and :math:`2\beta` the angles of the common chord seen from the centres.
    """
    area = np.where(distance <= abs(r - s), np.pi * min(r, s) ** 2, 0.0)
    crossing = (distance > abs(r - s)) & (distance < r + s)
    d = distance[crossing]
    alpha = np.arccos(np.clip((d**2 + r**2 - s**2) / (2 * d * r), -1, 1))
    beta = np.arccos(np.clip((d**2 + s**2 - r**2) / (2 * d * s), -1, 1))
    area[crossing] = r**2 * (alpha - np.sin(2 * alpha) / 2) + s**2 * (beta - np.sin(2 * beta) / 2)
    return area
