"""A figure of panels, sized to the tissue and to what stands beside it."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from spamca.pl._key import FONT_SIZE, LINE, legend_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from spamca.pl._coloring import Coloring

PANEL = 3.2
"""Longer side of a panel in inches."""

TITLE_SIZE = 10
"""Size of the font of titles, in points."""

_CHARACTER = 0.57  # its width on average, in sizes of the font

BAR = 0.65
"""Width of a colour bar with its numbers, in inches."""


def panel_size(aspect: float) -> tuple[float, float]:
    """Width and height in inches of a panel of the given height over width."""
    return (PANEL / aspect, PANEL) if aspect >= 1 else (PANEL, PANEL * aspect)


def key_size(coloring: Coloring, height: float) -> tuple[float, float]:
    """Width and height in inches of the legend or colour bar beside a panel of the given height."""
    if coloring.categories is None:
        return BAR, 0.0
    n_entries = len(coloring.categories) + 2
    columns = legend_columns(n_entries, height)
    longest = max((len(name) for name in coloring.categories), default=0) * _CHARACTER * FONT_SIZE / 72
    return columns * (longest + 0.32), math.ceil(n_entries / columns) * LINE


def new_axes(
    n_rows: int,
    n_columns: int,
    aspect: float,
    keys: Sequence[tuple[float, float]],
    figsize: tuple[float, float] | None,
) -> np.ndarray:
    """Axes of a new figure.

    Parameters
    ----------
    n_rows, n_columns
        Panels below and beside each other.
    aspect
        Height over width of a panel.
    keys
        Width and height, in inches, of the widest legend in each column of panels that has any.
    figsize
        Size of the figure in inches, if the caller wants one.

    Returns
    -------
    Shape (n_rows, n_columns).
    """
    import matplotlib.pyplot as plt

    width, height = panel_size(aspect)
    row = max([height, *(high for _, high in keys)]) + 0.3
    size = figsize or (n_columns * (width + 0.1) + sum(wide for wide, _ in keys), n_rows * row)
    _, axes = plt.subplots(n_rows, n_columns, figsize=size, squeeze=False, layout="compressed")
    return axes


def grid_shape(n_panels: int, n_columns: int) -> tuple[int, int]:
    """Rows and columns of so many panels."""
    columns = min(n_panels, n_columns)
    return math.ceil(n_panels / columns), columns


def given_axes(ax: Axes | Sequence[Axes], n_panels: int) -> np.ndarray:
    """The caller's axes, one for each panel.

    Parameters
    ----------
    ax
        One or several.
    n_panels
        Number of panels to draw.

    Returns
    -------
    Shape (n_panels,).

    Raises
    ------
    TypeError
        If they are not axes.
    ValueError
        If they are not as many as panels.
    """
    from matplotlib.axes import Axes

    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if not all(isinstance(one, Axes) for one in axes):
        msg = f"ax must be axes of matplotlib, or a list of them, got {ax!r}; make them with matplotlib.pyplot.subplots"
        raise TypeError(msg)
    if len(axes) != n_panels:
        msg = f"ax has {len(axes)} axes, but there are {n_panels} panels (colours times sections) to draw"
        raise ValueError(msg)
    return axes


def height_of(ax: Axes) -> float:
    """Height of axes in inches, before their aspect is applied."""
    return ax.get_window_extent().height / ax.figure.dpi


def width_of(ax: Axes) -> float:
    """Width of axes in inches, before their aspect is applied."""
    return ax.get_window_extent().width / ax.figure.dpi


def wrapped(text: str, width: float, size: float) -> str:
    """Text in lines of a width in inches, beside those that it has: one that is wider than its panel would be cut at the edge of the figure."""
    most = max(12, int(width * 72 / (_CHARACTER * size)))
    return "\n".join(textwrap.fill(line, most) for line in text.split("\n"))
