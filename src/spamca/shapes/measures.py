r"""Measures of the shape of a piece of tissue, as in CellCharter (Varrone et al. 2024, doi:10.1038/s41588-023-01588-4).

With :math:`A` and :math:`P` area and perimeter of the piece, and :math:`b \le a` the sides of the smallest rectangle around it,

.. math::
    \text{elongation} = 1 - b/a, \qquad
    \text{curl} = \max(0, 1 - a/f), \qquad
    f = \tfrac14 \Big(P + \sqrt{\max(0, P^2 - 16 A)}\Big),

where :math:`f` is the longer side of the rectangle that has that area and that perimeter: the length of a band that is bent.
Linearity is in :mod:`spamca.shapes.skeleton`. Elongation is 0 for a disc and near 1 for a thin bar, curl 0 for a straight and
near 1 for a coiled band.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.shapes.skeleton import linearity

if TYPE_CHECKING:
    from shapely import MultiPolygon, Polygon

LEAST = 10
"""Footprints of a piece with a shape: a smaller one has that of its lattice."""


def smoothed(polygon: Polygon, spacing: float) -> Polygon:
    """A piece without the steps of its footprints: closed, then opened, by a disc of radius ``spacing``; thin pieces as they are.

    Steps make the perimeter of a lattice too long, by a factor of up to the square root of 2 along the diagonal of a square one.
    Closing and opening (Serra 1982) remove them.
    """
    smooth = polygon.buffer(spacing).buffer(-2 * spacing).buffer(spacing)
    whole = smooth.geom_type == "Polygon" and smooth.area > polygon.area / 2
    return smooth if whole else polygon


def elongation(polygon: Polygon) -> float:
    """One minus the ratio of the sides of the smallest rectangle around a piece."""
    short, long = _sides(polygon)
    return 1 - short / long


def curl(polygon: Polygon) -> float:
    """One minus the longer side of the smallest rectangle around a piece over its length as a band; 0 if it is no longer."""
    area, perimeter = polygon.area, polygon.length
    length = (perimeter + np.sqrt(max(0.0, perimeter**2 - 16 * area))) / 4
    return float(max(0.0, 1 - _sides(polygon)[1] / length))


def measures(outline: MultiPolygon, footprint: float, spacing: float) -> dict[str, float]:
    """Perimeter over all pieces, and shape, the mean over pieces weighted by area; of areas of a ``footprint`` and a ``spacing``.

    Shape is NaN where no piece is as large as :data:`LEAST` footprints.
    """
    pieces = [smoothed(piece, spacing) for piece in outline.geoms]
    large = [piece for piece in pieces if piece.area >= LEAST * footprint]
    found: dict[str, float] = {"perimeter": sum(piece.length for piece in pieces)}
    for name, measure in (("linearity", linearity), ("elongation", elongation), ("curl", curl)):
        values, weights = np.array([measure(piece) for piece in large]), np.array([piece.area for piece in large])
        known = np.isfinite(values)
        found[name] = float(np.average(values[known], weights=weights[known])) if known.any() else np.nan
    return found


def _sides(polygon: Polygon) -> tuple[float, float]:
    import shapely

    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(polygon))
    first, second = np.hypot(*(corners[1:3] - corners[:2]).T)
    return float(min(first, second)), float(max(first, second))
