"""``pl.modality_weights``: the weight of each modality, and where."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt

from spamca import _keys
from spamca._checks import check_name, check_readable, find_column
from spamca._palette import palette as default_palette
from spamca._records import integrating
from spamca.pl._arguments import check_axes, check_figsize, check_palette
from spamca.pl._coloring import Coloring, find_categories, palette_colors
from spamca.pl._ends import Ends
from spamca.pl._figure import BAR, common_window, set_title
from spamca.pl._finish import Finish
from spamca.pl._fonts import MEDIUM, SMALL, points, text_width
from spamca.pl._panel import draw_key, draw_legend, draw_panel
from spamca.pl._place import Place
from spamca.pl._style import Style
from spamca.tissue import compared_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType
    from mudata import MuData

    from spamca.pl._ends import Bound
    from spamca.pl._section import Crop

BOX, BOXES = 0.16, 1.7  # width of a box and height of their panel, in inches
WIDEST = 32.0  # of a figure of many boxes, in inches


def modality_weights(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    groupby: str | None = None,
    library_key: str | None = None,
    library_id: str | Sequence[str] | None = None,
    spatial_key: str = _keys.SPATIAL,
    shape: str = "auto",
    size: float = 1.0,
    crop_coord: Crop | Sequence[Crop] | None = None,
    palette: Sequence[str] | Mapping[str, str] | None = None,
    cmap: str | Colormap | None = None,
    vmin: Bound = None,
    vmax: Bound = None,
    na_color: ColorType = "#dddddd",
    figsize: tuple[float, float] | None = None,
    ax: Sequence[Axes] | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> np.ndarray | Figure | None:
    """Draw the weight of each modality in the tissue, and its distribution in each domain.

    All panels share one colour scale, so that colours can be compared between modalities. Boxes span the quartiles,
    whiskers the 5th to the 95th percentile; the dashed line is where all modalities count the same. A weight is a share among the
    modalities that a spot has: spots with one modality only have nothing to weigh it against. They are left out of the boxes,
    which the legend says with their number, and have the colour of spots without the modality in the tissue.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    key
        The ``key_added`` of :func:`spamca.tl.integrate`, or of domains found from its result, which share its weights unless they have
        their own.
    groupby
        Column of ``mdata.obs`` with categories, the domains; by default ``key``. All spots together without it, or where no spot has a
        value.
    library_key
        Column of ``obs`` with the section of each spot: one row of panels for each section. By default the one given to
        :func:`spamca.pp.neighbors`, if any.
    library_id
        Sections to draw, in this order; by default all, in the order of the categories.
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    shape
        ``"circle"``, ``"square"``, ``"hex"`` (both turned as the lattice is), or ``"auto"``: squares on a square
        grid, else circles.
    size
        Diameter of spots relative to the true one.
    crop_coord
        Part to show, ``(left, right, top, bottom)`` in units of the coordinates: one for all sections, or a list with one for each.
    palette
        Colours of the modalities in the boxes, in order or by name; by default ones that colour-blind readers can distinguish.
    cmap
        Colour map of numbers, or its name; by default that of matplotlib's settings (``image.cmap``).
    vmin, vmax
        Ends of the colour map: numbers, percentiles of all sections as ``"p95"``, or functions of the values; by default ``"p1"``
        and ``"p99"``, so that outliers cost no contrast.
    na_color
        Colour of spots without the modality, or without any other.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in: for each modality of each section, and last for the boxes; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"weights.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes: those of the modalities, section by section, and last those of the boxes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, or ``groupby`` has no categories.
    KeyError
        If there are no weights under that key, or no such column or section.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=2, n_features=10)
    >>> spamca.tl.integrate(mdata, max_epochs=3, progress_bar=False)
    >>> axes = spamca.pl.modality_weights(mdata, groupby="label")
    >>> [ax.get_title() for ax in axes]
    ['rna', 'protein', '']
    """
    check_readable(mdata)
    style, ends = Style(shape, size, cmap=cmap, na_color=na_color), Ends(vmin, vmax)
    check_figsize(figsize)
    check_name("key", key)
    check_palette(palette)
    finish = Finish(save, show, return_fig)
    weights, n_alone = compared_weights(mdata, key)
    if not weights:
        msg = f"no modality has obs[{_keys.weight(key)!r}]; {integrating(mdata, key)}"
        raise KeyError(msg)
    colors = default_palette(len(weights)) if palette is None else palette_colors(palette, list(weights), "modalities")
    domains = _domains(mdata, key, groupby)
    place = Place("modality_weights", library_key, library_id, spatial_key, crop_coord=crop_coord)
    sections, _ = place.sections(mdata)

    titles = [section.titled(name) for section in sections for name in weights]
    window, width, height = common_window(sections, titles)
    if ax is None:
        axes = _new_axes(len(sections), list(weights), len(domains.categories), (width, height), figsize)
    else:
        axes = check_axes(ax, len(titles) + 1)
    everything = Coloring("weight", np.concatenate(list(weights.values())))
    norm = ends.scale(everything.values, "weight")
    panels = product(sections, weights.items())
    for panel, title, (section, (name, values)) in zip(axes[:-1], titles, panels, strict=True):
        draw_panel(panel, section, Coloring(name, values), style, norm, window)
        set_title(panel, title, width if figsize is None and ax is None else None)
    draw_key(axes[len(weights) - 1], everything, style, norm, height=height, title="weight")
    _draw_boxes(axes[-1], weights, colors, domains)
    entries: list[tuple[str, Any]] = list(zip(weights, colors, strict=True))
    if n_alone:
        entries.append((f"left out: {n_alone} spots\nwith one modality", na_color))
    draw_legend(axes[-1], entries, height=BOXES, style=style)
    return finish.of(axes)


def _new_axes(
    n_sections: int, names: list[str], n_domains: int, panel: tuple[float, float], figsize: tuple[float, float] | None
) -> np.ndarray:
    """Axes of a new figure: a row of panels of a size in inches for each section, and one for boxes below."""
    heights, columns = [*[panel[1]] * n_sections, BOXES], len(names)
    across = max(columns * panel[0] + BAR, (BOX + 0.06) * columns * n_domains + 1.5)
    fitting = (min(across, WIDEST), sum(heights) + 0.25 * n_sections + 0.4)
    figure = plt.figure(figsize=fitting if figsize is None else figsize, layout="constrained")
    cells = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    axes = [figure.add_subplot(cells[i, j]) for i in range(n_sections) for j in range(columns)]
    return np.array([*axes, figure.add_subplot(cells[-1, :])], dtype=object)


def _domains(mdata: MuData, key: str, groupby: str | None) -> Coloring:
    """Domains of the boxes that have spots; all spots together where there are none."""
    domains = Coloring("all spots", np.zeros(mdata.n_obs, dtype=np.int64), ["all spots"])
    if groupby is not None:
        domains = find_categories(mdata, groupby, "groupby")
    elif find_column(mdata, key) is not None:
        domains = find_categories(mdata, key, "key")
    return _with_spots(domains)


def _with_spots(domains: Coloring) -> Coloring:
    """Categories that have spots; all spots together where there are none."""
    used = np.unique(domains.values[~domains.missing])
    if not len(used):
        return Coloring("all spots", np.zeros_like(domains.values), ["all spots"])
    values = np.where(domains.missing, -1, np.searchsorted(used, domains.values))
    return replace(domains, values=values, categories=[domains.categories[k] for k in used])


def _draw_boxes(ax: Axes, weights: dict[str, np.ndarray], colors: Sequence[str], domains: Coloring) -> None:
    """Draw the distribution of the weights of each modality, (n_obs,), in each domain, side by side."""
    names, step = domains.categories, 0.8 / len(weights)
    for m, (values, color) in enumerate(zip(weights.values(), colors, strict=True)):
        ax.boxplot(
            [values[(domains.values == k) & np.isfinite(values)] for k in range(len(names))],
            positions=np.arange(len(names)) + (m - (len(weights) - 1) / 2) * step,
            widths=0.85 * step,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": color, "edgecolor": color, "linewidth": 2.0},  # the edge shows where the box is flat
            medianprops={"color": "black", "linewidth": 1.0},
            whiskerprops={"linewidth": 0.6},
            capprops={"linewidth": 0.6},
        )
    ax.axhline(1 / len(weights), color="0.5", linewidth=0.8, linestyle="--", zorder=0)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_xticks(range(len(names)), names)
    if sum(text_width(name) + 0.1 for name in names) > ax.figure.bbox.width / ax.figure.dpi - 1.5:
        ax.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    ax.tick_params(labelsize=points(SMALL))
    ax.set_ylabel("weight", fontsize=points(MEDIUM))
    ax.spines[["top", "right"]].set_visible(False)
