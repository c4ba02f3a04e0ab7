"""Two layers of one tissue in a panel: rings for spots, dots for points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy.spatial import KDTree

from spamca.pl._fonts import points, text_width
from spamca.pl._panel import draw_image, rgba
from spamca.pl._spots import draw_spots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spamca.pl._coloring import Coloring
    from spamca.pl._ends import Ends
    from spamca.pl._section import Section
    from spamca.pl._style import Style

PANEL = 4.2
"""Longer side of a panel in inches."""

SPOT, LACKING, POINT = "#56646e", "#D55E00", "#0072B2"
"""Of rings, of rings without the modality, and of dots."""

GREYS = "Greys"
"""Colour map of numbers of spots; orange is left to rings."""

RING, DOT = 0.85, 0.5
"""Diameters of rings and dots in spacings, so that rings do not touch and show around dots."""


@dataclass(frozen=True)
class Layer:
    """Places (n, 2) of a modality, their spacing, and what they are coloured by, with the row of each: None for one colour."""

    name: str
    at: np.ndarray
    spacing: float
    colors: tuple[Coloring, np.ndarray] | None

    @property
    def numeric(self) -> bool:
        """Whether its colours are of numbers."""
        return self.colors is not None and self.colors[0].numeric


@dataclass(frozen=True)
class Overlay:
    """One panel; ``covered`` is which spots have the modality, booleans (n_spots,)."""

    section: Section
    spots: Layer
    points: Layer
    covered: np.ndarray
    reach: float

    @cached_property
    def used(self) -> np.ndarray:
        """Which points are near enough to any spot, booleans (n_points,)."""
        if not len(self.points.at) or not len(self.spots.at):
            return np.zeros(len(self.points.at), dtype=bool)
        return KDTree(self.spots.at).query(self.points.at)[0] <= self.reach

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of what is shown, each (2,)."""
        if self.section.crop is not None:
            return self.section.bounds
        both = np.vstack([self.spots.at, self.points.at])
        margin = max(self.spots.spacing, np.ptp(both, axis=0).max() / 50)
        return both.min(axis=0) - margin, both.max(axis=0) + margin

    @property
    def window(self) -> np.ndarray:
        """Width and height, (2,), in units of the larger."""
        low, high = self.limits
        size: np.ndarray = np.maximum(high - low, (high - low).max() / 3)
        return size / size.max()


def draw_overlay(ax: Axes, panel: Overlay, style: Style, ends: Ends) -> None:
    """Draw dots over rings, y downwards, with equal axes, and the keys."""
    draw_image(ax, panel.section, style.img_alpha)
    edges = np.where(panel.covered[:, None], to_rgba(SPOT), to_rgba(LACKING))
    filled = (
        to_rgba_array(["none"] * len(edges))
        if panel.spots.colors is None
        else _rgba(panel.spots, replace(style, cmap=GREYS), ends)
    )
    widths, ring = np.where(panel.covered, 0.6, 1.4), RING * panel.spots.spacing * style.size
    rings = draw_spots(ax, panel.spots.at, filled, diameter=ring, shape="circle")
    rings.set(edgecolors=edges, linewidths=widths, zorder=1)
    colors = np.tile(to_rgba(POINT, 0.8), (len(panel.points.at), 1))
    if panel.points.colors is not None:
        colors = _rgba(panel.points, style, ends)
    faces = colors.copy()
    faces[~panel.used, 3] = 0
    size = DOT * min(panel.points.spacing, panel.spots.spacing) * style.size
    dots = draw_spots(ax, panel.points.at, faces, diameter=size, shape="circle")
    dots.set(edgecolors=colors, linewidths=0.4, zorder=2)
    low, high = panel.limits
    ax.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")
    if style.frameon:
        ax.set(xticks=[], yticks=[])
    else:
        ax.set_axis_off()
    _draw_keys(ax, panel, style, ends)


def entries(panel: Overlay) -> list[tuple[str, dict[str, Any]]]:
    """Names and looks of what the panel shows."""
    spot, point = panel.spots.name, panel.points.name
    ring = {"markerfacecolor": "none", "markersize": 7}
    found = [(f"spot of {spot}", ring | {"markeredgecolor": SPOT})]
    if not panel.covered.all():
        found.append((f"spot without {point}", ring | {"markeredgecolor": LACKING, "markeredgewidth": 1.6}))
    dot = {"markersize": 4, "markeredgecolor": POINT if panel.points.colors is None else "black"}
    found.append((f"point of {point}", dot | {"markerfacecolor": dot["markeredgecolor"]}))
    if not panel.used.all():
        found.append(("point near no spot", dot | {"markerfacecolor": "none"}))
    categories: dict[tuple[str, str], None] = {}
    for layer in (panel.spots, panel.points):
        if layer.colors is not None and not layer.colors[0].numeric:
            coloring, rows = layer.colors
            some = np.unique(coloring.values[rows])
            categories |= dict.fromkeys(
                (coloring.categories[code], coloring.colors[code]) for code in some if code >= 0
            )
    for name, color in categories:
        found.append((name, {"markerfacecolor": color, "markeredgecolor": "none", "markersize": 6}))
    return found


def key_room(panels: list[Overlay], style: Style) -> float:
    """Width in inches that the keys need next to a panel."""
    if style.margin:
        return 0.4 + max(text_width(name, style.relative()) for panel in panels for name, _ in entries(panel))
    numbers = any(layer.numeric for panel in panels for layer in (panel.spots, panel.points))
    return 0.8 if numbers and style.colorbar_loc is not None else 0.0


def _rgba(layer: Layer, style: Style, ends: Ends) -> np.ndarray:
    coloring, rows = layer.colors  # type: ignore[misc]
    return rgba(coloring, rows, ends.scale(coloring.values, coloring.name) if coloring.numeric else None, style)


def _draw_keys(ax: Axes, panel: Overlay, style: Style, ends: Ends) -> None:
    size = points(style.relative())
    if not style.hides_legend:
        handles = [Line2D([], [], linestyle="none", marker="o", label=name, **look) for name, look in entries(panel)]
        place: dict[str, Any] = {"loc": style.legend_loc, "frameon": True, "framealpha": 0.8, "edgecolor": "none"}
        if style.margin:
            place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.0, "frameon": False}
        ax.legend(handles=handles, fontsize=size, handletextpad=0.3, **place)
    top = 0.5
    for layer, cmap in ((panel.spots, colormaps[GREYS]), (panel.points, style.colormap)):
        if not layer.numeric or style.colorbar_loc is None:
            continue
        coloring = layer.colors[0]  # type: ignore[index]
        bar = ax.figure.colorbar(
            ScalarMappable(ends.scale(coloring.values, coloring.name), cmap),
            cax=ax.inset_axes((1.04, top - 0.2, 0.035, 0.18)),
            ticks=MaxNLocator(3),
        )
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=size, length=2)
        bar.ax.set_title(coloring.name, fontsize=size, loc="left")
        top -= 0.3
