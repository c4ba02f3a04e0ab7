"""One panel: a section of tissue with its spots coloured, and what the colours mean next to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgba_array
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from spamca.pl._fonts import SMALL, line_height, points
from spamca.pl._outlines import draw_names, draw_outlines
from spamca.pl._spots import draw_spots, natural_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.legend import Legend

    from spamca.pl._arguments import Style
    from spamca.pl._coloring import Coloring
    from spamca.pl._section import Section

MISSING = "#dddddd"  # of spots without a value
MOST_ENTRIES = 80  # of a legend: no reader tells more colours from each other
LEAST_HEIGHT = 2.4  # a legend may be so high, in inches, next to axes that are lower


def scale(coloring: Coloring, limits: tuple[float, float]) -> Normalize:
    """Ends of the colour map: percentiles, or the range where these fall together; a single value in the middle."""
    values = coloring.values[~coloring.missing]
    if not len(values):
        return Normalize(0, 1)
    low, high = np.percentile(values, limits)
    if np.isclose(low, high, rtol=1e-3, atol=0):  # as probabilities that are nearly all one
        low, high = values.min(), values.max()
    return Normalize(low, high) if high > low else Normalize(low - 0.5, low + 0.5)


def scale_about_zero(values: np.ndarray) -> Normalize:
    """Ends of a colour map whose middle is at zero, as far apart as all but the most extreme values reach."""
    known = np.abs(values[np.isfinite(values)])
    reach = float(np.percentile(known, 98)) if len(known) else 1.0
    return Normalize(-(reach or 1.0), reach or 1.0)


def draw_panel(
    ax: Axes, section: Section, coloring: Coloring, style: Style, norm: Normalize | None, window: np.ndarray
) -> None:
    """Draw image and spots, y downwards as in images, with equal axes and no frame.

    ``norm`` is what :func:`scale` gives, None with categories; ``window`` the size to show, in diameters, (2,).
    """
    draw_image(ax, section)
    spatial, colors = section.spatial, rgba(coloring, section.rows, norm, style.colormap)
    alpha: float | None = style.alpha
    if coloring.opacity is not None:
        colors[:, 3] = np.where(coloring.missing[section.rows], 1, coloring.opacity.alpha(section.rows))
        alpha = None
    # Spots without a value must not hide others where spots overlap.
    order = np.argsort(~coloring.missing[section.rows], kind="stable")
    shape = natural_shape(spatial) if style.spot_shape == "auto" else style.spot_shape
    diameter = section.diameter * style.spot_size
    draw_spots(ax, spatial[order], colors[order], diameter=diameter, shape=shape, alpha=alpha)
    named = coloring if norm is None else coloring.outlined
    if coloring.outlined is not None:
        draw_outlines(ax, section, coloring.outlined, colored=style.alpha == 0 and coloring.opacity is None)
    if style.legend_loc == "on data" and named is not None:
        draw_names(ax, section, named)
    middle, half = (spatial.min(axis=0) + spatial.max(axis=0)) / 2, window * section.diameter / 2
    low, high = middle - half, middle + half
    ax.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")
    ax.set_axis_off()


def draw_image(ax: Axes, section: Section) -> None:
    """Draw the image of a section, if it has one, beneath all else."""
    if section.image is None:
        return
    pixels, per_unit, _ = section.image
    extent = (0, pixels.shape[1] / per_unit, pixels.shape[0] / per_unit, 0)
    ax.imshow(pixels, extent=extent, cmap="gray", zorder=0, interpolation="antialiased")


def rgba(coloring: Coloring, rows: np.ndarray, norm: Normalize | None, colormap: Colormap) -> np.ndarray:
    """Colour of each of some spots, (n_rows, 4); ``norm`` is what :func:`scale` gives, None with categories."""
    values = coloring.values[rows]
    if norm is None:
        return to_rgba_array([*coloring.colors, MISSING])[values]  # the code -1 takes the last
    return np.asarray(colormap.with_extremes(bad=MISSING)(norm(np.ma.masked_invalid(values))))


def key_entries(coloring: Coloring, style: Style) -> list[tuple[str, Any]]:
    """Names and colours in the legend of a colouring: its categories, the spots that have none, and what opacity stands for."""
    entries: list[tuple[str, Any]] = []
    if not coloring.numeric and style.legend_loc != "on data":
        present = np.unique(coloring.values[~coloring.missing])
        entries = [(coloring.categories[code], coloring.colors[code]) for code in present[:MOST_ENTRIES]]
        if len(present) > MOST_ENTRIES:
            entries.append((f"and {len(present) - MOST_ENTRIES} more", "none"))
        if coloring.missing.any():
            entries.append((coloring.rest, MISSING))
    return entries + ([] if coloring.opacity is None else coloring.opacity.entries())


def draw_key(
    ax: Axes, coloring: Coloring, style: Style, norm: Normalize | None, *, height: float, title: str | None
) -> None:
    """Draw the legend or colour bar of a colouring to the right of axes whose height is given in inches."""
    values, entries = coloring.values[~coloring.missing], key_entries(coloring, style)
    if norm is None and entries:
        draw_legend(ax, entries, height=height, title=title)
    elif norm is not None and len(values):
        below, above = values.min() < norm.vmin, values.max() > norm.vmax
        extend = ("both" if above else "min") if below else ("max" if above else "neither")
        mappable = ScalarMappable(norm, style.colormap)
        cax = ax.inset_axes((1.04, 0.5, 0.035, 0.48) if entries else (1.04, 0.15, 0.035, 0.7))
        bar = ax.figure.colorbar(mappable, cax=cax, extend=extend, ticks=MaxNLocator(4))
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=points(SMALL), length=2)
        if title is not None:
            bar.set_label(title, size=points(SMALL))
        if values.min() == values.max():
            bar.set_ticks([values[0]])  # others would be of values that nothing has
        if entries:
            draw_legend(ax, entries, height=height, top=0.4)


def legend_columns(n_entries: int, height: float) -> int:
    """Columns that a legend, its title being an entry, needs to be no higher than axes of a height in inches."""
    return math.ceil(n_entries / max(1, math.floor(max(height, LEAST_HEIGHT) / line_height())))


def draw_legend(
    ax: Axes, entries: Sequence[tuple[str, Any]], *, height: float, title: str | None = None, top: float = 1.0
) -> Legend:
    """Draw a legend of names and colours to the right of the axes, in columns that are no higher than these."""
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=6, markeredgewidth=0, color=color, label=name)
        for name, color in entries
    ]
    return ax.legend(
        handles=handles,
        title=title,
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.02, top),
        borderaxespad=0.0,
        ncols=legend_columns(len(entries) + (title is not None), height),
        fontsize=points(SMALL),
        title_fontsize=points(SMALL),
        frameon=False,
        handlelength=1.2,
        handletextpad=0.3,
        columnspacing=1.0,
        labelspacing=0.35,
    )
