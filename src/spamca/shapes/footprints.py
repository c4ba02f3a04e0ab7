r"""Footprints of spots: their Voronoi cells, closed at the edge of the tissue.

.. math:: F_i = \{x : |x - x_i| \le |x - x_j| \text{ and } |x - x_i| \le |x - g| \text{ for all } j, g\}

with spots :math:`x_j` and points :math:`g` outside the tissue. Outside is where a disc with a radius of :data:`GAP` spacings
holds no spot, as in an alpha shape (Edelsbrunner, Kirkpatrick and Seidel 1983, doi:10.1109/TIT.1983.1056714). The points
:math:`g` lie in such discs, one spacing from a spot. Footprints therefore end half a spacing outside the tissue, and narrower
gaps belong to the spots around them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree, Voronoi

RANK, QUANTILE = 4, 0.4
"""Neighbour whose distance, at this quantile, is the spacing: exact on square and hexagonal lattices, 1.01 / sqrt(density) for random spots."""

GAP = 1.7
"""Radius in spacings of an empty disc outside the tissue: one missing spot of a lattice leaves no such disc, seven do."""

DIRECTIONS = 16
"""Directions in which the outside of each spot is looked for: at a straight edge of a lattice, one of them always finds it."""

ROUNDING = 1e-6
"""Coordinates of corners are multiples of this many spacings, so that corners that differ by rounding are one."""


@dataclass(frozen=True)
class Footprints:
    """The sides of all footprints, each once.

    Parameters
    ----------
    start, end
        Corners at both ends of each side, (n_sides, 2).
    spots
        Spots on both sides, integers (n_sides, 2), -1 for the outside. Spots on one point have one footprint, that of the first.
    spacing
        Distance of spots that are next to each other, in units of the coordinates.
    """

    start: np.ndarray
    end: np.ndarray
    spots: np.ndarray
    spacing: float

    @property
    def lengths(self) -> np.ndarray:
        """Length of each side, (n_sides,)."""
        return np.hypot(*(self.end - self.start).T)

    def areas(self, coords: np.ndarray) -> np.ndarray:
        """Area of the footprint of each spot (n_spots,), from the triangles between the spot, of ``coords`` (n_spots, 2), and its sides."""
        area = np.zeros(len(coords))
        for spot in self.spots.T:
            own = spot >= 0
            a, b = (corner[own] - coords[spot[own]] for corner in (self.start, self.end))
            area += np.bincount(spot[own], np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2, len(coords))
        return area


def footprints(coords: np.ndarray) -> Footprints:
    """Footprints of spots at ``coords`` (n_spots, 2), in time n log n."""
    coords = np.asarray(coords, dtype=np.float64)
    points, first = np.unique(coords, axis=0, return_index=True)
    if not len(points):
        return Footprints(np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 2), dtype=np.int64), 1.0)
    centre = points.mean(axis=0)
    points = points - centre  # far from the origin Qhull leaves out more points
    spacing = spacing_of(points)
    cells = Voronoi(np.concatenate([points, _outside(points, spacing)]))
    ends, sides = np.asarray(cells.ridge_vertices), cells.ridge_points
    kept = (sides < len(points)).any(axis=1)  # between two points outside there is no side
    step = ROUNDING * spacing
    corners = np.round(cells.vertices / step) * step + centre
    spots = np.where(sides < len(points), first[np.minimum(sides, len(points) - 1)], -1)[kept]
    start, end = corners[ends[kept, 0]], corners[ends[kept, 1]]
    real = (start != end).any(axis=1)
    return Footprints(start[real], end[real], spots[real], spacing)


def spacing_of(coords: np.ndarray) -> float:
    """Distance of distinct points, (n, 2), to their fourth nearest; 1 for a single point."""
    rank = min(RANK, len(coords) - 1)
    return float(np.quantile(KDTree(coords).query(coords, k=rank + 1)[0][:, -1], QUANTILE)) if rank else 1.0


def _outside(points: np.ndarray, spacing: float) -> np.ndarray:
    """Points outside the tissue, (n, 2): one spacing from the spots at its edge, and a frame far away that closes every cell."""
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    ways = np.column_stack([np.cos(angle), np.sin(angle)])
    at = (points[:, None] + GAP * spacing * ways).reshape(-1, 2)
    empty = np.isinf(KDTree(points).query(at, distance_upper_bound=GAP * spacing * (1 - 1e-6))[0])
    spot, way = np.divmod(np.flatnonzero(empty), DIRECTIONS)
    near = points[spot] + spacing * ways[way]
    reach = 10 * (np.ptp(points, axis=0).max() + spacing)
    return np.concatenate([near, reach * ways + points.mean(axis=0)])
