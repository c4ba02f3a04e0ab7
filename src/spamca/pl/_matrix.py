"""Matrices of named rows and columns: cells, names that do not overlap, and strips of colour along the sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from spamca.pl._fonts import SMALL, legible, points, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.transforms import Transform

STRIP = 0.09  # width of a strip of colour in inches


def row_height() -> float:
    """Least height of a row with a name, in inches."""
    return 1.55 * points(SMALL) / 72


def axes_size(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in inches."""
    box = ax.get_window_extent()
    return float(box.width / ax.figure.dpi), float(box.height / ax.figure.dpi)


def draw_cells(ax: Axes, values: np.ndarray, cmap: Colormap, norm: Normalize) -> QuadMesh:
    """Draw values (n_rows, n_columns) as cells, the first row on top, cells i and j centred at whole numbers."""
    edges = [np.arange(n + 1) - 0.5 for n in values.shape]
    return ax.pcolormesh(edges[1], edges[0], np.ma.masked_invalid(values), cmap=cmap, norm=norm, linewidth=0)


def write_cells(ax: Axes, mesh: QuadMesh, values: np.ndarray, texts: np.ndarray, relative: float) -> None:
    """Write texts (n_rows, n_columns) into cells, white on dark ones."""
    colors = mesh.to_rgba(np.ma.masked_invalid(values))
    for (i, j), text in np.ndenumerate(texts):
        if text:
            color = legible(colors[i, j])
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


def from_corner(ax: Axes, corner: tuple[float, float]) -> Transform:
    """Inches from a corner of axes, such as (1, 1) for the upper right one, so that what lies there keeps its size."""
    return ax.figure.dpi_scale_trans + ScaledTranslation(*corner, ax.transAxes)  # type: ignore[arg-type]


def draw_strip(ax: Axes, colors: Sequence[str], side: str) -> None:
    """Draw a strip with a colour for each row (``"left"``, ``"right"``) or column (``"bottom"``) along a matrix."""
    inches = from_corner(ax, (1, 0) if side == "right" else (0, 0))
    start = 0.3 * STRIP if side == "right" else -1.3 * STRIP
    for i, color in enumerate(colors):
        if side == "bottom":
            patch = Rectangle((i - 0.45, start), 0.9, STRIP, transform=blended_transform_factory(ax.transData, inches))
        else:
            patch = Rectangle((start, i - 0.5), STRIP, 1, transform=blended_transform_factory(inches, ax.transData))
        patch.set(facecolor=color, linewidth=0, clip_on=False)
        ax.add_patch(patch)


def separate(ax: Axes, after: Sequence[int]) -> None:
    """Draw thin lines between rows, after the ones named."""
    for i in after:
        ax.axhline(i + 0.5, color="0.75", linewidth=0.6, zorder=0.5)
