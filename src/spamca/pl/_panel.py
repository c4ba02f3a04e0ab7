"""One panel: a section of tissue with its spots coloured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Normalize, to_rgba, to_rgba_array

from spamca.pl._key import draw_bar, draw_legend
from spamca.pl._spots import draw_spots, natural_shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

    from spamca.pl._coloring import Coloring
    from spamca.pl._section import Section

MISSING = "#dddddd"
MISSING_NAME = "no value"


@dataclass(frozen=True)
class Style:
    """How spots are drawn.

    Parameters
    ----------
    spot_shape
        ``"auto"`` or a key of ``spamca.pl._spots.SHAPES``.
    spot_size
        Diameter relative to the true one.
    alpha
        Opacity.
    cmap
        Colour map of numbers.
    limits
        Percentiles of the numbers at the ends of the colour map.
    """

    spot_shape: str = "auto"
    spot_size: float = 1.0
    alpha: float = 1.0
    cmap: str | Colormap = "viridis"
    limits: tuple[float, float] = (1.0, 99.0)


def scale(coloring: Coloring, limits: tuple[float, float]) -> Normalize:
    """Ends of the colour map: percentiles of the values, or their range where the percentiles fall together, the one value in its middle.

    Parameters
    ----------
    coloring
        Numbers of all spots.
    limits
        Percentiles.

    Returns
    -------
    From value to position on the colour map.
    """
    values = coloring.values[~coloring.missing]
    if not len(values):
        return Normalize(0, 1)
    low, high = np.percentile(values, limits)
    if np.isclose(low, high, rtol=1e-3, atol=0):  # as probabilities that are nearly all one
        low, high = values.min(), values.max()
    return Normalize(low, high) if high > low else Normalize(low - 0.5, low + 0.5)


def draw_panel(
    ax: Axes,
    section: Section,
    coloring: Coloring,
    style: Style,
    norm: Normalize | None,
    window: np.ndarray | None = None,
) -> None:
    """Draw image and spots, y downwards as in images, one unit as long in x as in y, and no frame.

    Parameters
    ----------
    ax
        Where to.
    section
        Spots to draw.
    coloring
        Values of all spots, of this section and the others.
    style
        How to draw them.
    norm
        What :func:`scale` gives; None with categories.
    window
        Width and height to show, in diameters of a spot, (2,); by default those of the section.
    """
    if section.image is not None:
        section.image.draw(ax)
    values, missing = coloring.values[section.rows], coloring.missing[section.rows]
    colors = np.tile(to_rgba(MISSING), (len(values), 1))
    if coloring.categories is not None:
        colors[~missing] = to_rgba_array(coloring.colors)[values[~missing]]
    else:
        colors[~missing] = mpl.colormaps.get_cmap(style.cmap)(norm(values[~missing]))
    # Spots without a value must not hide others where spots overlap.
    order = np.argsort(~missing, kind="stable")
    shape = natural_shape(section.spatial) if style.spot_shape == "auto" else style.spot_shape
    diameter = section.diameter
    draw_spots(
        ax,
        section.spatial[order],
        colors[order],
        diameter=diameter * style.spot_size,
        shape=shape,
        alpha=style.alpha,
    )
    middle = (section.spatial.min(axis=0) + section.spatial.max(axis=0)) / 2
    half = (section.extent if window is None else window) * diameter / 2
    low, high = middle - half, middle + half
    ax.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")
    ax.set_axis_off()


def draw_key(
    ax: Axes, coloring: Coloring, style: Style, norm: Normalize | None, *, height: float, title: str | None
) -> None:
    """Draw legend or colour bar beside the axes.

    Parameters
    ----------
    ax
        Axes that it belongs to.
    coloring, style, norm
        As in :func:`draw_panel`.
    height
        Height of the axes in inches.
    title
        What the colours stand for.
    """
    values = coloring.values[~coloring.missing]
    if coloring.categories is None:
        if not len(values):
            return
        below, above = values.min() < norm.vmin, values.max() > norm.vmax
        extend = {(False, False): "neither", (True, False): "min", (False, True): "max"}.get((below, above), "both")
        bar = draw_bar(ax, norm, mpl.colormaps.get_cmap(style.cmap), extend=extend, title=title)
        if values.min() == values.max():
            bar.set_ticks([values[0]])  # others would be of values that nothing has
        return
    present = np.bincount(values, minlength=len(coloring.categories)) > 0
    entries = [
        (name, color) for name, color, has in zip(coloring.categories, coloring.colors, present, strict=True) if has
    ]
    if coloring.missing.any():
        entries.append((MISSING_NAME, MISSING))
    draw_legend(ax, entries, height=height, title=title)
