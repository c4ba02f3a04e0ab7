"""Outlines and names of domains, drawn over the spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree

from spamca.pl._fonts import MEDIUM, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from shapely import MultiPolygon

    from spamca.pl._coloring import Coloring
    from spamca.pl._section import Section

INSET = 0.1  # how far outlines in colour lie inside their domain, in diameters of a spot, so that both sides of a border show
PIXELS = 150  # of the longer side of the picture in which names are placed


def draw_outlines(ax: Axes, section: Section, outlined: Coloring, *, colored: bool) -> None:
    """Draw the outline of each category: black on white, or in its colour where nothing else shows it."""
    from spamca.shapes import outlines

    for code, area in outlines(section.spatial, outlined.values[section.rows]).items():
        if area.is_empty:  # all its spots lie where another does
            continue
        shape = area.buffer(-INSET * section.diameter) if colored else area
        path = outline_path(shape if not shape.is_empty else area)
        line = PathCollection([path], facecolors="none", linewidths=1.4 if colored else 0.9, zorder=3)
        line.set_edgecolor(outlined.colors[code] if colored else "black")
        line.set_path_effects([withStroke(linewidth=1.8, foreground="white")])
        ax.add_collection(line, autolim=False)


def outline_path(area: MultiPolygon) -> Path:
    """Pieces and holes of an area as one path."""
    import shapely

    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(area))]
    codes = [[Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY] for ring in rings]
    return Path(np.concatenate(rings), np.concatenate(codes))


def draw_names(ax: Axes, section: Section, coloring: Coloring, relative: float = MEDIUM) -> None:
    """Write the name of each category where its spots lie deepest among their own."""
    places = name_places(section.spatial, coloring.values[section.rows], section.diameter)
    for code, (x, y) in places.items():
        halo = [withStroke(linewidth=2.0, foreground="white")]
        text = coloring.categories[code]
        ax.text(
            x, y, text, ha="center", va="center", fontsize=points(relative), weight="bold", path_effects=halo, zorder=4
        )


def name_places(spatial: np.ndarray, codes: np.ndarray, diameter: float) -> dict[int, np.ndarray]:
    """Of each category, codes (n_spots,) with -1 for none, a position deep inside it, far from other spots and from the edge.

    Of those nearly as deep as the deepest, it is the one nearest to the middle of the category.
    """
    low = spatial.min(axis=0) - diameter
    size = np.ptp(spatial, axis=0) + 2 * diameter
    step = max(size.max() / PIXELS, 1e-12)
    across, down = (np.arange(0.5, max(2, size[axis] / step)) * step + low[axis] for axis in (0, 1))
    pixels = np.stack(np.meshgrid(across, down), axis=-1)
    distance, nearest = KDTree(spatial).query(pixels)
    taken = np.where(distance <= max(diameter, step), codes[nearest], -1)
    places = {}
    for code in np.unique(codes[codes >= 0]):
        own = taken == code
        depth = distance_transform_edt(np.pad(own, 1))[1:-1, 1:-1]
        middle = np.median(spatial[codes == code], axis=0)
        deep = pixels[own & (depth >= 0.8 * depth.max())] if own.any() else spatial[codes == code]
        places[int(code)] = deep[np.argmin(((deep - middle) ** 2).sum(axis=1))]
    return places
