"""``pl.alluvial``: clusterings side by side, with the spots that flow from one to the next."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from spamca._checks import check_flag, check_readable
from spamca.pl._arguments import check_axes, check_figsize, check_names, check_palette, check_title
from spamca.pl._coloring import MISSING_NAME, find_categories, matched, shared_spots
from spamca.pl._finish import Finish
from spamca.pl._fonts import LARGE, SMALL, points, text_width
from spamca.pl._streams import apart, blocks, orders
from spamca.pl._style import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from mudata import MuData

    from spamca.pl._coloring import Coloring

WIDTH = 0.07  # of a block, relative to the distance between columns
GAP = 0.012  # between blocks, relative to all spots
HEIGHT = 3.4  # of the columns in inches, at least
LEAST = 0.002  # streams of a smaller share of the spots are not drawn


def alluvial(
    mdata: MuData,
    columns: Sequence[str],
    *,
    match: bool = True,
    palette: str | Sequence[str] | Mapping[str, str] | None = None,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> Axes | Figure | None:
    """Draw two clusterings or more as columns of blocks, with streams of the spots that they share.

    Heights are numbers of spots. A stream has the colour of the block that it comes from, on its left. Categories of the
    first column keep their order; the others are ordered so that few streams cross.

    Parameters
    ----------
    mdata
        Tissue with two clusterings or more, such as results with other settings or numbers of domains.
    columns
        Columns of ``mdata.obs`` with categories, or ``"<modality>:<column>"``, from left to right.
    match
        Whether categories take the colour of the one in the first column that they share most spots with, one to one.
        False draws each clustering in its own colours.
    palette
        Colours of the categories of the first column, in order or by name, or the name of a colour map of matplotlib; by default
        those stored.
    title
        Title of the figure; by default none.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"alluvial.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes. Spots without a value are a grey block; streams of less than 2 of 1000 spots are left out.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind, there are fewer than two columns, or one has no categories.
    KeyError
        If there is no such column.

    See Also
    --------
    spamca.pl.confusion : two clusterings as a matrix, with numbers.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> mdata.obs["merged"] = mdata.obs["label"].astype(str).replace("domain 3", "domain 2")
    >>> ax = spamca.pl.alluvial(mdata, ["label", "merged"])
    >>> [text.get_text() for text in ax.get_xticklabels()]
    ['label', 'merged']
    """
    check_readable(mdata)
    names = check_names("columns", columns)
    if len(names) < 2:
        msg = f"columns must name two clusterings or more, got {columns!r}; name one more column of mdata.obs"
        raise ValueError(msg)
    check_figsize(figsize)
    check_flag("match", match)
    check_palette(palette)
    check_title(title)
    finish = Finish(save, show, return_fig)
    found = [find_categories(mdata, name, "columns", palette if i == 0 else None) for i, name in enumerate(names)]
    if match:
        found = [found[0], *(matched(one, found[0]) for one in found[1:])]
    found = [_complete(one) for one in found]
    panel = None if ax is None else check_axes(ax, 1)[0]
    line, most = 1.25 * points(SMALL) / 72, max(len(one.categories) for one in found)
    height = max(HEIGHT, 1.15 * most * line)
    if panel is None:
        sides = sum(max(map(text_width, one.categories)) for one in (found[0], found[-1]))
        fitting = 1.9 * (len(found) - 1) + sides + 0.5, height + 0.5 + (0.25 if title else 0)
        _, panel = plt.subplots(figsize=fitting if figsize is None else figsize, layout="constrained")
    draw_alluvial(panel, found, gap_of_names=mdata.n_obs * line / height)
    if title is not None:
        panel.set_title(title, fontsize=points(LARGE))
    return finish.of(panel)


def draw_alluvial(ax: Axes, columns: Sequence[Coloring], *, gap_of_names: float) -> None:
    """Draw columns whose spots all have a category, with names at least a gap apart, in spots."""
    n = len(columns[0].values)
    counts = [shared_spots(one, other) for one, other in pairwise(columns)]
    order = orders(counts)
    sizes = [np.bincount(one.values, minlength=len(one.categories)) for one in columns]
    tops = [blocks(size, own, GAP * n) for size, own in zip(sizes, order, strict=True)]
    deepest = max((top + size).max() for top, size in zip(tops, sizes, strict=True))
    tops = [top + (deepest - (top + size).max()) / 2 for top, size in zip(tops, sizes, strict=True)]
    for j, between in enumerate(counts):
        draw_streams(ax, j, between, tops[j : j + 2], order[j : j + 2], columns[j].colors)
    for j, column in enumerate(columns):
        draw_blocks(ax, j, column, tops[j], sizes[j], gap_of_names, last=j == len(columns) - 1)
    ax.set(xlim=(-WIDTH / 2, len(columns) - 1 + WIDTH / 2), ylim=(deepest, -GAP * n))
    ax.set_xticks(range(len(columns)), [column.name for column in columns], fontsize=points(LARGE))
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def draw_streams(
    ax: Axes, j: int, counts: np.ndarray, tops: Sequence[np.ndarray], order: Sequence[np.ndarray], colors: Sequence[str]
) -> None:
    """Draw streams of counts (k, l) from column j to the next, stacked in the order of the other side."""
    left, right = tops[0].copy(), tops[1].copy()
    start, end = j + WIDTH / 2, j + 1 - WIDTH / 2
    middle = (start + end) / 2
    for a in order[0]:
        for b in order[1]:
            n = counts[a, b]
            y, z = left[a], right[b]
            left[a] += n
            right[b] += n
            if n < max(1, LEAST * counts.sum()):
                continue
            upper = [(start, y), (middle, y), (middle, z), (end, z)]
            lower = [(end, z + n), (middle, z + n), (middle, y + n), (start, y + n)]
            codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
            path = Path([*upper, *lower, (start, y)], codes)
            ax.add_patch(PathPatch(path, facecolor=colors[a], alpha=0.55, linewidth=0))


def draw_blocks(
    ax: Axes, j: int, column: Coloring, tops: np.ndarray, sizes: np.ndarray, gap_of_names: float, *, last: bool
) -> None:
    """Draw the blocks of a column and their names: left of the first column, else to the right."""
    shown = np.flatnonzero(sizes)
    places = apart(tops[shown] + sizes[shown] / 2, gap_of_names)
    side = -1 if j == 0 else 1
    for k, place in zip(shown, places, strict=True):
        ax.add_patch(Rectangle((j - WIDTH / 2, tops[k]), WIDTH, sizes[k], facecolor=column.colors[k], linewidth=0))
        ax.annotate(
            column.categories[k],
            (j + side * WIDTH / 2, place),
            xytext=(3 * side, 0),
            textcoords="offset points",
            ha="right" if side < 0 else "left",
            va="center",
            fontsize=points(SMALL),
            annotation_clip=False,
            path_effects=[] if last or j == 0 else [withStroke(linewidth=2, foreground="white")],
        )


def _complete(coloring: Coloring) -> Coloring:
    """The colouring with a category for spots without a value, if there are any."""
    if not coloring.missing.any():
        return coloring
    values = np.where(coloring.missing, len(coloring.categories), coloring.values)
    return replace(
        coloring,
        values=values,
        categories=[*coloring.categories, MISSING_NAME],
        colors=[*coloring.colors, MISSING],
    )
