"""Outlines and names of domains, drawn over the spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from scipy.spatial import KDTree

from spamca.pl._fonts import MEDIUM, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from shapely import MultiPolygon

    from spamca.pl._coloring import Coloring
    from spamca.pl._section import Section

INSET = 0.1  # how far outlines in colour lie inside their domain, in diameters of a spot, so that both sides of a border show
ENOUGH = 20_000  # spots that say where names go


def draw_outlines(ax: Axes, section: Section, outlined: Coloring, *, colored: bool) -> None:
    """Draw the outline of each category: black on white, or in its colour where nothing else shows it."""
    from spamca.shapes import outlines

    for code, area in outlines(section.spatial, outlined.values[section.rows]).items():
        shape = area.buffer(-INSET * section.diameter) if colored else area
        path = outline_path(shape if not shape.is_empty else area)
        line = PathCollection([path], facecolors="none", linewidths=1.4 if colored else 0.9, zorder=3)
        line.set_edgecolor(outlined.colors[code] if colored else "black")
        line.set_path_effects([withStroke(linewidth=2.2, foreground="white")])
        ax.add_collection(line, autolim=False)


def outline_path(area: MultiPolygon) -> Path:
    """Pieces and holes of an area as one path."""
    import shapely

    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(area))]
    codes = [[Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY] for ring in rings]
    return Path(np.concatenate(rings), np.concatenate(codes))


def draw_names(ax: Axes, section: Section, coloring: Coloring) -> None:
    """Write the name of each category where its spots lie deepest among their own."""
    for code, (x, y) in name_places(section.spatial, coloring.values[section.rows]).items():
        halo = [withStroke(linewidth=2.0, foreground="white")]
        text = coloring.categories[code]
        ax.text(
            x, y, text, ha="center", va="center", fontsize=points(MEDIUM), weight="bold", path_effects=halo, zorder=4
        )


def name_places(spatial: np.ndarray, codes: np.ndarray) -> dict[int, np.ndarray]:
    """Of each category, codes (n_spots,) with -1 for none, the position of the spot that lies farthest from spots of others.

    Of those nearly as far, the one nearest to the middle of the category.
    """
    step = max(1, len(spatial) // ENOUGH)
    spatial, codes = spatial[::step], codes[::step]
    places = {}
    for code in np.unique(codes[codes >= 0]):
        own, others = spatial[codes == code], spatial[codes != code]
        middle = np.median(own, axis=0)
        depth = KDTree(others).query(own)[0] if len(others) else np.ones(len(own))
        deep = own[depth >= 0.8 * depth.max()]
        places[int(code)] = deep[np.argmin(((deep - middle) ** 2).sum(axis=1))]
    return places
