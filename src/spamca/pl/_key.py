"""What the colours mean, beside the axes: a legend of categories or a bar of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.cm import ScalarMappable
from matplotlib.lines import Line2D

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.legend import Legend

FONT_SIZE = 8
LINE = 0.165
"""Height of a line of the legend in inches."""

LEAST_HEIGHT = 2.4
"""A legend may be so high, in inches, beside axes that are lower."""


def legend_columns(n_entries: int, height: float) -> int:
    """Columns that a legend needs to be no higher than its axes.

    Parameters
    ----------
    n_entries
        Number of entries, the title counting as one.
    height
        Height of the axes in inches.

    Returns
    -------
    One at least.
    """
    return math.ceil(n_entries / math.floor(max(height, LEAST_HEIGHT) / LINE))


def draw_legend(ax: Axes, entries: Sequence[tuple[str, str]], *, height: float, title: str | None = None) -> Legend:
    """Draw a legend to the right of the axes.

    Parameters
    ----------
    ax
        Axes that it belongs to.
    entries
        Name and colour of each.
    height
        Height of the axes in inches, which the legend keeps to by taking several columns.
    title
        What the categories are.

    Returns
    -------
    The legend.
    """
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=6, markeredgewidth=0, color=color, label=name)
        for name, color in entries
    ]
    return ax.legend(
        handles=handles,
        title=title,
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        borderaxespad=0.0,
        ncols=legend_columns(len(entries) + (title is not None), height),
        fontsize=FONT_SIZE,
        title_fontsize=FONT_SIZE,
        frameon=False,
        handlelength=1.2,
        handletextpad=0.3,
        columnspacing=1.0,
        labelspacing=0.35,
    )


def draw_bar(ax: Axes, norm: Normalize, cmap: Colormap, *, extend: str, title: str | None = None) -> Colorbar:
    """Draw a colour bar to the right of the axes.

    Parameters
    ----------
    ax
        Axes that it belongs to.
    norm, cmap
        How numbers become colours.
    extend
        Which ends stand for values beyond them: ``"neither"``, ``"min"``, ``"max"`` or ``"both"``.
    title
        What the numbers are.

    Returns
    -------
    The bar.
    """
    beside = ax.inset_axes((1.04, 0.15, 0.035, 0.7))
    bar = ax.figure.colorbar(ScalarMappable(norm, cmap), cax=beside, extend=extend)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=FONT_SIZE, length=2)
    bar.locator = _few_ticks()
    bar.update_ticks()
    if title is not None:
        bar.set_label(title, size=FONT_SIZE)
    return bar


def _few_ticks():  # noqa: ANN202
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)
