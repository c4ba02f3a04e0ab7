"""What dots, shades and colours of a figure of drivers mean, in one column next to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from spamca.pl._fonts import SMALL, line_height, points
from spamca.pl._matrix import STRIP, from_corner, row_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

    from spamca.pl._driver_rows import DriverRows

KEYS = 1.6  # width of the keys in inches
BAR = 0.9  # height of the colour bar in inches


def modality_shades(n: int) -> list[str]:
    """Greys that mark modalities, so that they are not taken for colours of domains."""
    return [str(round(shade, 3)) for shade in np.linspace(0.2, 0.8, n)] if n > 1 else ["0.2"]


def largest_dot(rows: DriverRows, inches: tuple[float, float]) -> float:
    """Diameter in points of a dot for a share of one."""
    return 0.9 * 72 * min(inches[0] / len(rows.domains), inches[1] / len(rows.features), 1.2 * row_height())


def draw_driver_keys(
    ax: Axes, rows: DriverRows, shown: ScalarMappable, inches: tuple[float, float], *, dots: bool
) -> None:
    """Draw the legend of modalities, and of dots, and below it the colour bar, right of a matrix of a size in inches."""
    handles = [_header("modality")]
    for name, shade in zip(rows.modalities, modality_shades(len(rows.modalities)), strict=True):
        handles.append(Line2D([], [], linestyle="none", marker="s", markersize=6, color=shade, label=name))
    shares = dots and bool(np.isfinite(rows.share_in).any())
    if shares:
        handles.append(_header("spots above zero"))
        for share in (0.25, 0.5, 1.0):
            size = largest_dot(rows, inches) * share**0.5
            handles.append(
                Line2D(
                    *([], []),
                    linestyle="none",
                    marker="o",
                    markersize=size,
                    color="0.6",
                    markeredgewidth=0,
                    label=f"{share:.0%}",
                )
            )
    if dots:
        ring = Line2D([], [], linestyle="none", marker="o", markersize=7, markerfacecolor="none", label="q < 0.05")
        ring.set(markeredgecolor="black", markeredgewidth=0.8)
        handles.append(ring)
    corner, left = from_corner(ax, (1, 1)), 3 * STRIP
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left, 0.0),
        bbox_transform=corner,
        borderaxespad=0.0,
        frameon=False,
        fontsize=points(SMALL),
        handlelength=1.4,
        handletextpad=0.4,
        labelspacing=0.35,
    )
    below = (len(handles) + 1.2) * line_height()
    cax = ax.inset_axes((left + 0.05, -below - BAR, 0.1, BAR), transform=corner)
    bar = ax.figure.colorbar(shown, cax=cax, extend="both")
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=points(SMALL), length=2)
    bar.set_label("effect (s.d.)" if dots else "mean (s.d.)", size=points(SMALL))


def _header(text: str) -> Line2D:
    return Line2D([], [], linestyle="none", color="none", label=text)
