"""Figures of panels, sized to the tissue and to the keys next to it."""

from __future__ import annotations

import math
import textwrap
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt

from spamca._checks import check_count
from spamca.pl._arguments import check_axes, check_figsize, check_titles
from spamca.pl._fonts import CHARACTER, LARGE, MEDIUM, SMALL, line_height, points, text_width
from spamca.pl._panel import draw_key, draw_panel, key_entries, legend_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from spamca.pl._coloring import Coloring
    from spamca.pl._ends import Ends
    from spamca.pl._section import Section
    from spamca.pl._style import Style

PANEL = 3.2  # longer side of a panel in inches
BAR = 0.65  # width of a colour bar with its numbers in inches
LOWEST = 0.5  # height of a panel in inches at least
NARROWEST = 12  # characters in a line of a title, at least


def draw_tissue(
    sections: Sequence[Section],
    colorings: Sequence[Coloring],
    style: Style,
    ends: Sequence[Ends],
    ax: np.ndarray | None,
    titles: Sequence[str] | None,
    *,
    ncols: int,
    figsize: tuple[float, float] | None,
) -> np.ndarray:
    """Draw every colouring of every section; the axes have shape (n_colorings, n_sections).

    Panels fill rows of ``ncols``; where there are several sections each colouring begins a row. One key serves all
    sections of a colouring, and names what they show. ``ends`` has one entry for each colouring, ``titles`` and ``ax``
    have one for each panel, or are None for the default.
    """
    shape = len(colorings), len(sections)
    columns = min(shape[1] if shape[1] > 1 else shape[0], ncols)
    if titles is None:
        # Of several sections their names: the key has that of the colouring.
        alone = len(sections) == 1
        titles = [s.titled(c.name) if alone else s.name or c.name for c in colorings for s in sections]
    window, width, height = common_window(sections, titles)
    rows = np.concatenate([section.within().rows for section in sections])
    seen = [replace(coloring, values=coloring.values[rows]) for coloring in colorings]
    ours = ax is None and figsize is None  # else the caller says how large panels are
    if ax is None:
        keys = [key_size(coloring, style, height) for coloring in seen]
        # One key serves all sections, in the last column; else each column is as wide as its widest.
        keys = [max(keys)] if shape[1] > 1 else [max(keys[j::columns]) for j in range(columns)]
        row = max([height, *(high for _, high in keys)]) + 2.16 * points(LARGE) / 72
        across = columns * (width + 0.1) + sum(wide for wide, _ in keys)
        # Each colouring of several sections begins a row.
        blocks = shape if shape[1] > 1 else (1, shape[0])
        ax = _new_axes(blocks, columns, (across, row), figsize, layout="compressed")
    axes = ax.reshape(shape)
    norms = [
        end.scale(coloring.values, coloring.name) if coloring.numeric else None
        for end, coloring in zip(ends, colorings, strict=True)
    ]
    for (i, j), title in zip(product(*map(range, shape)), titles, strict=True):
        draw_panel(axes[i, j], sections[j], colorings[i], style, norms[i], window)
        set_title(axes[i, j], title, width if ours else None)
    for owner, coloring, norm in zip(axes[:, min(columns, shape[1]) - 1], seen, norms, strict=True):
        room = height if ours else owner.get_window_extent().height / owner.figure.dpi
        draw_key(owner, coloring, style, norm, height=room, title=coloring.name if shape[1] > 1 else None)
    return axes


def line_axes(
    names: Sequence[str],
    panel: tuple[float, float],
    nbins: tuple[int, int],
    xlabel: str,
    *,
    title: str | Sequence[str] | None,
    ncols: int,
    figsize: tuple[float, float] | None,
    ax: Axes | Sequence[Axes] | None,
) -> np.ndarray:
    """Axes for a line each, (n_names,): the caller's, or those of a new figure with panels of a size in inches.

    ``nbins`` is the most intervals between ticks in x, which are at whole numbers, and in y.
    """
    check_count("ncols", ncols, least=1)
    check_figsize(figsize)
    n, columns = len(names), min(len(names), ncols if ax is None else len(names))
    names = names if title is None else check_titles(title, n)
    if ax is None:
        axes = _new_axes((1, n), columns, (panel[0] * columns, panel[1]), figsize, sharex=True, layout="constrained")
    else:
        axes = check_axes(ax, n)
    for i, (one, name) in enumerate(zip(axes, names, strict=True)):
        one.set_title(name, fontsize=points(LARGE))
        one.spines[["top", "right"]].set_visible(False)
        one.tick_params(labelsize=points(SMALL), labelbottom=True)
        one.xaxis.get_major_locator().set_params(integer=True, nbins=nbins[0])
        one.yaxis.get_major_locator().set_params(nbins=nbins[1])
        if i + columns >= n:
            one.set_xlabel(xlabel, fontsize=points(MEDIUM))
    return axes


def common_window(sections: Sequence[Section], titles: Sequence[str] = ()) -> tuple[np.ndarray, float, float]:
    """Width and height that hold any of the sections, in diameters of a spot, (2,), and those of a panel in inches.

    Narrow tissue has room at its sides, so that titles do not meet, and low tissue above and below.
    """
    window = np.max([section.extent for section in sections], axis=0)
    longest = max((len(line) for title in titles for line in title.split("\n")), default=0)
    least = CHARACTER * points(LARGE) / 72 * (min(longest, NARROWEST) + 1)
    window[0] = max(window[0], window.max() * least / PANEL)
    window[1] = max(window[1], window.max() * LOWEST / PANEL)
    width, height = PANEL * window / window.max()
    return window, float(width), float(height)


def key_size(coloring: Coloring, style: Style, height: float) -> tuple[float, float]:
    """Width and height in inches of the legend or colour bar next to a panel of the given height."""
    bar = BAR if coloring.numeric and style.colorbar_loc is not None else 0.0
    entries = key_entries(coloring, style) if style.margin else []
    if not entries:
        return bar, 0.0
    n_entries, size = len(entries) + (not coloring.numeric), style.relative()  # and the title
    columns = legend_columns(n_entries, height, size)
    longest = max(text_width(name, size) for name, _ in entries)
    return max(bar, columns * (longest + 0.32)), math.ceil(n_entries / columns) * line_height(size)


def _new_axes(
    blocks: tuple[int, int], columns: int, row: tuple[float, float], figsize: tuple[float, float] | None, **options: Any
) -> np.ndarray:
    """Axes of a new figure whose rows have a width and height in inches, for blocks of panels that begin a row each."""
    n, within = blocks[1], math.ceil(blocks[1] / columns)
    rows = blocks[0] * within
    figsize = (row[0], rows * row[1]) if figsize is None else figsize
    _, grid = plt.subplots(rows, columns, figsize=figsize, squeeze=False, **options)
    grid = grid.reshape(blocks[0], within * columns)
    for unused in grid[:, n:].ravel():
        unused.remove()
    return grid[:, :n].ravel()


def set_title(ax: Axes, text: str, width: float | None = None) -> None:
    """Set a title in lines of a width in inches, by default that of the axes: the figure would cut a wider one."""
    width = ax.get_window_extent().width / ax.figure.dpi if width is None else width
    most = max(NARROWEST, int(width * 72 / (CHARACTER * points(LARGE))))
    ax.set_title("\n".join(textwrap.fill(line, most) for line in text.split("\n")), fontsize=points(LARGE))
