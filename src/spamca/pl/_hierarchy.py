"""``pl.hierarchy``: the tree of domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from spamca import _keys
from spamca._checks import check_name, check_readable, find_column
from spamca.pl._arguments import call, check_axes, check_figsize, check_title
from spamca.pl._branches import bars
from spamca.pl._coloring import find_coloring
from spamca.pl._finish import Finish
from spamca.pl._fonts import LARGE, MEDIUM, SMALL, TINY, legible, points, text_width
from spamca.pl._matrix import axes_size
from spamca.pl._streams import apart

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from mudata import MuData

    from spamca.pl._branches import Bar

WIDTH = 5.6  # of a new figure in inches
ROW, MARGIN = 2.9, 5.4  # height of a level in it, and of what is above and below them, in sizes of its numbers
SIDE = 1.13  # right end of the numbers next to the tree, which is as wide as one
THICK = 0.34  # of the bar of a domain, in levels
LEAST, SHORT = 0.5, 0.08  # size of a name in a bar at least, and width of a name below one at most


def hierarchy(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> Axes | Figure | None:
    """Draw the tree of domains: a row for each level, domains as wide as they are large, each under the domain that it is part of.

    The number of domains stands left of a level and its support right, from 0 (no more than chance) to 1 (the same in every half of the
    spots). The level of the domains in ``mdata.obs`` is framed.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.hierarchy`.
    key
        The ``key`` of :func:`spamca.tl.hierarchy`.
    title
        Title of the figure; by default none.
    figsize
        Size of the figure in inches; by default it grows with the number of levels.
    ax
        Axes to draw in; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"hierarchy.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range.
    KeyError
        If there is no tree under that key.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=4, difficulty=0.2)
    >>> spamca.tl.integrate(mdata, n_clusters=4, max_epochs=10, progress_bar=False)
    >>> spamca.tl.hierarchy(mdata, n_clusters_range=(2, 4))
    >>> ax = spamca.pl.hierarchy(mdata)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['2', '3', '4']
    """
    check_readable(mdata)
    check_name("key", key)
    check_figsize(figsize)
    check_title(title)
    finish = Finish(save, show, return_fig)
    record = mdata.uns.get(_keys.hierarchy(key))
    if not isinstance(record, Mapping) or "nodes" not in record:
        msg = f"mdata.uns[{_keys.hierarchy(key)!r}] has no tree; run {call('hierarchy', key=key)}"
        raise KeyError(msg)
    levels = np.asarray(record["levels"])
    if ax is None:
        high = (ROW * len(levels) + MARGIN) * points(SMALL) / 72
        _, ax = plt.subplots(figsize=(WIDTH, high) if figsize is None else figsize, layout="constrained")
    else:
        (ax,) = check_axes(ax, 1)
    row = {int(level): position for position, level in enumerate(levels)}
    colors, drawn = _colors(mdata, key, record), bars(record["nodes"])
    for bar in drawn:
        _draw(ax, bar, row[bar.level], colors[bar.domain])
    _frame(ax, row, record)
    _label(ax, drawn, row, colors, int(record["n_clusters"]))
    if title is not None:
        ax.set_title(title, fontsize=points(LARGE))
    return finish.of(ax)


def _colors(mdata: MuData, key: str, record: Mapping[str, Any]) -> dict[str, str]:
    """Colours of all domains; those that the caller has given the domains in ``obs`` since come first."""
    colors = dict(zip(map(str, record["domains"]), map(str, record["colors"]), strict=True))
    if find_column(mdata, key) is not None:
        now = find_coloring(mdata, key)
        colors |= {name: color for name, color in zip(now.categories, now.colors, strict=True) if name in colors}
    return colors


def _draw(ax: Axes, bar: Bar, row: int, color: str) -> None:
    """A bar, and the branch to it from the bar of its parent."""
    ax.add_patch(Rectangle((bar.left, row - THICK / 2), bar.right - bar.left, THICK, facecolor=color, linewidth=0))
    if bar.above is None:
        return
    top, bottom = row - 1 + THICK / 2, row - THICK / 2
    middle = (top + bottom) / 2
    (left, right), low, high = bar.above, bar.left, bar.right
    corners = [(left, top), (left, middle), (low, middle), (low, bottom)]
    corners += [(high, bottom), (high, middle), (right, middle), (right, top), (left, top)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    ax.add_patch(PathPatch(Path(corners, codes), facecolor=color, alpha=0.45, linewidth=0))


def _frame(ax: Axes, row: dict[int, int], record: Mapping[str, Any]) -> None:
    """Numbers and support of the levels, and a frame around that of the domains in ``obs``."""
    supports = np.asarray(record["support"], dtype=np.float64)
    known = bool(np.isfinite(supports).any())
    ax.set(xlim=(-0.01, SIDE if known else 1.01), ylim=(len(row) - 0.4, -0.95 if known else -0.5))
    ax.set(xticks=[], yticks=list(row.values()))
    ax.set_yticklabels([str(level) for level in row], fontsize=points(SMALL))
    ax.set_ylabel("number of domains", fontsize=points(MEDIUM))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if known:
        for support, y in zip(supports, row.values(), strict=True):
            ax.text(SIDE, y, f"{support:.2f}", ha="right", va="center", fontsize=points(SMALL))
        ax.text(SIDE, -0.65, "support", ha="right", va="center", fontsize=points(SMALL))
    chosen = row.get(int(record["n_clusters"]))
    if chosen is not None:
        frame = Rectangle((-0.01, chosen - 0.3), 1.02, 0.6, fill=False, edgecolor="0.15", linewidth=1.2, clip_on=False)
        ax.add_patch(frame)
        ax.get_yticklabels()[chosen].set_fontweight("bold")


def _label(ax: Axes, drawn: list[Bar], row: dict[int, int], colors: dict[str, str], chosen: int) -> None:
    """Names in the bars of the last level, of the chosen one, and where a domain begins, as far as they fit; else below the last."""
    width, height = axes_size(ax)
    # Names are as high as a bar at most.
    relative = min(TINY, 0.9 * THICK * 72 * height / float(np.ptp(ax.get_ylim())) / points(1))
    if relative < LEAST:
        return
    shown, known = {max(row), chosen}, set()
    below: dict[str, float] = {}
    for bar in drawn:
        new = bar.domain not in known
        known.add(bar.domain)
        needed = (text_width(bar.domain, relative) + 0.02) * SIDE / width
        middle, color = (bar.left + bar.right) / 2, legible(colors[bar.domain])
        style: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": points(relative)}
        if needed <= bar.right - bar.left and (new or bar.level in shown):
            ax.text(middle, row[bar.level], bar.domain, color=color, **style)
        elif bar.level == max(row) and needed < SHORT:
            below[bar.domain] = middle
    if below:
        style |= {"va": "top"}
        gap = (max(text_width(name, relative) for name in below) + 0.03) * SIDE / width
        for name, place in zip(below, apart(np.array(list(below.values())), gap), strict=True):
            ax.text(place, len(row) - 1 + 0.6 * THICK, name, **style)
