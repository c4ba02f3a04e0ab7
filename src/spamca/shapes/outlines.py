"""Outlines of domains: the union of the footprints of their spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.shapes.footprints import Footprints, footprints

if TYPE_CHECKING:
    from shapely import MultiPolygon


def outlines(coords: np.ndarray, labels: np.ndarray) -> dict[int, MultiPolygon]:
    r"""Outline of each domain of one section, with a polygon for each piece and its holes.

    .. math:: O_k = \bigcup_{i: l_i = k} F_i

    with :math:`F` the footprints of :func:`spamca.shapes.footprints.footprints`: domains share their borders, without gaps or
    overlaps. Time grows as n log n.

    Parameters
    ----------
    coords
        Coordinates, (n_spots, 2). Sections whose coordinates overlap need a call each.
    labels
        Domain of each spot, integers (n_spots,), -1 for none: such spots belong to the tissue, but to no outline.

    Returns
    -------
    A valid MultiPolygon for each number that occurs in ``labels``, in rising order, in units of the coordinates.
    """
    return outlines_of(footprints(coords), np.asarray(coords), np.asarray(labels))


def outlines_of(found: Footprints, coords: np.ndarray, labels: np.ndarray) -> dict[int, MultiPolygon]:
    """The same from footprints that are there already."""
    import shapely

    sides = np.where(found.spots >= 0, labels[found.spots], -1)
    border = np.flatnonzero(sides[:, 0] != sides[:, 1])
    lines = shapely.linestrings(np.stack([found.start[border], found.end[border]], axis=1))
    outline = {}
    for k in np.unique(labels[labels >= 0]):
        own = (sides[border] == k).any(axis=1)
        faces = np.asarray(shapely.polygonize(lines[own]).geoms)
        # Borders leave areas that are all of the domain, or none: those with one of its spots are.
        spots = found.spots[border[own]][sides[border[own]] == k]
        within = shapely.STRtree(faces).query(shapely.points(coords[np.unique(spots)]), predicate="within")[1]
        outline[int(k)] = shapely.MultiPolygon(faces[np.unique(within)].tolist())
    return outline
