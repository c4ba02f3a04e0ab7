"""Matrices of named rows and columns: cells, names that do not overlap, and strips of colour along the sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from spamca.pl._fonts import SMALL, points, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colors import Colormap, Normalize

STRIP = 0.09  # width of a strip of colour in inches


def row_height() -> float:
    """Least height of a row with a name, in inches."""
    return 1.55 * points(SMALL) / 72


def draw_cells(ax: Axes, values: np.ndarray, cmap: Colormap, norm: Normalize) -> QuadMesh:
    """Draw values (n_rows, n_columns) as cells, the first row on top, cells i and j centred at whole numbers."""
    edges = [np.arange(n + 1) - 0.5 for n in values.shape]
    return ax.pcolormesh(edges[1], edges[0], np.ma.masked_invalid(values), cmap=cmap, norm=norm, linewidth=0)


def write_cells(ax: Axes, mesh: QuadMesh, values: np.ndarray, texts: np.ndarray, relative: float) -> None:
    """Write texts (n_rows, n_columns) into cells, white on dark ones."""
    colors = mesh.to_rgba(np.ma.masked_invalid(values))
    light = colors[..., :3] @ [0.299, 0.587, 0.114] > 0.55
    for (i, j), text in np.ndenumerate(texts):
        if text:
            color = "black" if light[i, j] else "white"
            ax.text(j, i, text, ha="center", va="center", fontsize=points(relative), color=color, linespacing=1.1)


def name_sides(
    ax: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    size: tuple[float, float],
    *,
    pad: tuple[float, float] = (0, 0),
) -> None:
    """Name rows at the left and columns below, of a matrix whose width and height are given in inches.

    Names of columns stand upright where they are wider than their column. ``pad`` leaves room for strips, in inches.
    """
    n_rows, n_columns = len(rows), len(columns)
    ax.set(xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5))
    upright = max(map(text_width, columns)) > 0.9 * size[0] / n_columns
    ax.set_xticks(range(n_columns), columns, rotation=90 if upright else 0)
    ax.set_yticks(range(n_rows), rows)
    ax.tick_params(axis="x", length=0, labelsize=points(SMALL), pad=3 + 72 * pad[1])
    ax.tick_params(axis="y", length=0, labelsize=points(SMALL), pad=3 + 72 * pad[0])
    for spine in ax.spines.values():
        spine.set_visible(False)


def draw_strip(ax: Axes, colors: Sequence[str], side: str, size: tuple[float, float]) -> None:
    """Draw a strip with a colour for each row (``"left"``, ``"right"``) or column (``"bottom"``) along a matrix of a size in inches."""
    for i, color in enumerate(colors):
        if side == "bottom":
            high = STRIP / size[1]
            place = blended_transform_factory(ax.transData, ax.transAxes)
            patch = Rectangle((i - 0.45, -1.3 * high), 0.9, high, transform=place)
        else:
            wide = STRIP / size[0]
            place = blended_transform_factory(ax.transAxes, ax.transData)
            patch = Rectangle((1 + 0.3 * wide if side == "right" else -1.3 * wide, i - 0.5), wide, 1, transform=place)
        patch.set(facecolor=color, linewidth=0, clip_on=False)
        ax.add_patch(patch)


def separate(ax: Axes, after: Sequence[int]) -> None:
    """Draw thin lines between rows, after the ones named."""
    for i in after:
        ax.axhline(i + 0.5, color="0.75", linewidth=0.6, zorder=0.5)
