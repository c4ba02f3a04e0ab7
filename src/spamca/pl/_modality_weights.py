"""``pl.modality_weights``: how much each modality counts, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca import _edge, _keys

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from mudata import MuData

    from spamca.pl._coloring import Coloring

BOX = 0.16
"""Width of a box in inches."""


def modality_weights(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    groupby: str | None = None,
    library_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    spot_shape: str = "auto",
    cmap: str | Colormap = "viridis",
    figsize: tuple[float, float] | None = None,
) -> np.ndarray:
    """Draw the weight of each modality in the tissue, and its distribution in each domain.

    All panels share one colour scale, so that colours can be compared between modalities. Boxes span the quartiles,
    whiskers the 5th to the 95th percentile; the dashed line is where all modalities count the same.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    key
        The ``key_added`` of the training.
    groupby
        Column of ``mdata.obs`` with categories, the domains; by default ``key``, and without such a column all spots together.
    library_key
        Column of ``obs`` with the section of each spot: one row of panels a section. By default the one given to
        :func:`spamca.pp.neighbors`, if any.
    spatial_key
        Key of ``obsm`` with the coordinates.
    spot_shape
        As in :func:`spamca.pl.spatial_clusters`.
    cmap
        Colour map of the weights, or its name.
    figsize
        Size of the figure in inches.

    Returns
    -------
    The axes: those of the modalities, section by section, and last those of the boxes.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or a name not a string.
    KeyError
        If there are no weights under that key, or no such column.
    ValueError
        If ``groupby`` has no categories, or another argument is out of its range.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=2, n_features=10)
    >>> spamca.tl.integrate(mdata, max_epochs=3, progress_bar=False)
    >>> axes = spamca.pl.modality_weights(mdata, groupby="label")
    >>> [ax.get_title() for ax in axes]
    ['rna', 'protein', '']
    """
    import matplotlib.pyplot as plt

    from spamca._checks import check_coordinates, check_name, check_readable, find_library_key
    from spamca.pl._arguments import check_figsize, check_style
    from spamca.pl._categories import find_categories
    from spamca.pl._coloring import Coloring
    from spamca.pl._figure import BAR, TITLE_SIZE, panel_size, width_of, wrapped
    from spamca.pl._panel import Style, draw_key, draw_panel, scale
    from spamca.pl._section import common_window, find_sections

    check_readable(mdata)
    style = Style(spot_shape, cmap=cmap)
    check_style(style)
    check_figsize(figsize)
    check_name("key", key)
    # Not those of mdata.obs: files leave columns out that modalities hold too, and whether reading brings them back is an option.
    column = _keys.weight(key)
    weights = {
        name: _edge.spread(modality.obs[column].to_numpy(dtype=np.float64), _edge.rows(mdata, name), np.nan)
        for name, modality in mdata.mod.items()
        if column in modality.obs
    }
    if not weights:
        msg = f"no modality has obs[{column!r}]; run spamca.tl.integrate(mdata, key_added={key!r})"
        raise KeyError(msg)
    spatial = check_coordinates(mdata, spatial_key)
    domains = None
    if groupby is not None:
        domains = find_categories(mdata, groupby, "groupby")
    elif key in mdata.obs:
        domains = find_categories(mdata, key, "key")
    library_key = find_library_key(mdata, library_key, "modality_weights")
    sections = find_sections(mdata, spatial, library_key, image=False)

    n_boxes = len(weights) * (len(domains.categories) if domains is not None else 1)
    window = common_window(sections)
    width, height = panel_size(window[1] / window[0])
    across = max(len(weights) * width + BAR, (BOX + 0.06) * n_boxes + 1.5)
    boxes = 1.7
    size = figsize or (across, len(sections) * (height + 0.25) + boxes + 0.4)
    figure = plt.figure(figsize=size, layout="constrained")
    cells = figure.add_gridspec(len(sections) + 1, len(weights), height_ratios=[height] * len(sections) + [boxes])
    grid = np.array(
        [[figure.add_subplot(cells[i, j]) for j in range(len(weights))] for i in range(len(sections))], dtype=object
    )
    everything = Coloring("weight", np.concatenate(list(weights.values())))
    norm = scale(everything, style.limits)
    for panels, section in zip(grid, sections, strict=True):
        for panel, (name, values) in zip(panels, weights.items(), strict=True):
            draw_panel(panel, section, Coloring(name, values), style, norm, window)
            title = name if section.name is None else f"{section.name}: {name}"
            room = width if figsize is None else width_of(panel)
            panel.set_title(wrapped(title, room, TITLE_SIZE), fontsize=TITLE_SIZE)
    draw_key(grid[0, -1], everything, style, norm, height=height, title="weight")
    last = figure.add_subplot(cells[-1, :])
    draw_boxes(last, weights, domains)
    return np.array([*grid.ravel(), last], dtype=object)


def draw_boxes(ax: Axes, weights: dict[str, np.ndarray], domains: Coloring | None) -> None:
    """Draw the distribution of the weights in each domain, modalities side by side.

    Parameters
    ----------
    ax
        Where to.
    weights
        For each modality its weight in each spot, (n_obs,), NaN where absent.
    domains
        Domain of each spot; None takes all spots together.
    """
    from spamca._palette import palette
    from spamca.pl._key import FONT_SIZE, draw_legend

    names = domains.categories if domains is not None else ["all spots"]
    codes = domains.values if domains is not None else np.zeros(len(next(iter(weights.values()))), dtype=int)
    colors = palette(len(weights))
    step = 0.8 / len(weights)
    for m, (values, color) in enumerate(zip(weights.values(), colors, strict=True)):
        samples = [values[(codes == k) & np.isfinite(values)] for k in range(len(names))]
        ax.boxplot(
            samples,
            positions=np.arange(len(names)) + (m - (len(weights) - 1) / 2) * step,
            widths=0.85 * step,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": color, "linewidth": 0.6},
            medianprops={"color": "black", "linewidth": 1.0},
            whiskerprops={"linewidth": 0.6},
            capprops={"linewidth": 0.6},
        )
    ax.axhline(1 / len(weights), color="0.5", linewidth=0.8, linestyle="--", zorder=0)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_xticks(range(len(names)), names)
    if max(map(len, names)) * len(names) > 60:
        ax.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    ax.tick_params(labelsize=FONT_SIZE)
    ax.set_ylabel("weight", fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    draw_legend(ax, list(zip(weights, colors, strict=True)), height=1.5)
