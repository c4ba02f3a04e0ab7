"""All panels of a figure: colours times sections."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from spamca.pl._figure import TITLE_SIZE, grid_shape, height_of, key_size, new_axes, panel_size, width_of, wrapped
from spamca.pl._panel import draw_key, draw_panel, scale
from spamca.pl._section import common_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from spamca.pl._coloring import Coloring
    from spamca.pl._panel import Style
    from spamca.pl._section import Section


def draw_tissue(
    sections: Sequence[Section],
    colorings: Sequence[Coloring],
    style: Style,
    *,
    legend: bool = True,
    titles: Sequence[str] | None = None,
    ncols: int = 4,
    figsize: tuple[float, float] | None = None,
    ax: np.ndarray | None = None,
) -> np.ndarray:
    """Draw every colouring of every section.

    Colours make rows and sections columns where there are several of both; else panels fill rows of ``ncols``. One key
    serves all sections of a colouring.

    Parameters
    ----------
    sections
        One panel each.
    colorings
        One panel each.
    style
        How to draw spots.
    legend, ncols, figsize
        As in :func:`spamca.pl.spatial_clusters`.
    titles, ax
        One for each panel, (n_colorings * n_sections,); by default titles of their own and new axes.

    Returns
    -------
    Axes of shape (n_colorings, n_sections).
    """
    n_panels = len(sections) * len(colorings)
    titles = titles or _titles(sections, colorings)
    rows, columns = (
        (len(colorings), len(sections)) if min(len(sections), len(colorings)) > 1 else grid_shape(n_panels, ncols)
    )
    window = common_window(sections)
    aspect = window[1] / window[0]
    width, height = panel_size(aspect)
    ours = ax is None and figsize is None  # else the caller says how large panels are
    if ax is None:
        keys = _key_sizes(colorings, len(sections), columns, height) if legend else []
        grid = new_axes(rows, columns, aspect, keys, figsize)
        for unused in grid.ravel()[n_panels:]:
            unused.remove()
        flat = grid.ravel()[:n_panels]
    else:
        flat = ax
    axes = flat.reshape(len(colorings), len(sections))
    norms = [None if coloring.categories is not None else scale(coloring, style.limits) for coloring in colorings]
    for (i, j), name in zip(product(range(len(colorings)), range(len(sections))), titles, strict=True):
        draw_panel(axes[i, j], sections[j], colorings[i], style, norms[i], window)
        room = width if ours else width_of(axes[i, j])
        axes[i, j].set_title(wrapped(name, room, TITLE_SIZE), fontsize=TITLE_SIZE)
    if legend:
        last = min(columns, len(sections)) - 1
        for i, coloring in enumerate(colorings):
            owner = axes[i, last]
            room = height if ours else height_of(owner)
            draw_key(owner, coloring, style, norms[i], height=room, title=coloring.name if len(sections) > 1 else None)
    return axes


def _key_sizes(
    colorings: Sequence[Coloring], n_sections: int, columns: int, height: float
) -> list[tuple[float, float]]:
    """Width and height of the widest key in each column of panels that has keys beside it."""
    sizes = [key_size(coloring, height) for coloring in colorings]
    # One key serves all sections, in the last column; else each colouring has its own.
    return [max(sizes)] if n_sections > 1 else [max(sizes[column::columns]) for column in range(columns)]


def _titles(sections: Sequence[Section], colorings: Sequence[Coloring]) -> list[str]:
    """Of several sections their names, as the key has that of the coloring; of one section both, if it has a name."""
    if len(sections) > 1:
        return [section.name or coloring.name for coloring in colorings for section in sections]
    (name,) = [section.name for section in sections]
    return [coloring.name if name is None else f"{name}: {coloring.name}" for coloring in colorings]
