"""One panel: a section of tissue with its spots coloured, and what the colours mean next to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, TwoSlopeNorm, to_rgba_array
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from spamca.pl._fonts import MEDIUM, SMALL, line_height, points
from spamca.pl._outlines import draw_names, draw_outlines
from spamca.pl._spots import draw_spots, natural_shape
from spamca.pl._style import ON_DATA, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

    from spamca.pl._coloring import Coloring
    from spamca.pl._section import Section

MOST_ENTRIES = 80  # of a legend: no reader tells more colours from each other
LEAST_HEIGHT = 2.4  # a legend may be so high, in inches, next to axes that are lower


def draw_panel(
    ax: Axes, section: Section, coloring: Coloring, style: Style, norm: Normalize | None, window: np.ndarray
) -> None:
    """Draw image and spots, y downwards as in images, with equal axes.

    ``norm`` is what :meth:`Ends.scale` gives, None with categories; ``window`` the size to show, in diameters, (2,).
    """
    draw_image(ax, section, style.img_alpha)
    near = section.within(2.0)  # so that outlines are cut beyond what is shown
    spatial, missing, colors = near.spatial, coloring.missing[near.rows], rgba(coloring, near.rows, norm, style)
    if coloring.opacity is None:
        colors[:, 3] *= style.alpha
    else:
        colors[:, 3] *= np.where(missing, 1, coloring.opacity.alpha(near.rows))
    # Spots without a value must not hide others where spots overlap.
    order = np.argsort(~missing, kind="stable")
    shape = natural_shape(section.spatial) if style.shape == "auto" else style.shape
    draw_spots(ax, spatial[order], colors[order], diameter=section.diameter * style.size, shape=shape)
    named = coloring if norm is None else coloring.outlined
    if coloring.outlined is not None:
        draw_outlines(ax, near, coloring.outlined, colored=style.alpha == 0 and coloring.opacity is None)
    if style.legend_loc == ON_DATA and named is not None:
        draw_names(ax, section.within(), named, style.relative(MEDIUM))
    frame_tissue(ax, section, window, frameon=style.frameon)


def frame_tissue(ax: Axes, section: Section, window: np.ndarray, *, frameon: bool) -> None:
    """Set the limits of the axes: the crop, or a window in diameters, (2,), around the middle of the section."""
    low, high = section.bounds
    if section.crop is None:
        middle, half = (low + high) / 2, window * section.diameter / 2
        low, high = middle - half, middle + half
    ax.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")
    if frameon:
        ax.set(xticks=[], yticks=[])
    else:
        ax.set_axis_off()


def draw_image(ax: Axes, section: Section, alpha: float = 1.0) -> None:
    """Draw the image of a section, if it has one, beneath all else."""
    if section.image is None:
        return
    pixels, per_unit, _ = section.image
    extent = (0, pixels.shape[1] / per_unit, pixels.shape[0] / per_unit, 0)
    ax.imshow(pixels, extent=extent, cmap="gray", zorder=0, interpolation="antialiased", alpha=alpha)


def rgba(coloring: Coloring, rows: np.ndarray, norm: Normalize | None, style: Style) -> np.ndarray:
    """Colour of each of some spots, (n_rows, 4); ``norm`` is what :meth:`Ends.scale` gives, None with categories."""
    values = coloring.values[rows]
    if norm is None:
        return to_rgba_array([*coloring.colors, style.na_color])[values]  # the code -1 takes the last
    return np.array(style.colormap.with_extremes(bad=style.na_color)(norm(np.ma.masked_invalid(values))))


def key_entries(coloring: Coloring, style: Style) -> list[tuple[str, Any]]:
    """Names and colours in the legend of a colouring: its categories, the spots that have none, and what opacity stands for."""
    entries: list[tuple[str, Any]] = []
    if style.hides_legend:
        return entries
    if not coloring.numeric and style.legend_loc != ON_DATA:
        present = np.unique(coloring.values[~coloring.missing])
        entries = [(coloring.categories[code], coloring.colors[code]) for code in present[:MOST_ENTRIES]]
        if len(present) > MOST_ENTRIES:
            entries.append((f"and {len(present) - MOST_ENTRIES} more", "none"))
        if coloring.missing.any() and style.names_missing:
            entries.append((coloring.rest, style.na_color))
    return entries + ([] if coloring.opacity is None else coloring.opacity.entries())


def draw_key(
    ax: Axes, coloring: Coloring, style: Style, norm: Normalize | None, *, height: float, title: str | None
) -> None:
    """Draw the legend or colour bar of a colouring, to the right of axes whose height is given in inches or where the style says."""
    values, entries = coloring.values[~coloring.missing], key_entries(coloring, style)
    if norm is None and entries:
        draw_legend(ax, entries, height=height, title=title, style=style)
    elif norm is not None and len(values):
        beside = bool(entries) and style.margin
        if style.colorbar_loc is not None:
            draw_bar(ax, values, style, norm, title=title, upper=beside)
        if entries:
            draw_legend(ax, entries, height=height, top=0.4, style=style)


def draw_bar(ax: Axes, values: np.ndarray, style: Style, norm: Normalize, *, title: str | None, upper: bool) -> None:
    """Draw the colour bar of values (n,) to the right of axes, or of their upper half only."""
    below = norm.vmin is not None and values.min() < norm.vmin
    above = norm.vmax is not None and values.max() > norm.vmax
    extend = ("both" if above else "min") if below else ("max" if above else "neither")
    cax = ax.inset_axes((1.04, 0.5, 0.035, 0.48) if upper else (1.04, 0.15, 0.035, 0.7))
    ticks = MaxNLocator(4) if type(norm) in (Normalize, TwoSlopeNorm) else None  # else the norm has its own
    bar = ax.figure.colorbar(ScalarMappable(norm, style.colormap), cax=cax, extend=extend, ticks=ticks)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=points(style.relative()), length=2)
    if title is not None:
        bar.set_label(title, size=points(style.relative()))
    if values.min() == values.max() and type(norm) is Normalize:
        bar.set_ticks([values[0]])  # others would be of values that nothing has


def legend_columns(n_entries: int, height: float, relative: float = SMALL) -> int:
    """Columns that a legend, its title being an entry, needs to be no higher than axes of a height in inches."""
    return math.ceil(n_entries / max(1, math.floor(max(height, LEAST_HEIGHT) / line_height(relative))))


def draw_legend(
    ax: Axes,
    entries: Sequence[tuple[str, Any]],
    *,
    height: float,
    title: str | None = None,
    top: float = 1.0,
    style: Style,
) -> Legend:
    """Draw a legend of names and colours, to the right of the axes or in them, in columns that are no higher than these."""
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=6, markeredgewidth=0, color=color, label=name)
        for name, color in entries
    ]
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.02, top), "borderaxespad": 0.0, "frameon": False}
    if not style.margin:
        place = {"loc": style.legend_loc, "frameon": True, "framealpha": 0.8, "edgecolor": "none"}
    size = points(style.relative())
    return ax.legend(
        handles=handles,
        title=title,
        alignment="left",
        ncols=legend_columns(len(entries) + (title is not None), height, style.relative()),
        fontsize=size,
        title_fontsize=size,
        handlelength=1.2,
        handletextpad=0.3,
        columnspacing=1.0,
        labelspacing=0.35,
        **place,
    )
