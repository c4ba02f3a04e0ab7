"""``pl.modality_weights``: the weight of each modality, and where."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt

from spamca import _edge, _keys
from spamca._checks import check_coordinates, check_name, check_readable, find_column, find_library_key
from spamca._palette import palette
from spamca.pl._arguments import Style, check_figsize
from spamca.pl._coloring import Coloring, find_categories
from spamca.pl._figure import BAR, common_window, set_title
from spamca.pl._fonts import MEDIUM, SMALL, points, text_width
from spamca.pl._panel import draw_key, draw_legend, draw_panel, scale
from spamca.pl._section import find_sections

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from mudata import MuData

BOX, BOXES = 0.16, 1.7  # width of a box and height of their panel, in inches
WIDEST = 32.0  # of a figure of many boxes, in inches


def modality_weights(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    groupby: str | None = None,
    library_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    spot_shape: str = "auto",
    cmap: str | Colormap | None = None,
    figsize: tuple[float, float] | None = None,
) -> np.ndarray:
    """Draw the weight of each modality in the tissue, and its distribution in each domain.

    All panels share one colour scale, so that colours can be compared between modalities. Boxes span the quartiles,
    whiskers the 5th to the 95th percentile; the dashed line is where all modalities count the same. Spots with one
    modality only do not count and are light grey: there is nothing to weigh it against.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    key
        The ``key_added`` of the training.
    groupby
        Column of ``mdata.obs`` with categories, the domains; by default ``key``. All spots together without it, or where no spot has a
        value.
    library_key
        Column of ``obs`` with the section of each spot: one row of panels for each section. By default the one given to
        :func:`spamca.pp.neighbors`, if any.
    spatial_key, spot_shape, cmap, figsize
        As in :func:`spamca.pl.spatial_clusters`.

    Returns
    -------
    The axes: those of the modalities, section by section, and last those of the boxes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, or ``groupby`` has no categories.
    KeyError
        If there are no weights under that key, or no such column.

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
    style = Style(spot_shape, cmap=cmap)
    check_figsize(figsize)
    check_name("key", key)
    # Not those of mdata.obs: files leave out columns that modalities hold too, and reading need not restore them.
    column = _keys.weight(key)
    weights = {
        name: _edge.spread(modality.obs[column].to_numpy(dtype=np.float64), _edge.rows(mdata, name), np.nan)
        for name, modality in mdata.mod.items()
        if column in modality.obs
    }
    if not weights:
        msg = f"no modality has obs[{column!r}]; run spamca.tl.integrate(mdata, key_added={key!r})"
        raise KeyError(msg)
    weights = _compared(weights)
    spatial = check_coordinates(mdata, spatial_key)
    domains = Coloring("all spots", np.zeros(mdata.n_obs, dtype=np.int64), ["all spots"])
    if groupby is not None:
        domains = find_categories(mdata, groupby, "groupby")
    elif find_column(mdata, key) is not None:
        domains = find_categories(mdata, key, "key")
    domains = _with_spots(domains)
    sections = find_sections(mdata, spatial, find_library_key(mdata, library_key, "modality_weights"), image=False)

    titles = [section.titled(name) for section in sections for name in weights]
    window, width, height = common_window(sections, titles)
    heights = [*[height] * len(sections), BOXES]
    across = max(len(weights) * width + BAR, (BOX + 0.06) * len(weights) * len(domains.categories) + 1.5)
    fitting = (min(across, WIDEST), sum(heights) + 0.25 * len(sections) + 0.4)
    figure = plt.figure(figsize=fitting if figsize is None else figsize, layout="constrained")
    cells = figure.add_gridspec(len(heights), len(weights), height_ratios=heights)
    everything = Coloring("weight", np.concatenate(list(weights.values())))
    norm, axes = scale(everything, style.limits), []
    for i, section in enumerate(sections):
        for j, (name, values) in enumerate(weights.items()):
            axes.append(figure.add_subplot(cells[i, j]))
            draw_panel(axes[-1], section, Coloring(name, values), style, norm, window)
            set_title(axes[-1], section.titled(name), width if figsize is None else None)
    draw_key(axes[len(weights) - 1], everything, style, norm, height=height, title="weight")
    axes.append(figure.add_subplot(cells[-1, :]))
    _draw_boxes(axes[-1], weights, domains)
    return np.array(axes, dtype=object)


def _compared(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights (n_obs,) of spots that have two modalities or more; that of a single one is 1 whatever it says, and left out."""
    alone = np.sum([np.isfinite(values) for values in weights.values()], axis=0) == 1
    return {name: np.where(alone & (len(weights) > 1), np.nan, values) for name, values in weights.items()}


def _with_spots(domains: Coloring) -> Coloring:
    """Categories that have spots; all spots together where there are none."""
    used = np.unique(domains.values[~domains.missing])
    if not len(used):
        return Coloring("all spots", np.zeros_like(domains.values), ["all spots"])
    values = np.where(domains.missing, -1, np.searchsorted(used, domains.values))
    return replace(domains, values=values, categories=[domains.categories[k] for k in used])


def _draw_boxes(ax: Axes, weights: dict[str, np.ndarray], domains: Coloring) -> None:
    """Draw the distribution of the weights of each modality, (n_obs,), in each domain, side by side."""
    names, colors, step = domains.categories, palette(len(weights)), 0.8 / len(weights)
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
    draw_legend(ax, list(zip(weights, colors, strict=True)), height=1.5)
