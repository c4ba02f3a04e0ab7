"""``pl.drivers``: the features that set each domain apart, over all modalities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from spamca import _keys
from spamca._checks import check_choice, check_count, check_name, check_readable, find_column
from spamca._logging import logger
from spamca._palette import palette
from spamca.explain import not_found_again
from spamca.pl._arguments import call, check_axes, check_figsize, check_title
from spamca.pl._coloring import Coloring, find_categories
from spamca.pl._driver_keys import KEYS, draw_driver_keys, largest_dot, modality_shades
from spamca.pl._driver_rows import COLUMNS, DriverRows, driver_rows, means_in_domains, standardized_means
from spamca.pl._ends import scale_about_zero
from spamca.pl._finish import Finish
from spamca.pl._fonts import LARGE, points, text_width
from spamca.pl._matrix import STRIP, axes_size, draw_cells, draw_strip, name_sides, row_height, separate
from spamca.pl._style import Style
from spamca.tissue import denoised_column

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from mudata import MuData

COLUMN = 0.24  # least width of a column in inches
LEAST_HEIGHT = 2.6  # of the matrix in inches, so that keys have room
UNKNOWN = 0.5  # share that dots are drawn for where there is none
SIGNIFICANT = 0.05  # q-value below which a dot has a ring


def drivers(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    kind: str = "dot",
    n_features: int = 5,
    layer: str | None = None,
    cmap: str | Colormap = "RdBu_r",
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> Axes | Figure | None:
    """Draw the features that set each domain apart, over all modalities, in every domain.

    Rows are the first features of each domain, in the order of the domains, marked on the right by modality. A feature
    that is among the first of several domains stands once, where its effect is largest. Features have no dot in domains that were not found
    again without them; how many is logged.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.drivers`.
    key
        The ``key`` (or ``groupby``) of the drivers.
    kind
        ``"dot"``: dots whose size is the share of the spots of the domain with a value above zero and whose colour is the
        effect, the difference from the other spots in standard deviations; rings mark a q-value below 0.05. Values that may be negative have no such share and dots of one size. ``"heat"``:
        cells with the mean of the feature in the domain, in standard deviations from its mean over all spots.
    n_features
        Most features for each domain.
    layer
        Of ``"heat"``: the layer with the features instead of those of the preparation. Counts are made comparable between spots in the
        way of their kind (:data:`spamca.features.KINDS`), such as by logarithms at one depth; other values of a layer are taken as they are.
    cmap
        Colour map, or its name; white in the middle, which is at zero.
    title
        Title of the figure; by default none.
    figsize
        Size of the figure in inches; by default one in which no names overlap.
    ax
        Axes to draw in; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"drivers.pdf"``.
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
        If an argument is not of its kind or out of its range, or no feature is higher in a domain than elsewhere.
    KeyError
        If there are no drivers under that key, or no such layer.

    See Also
    --------
    spamca.pl.variance_explained : what the domains explain of each modality.

    Examples
    --------
    >>> import pandas as pd
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=2, n_features=10)
    >>> mdata.obs["spamca"] = mdata.obs["label"]
    >>> mdata.uns["spamca_drivers"] = pd.DataFrame(
    ...     {
    ...         "domain": ["domain 1", "domain 2"],
    ...         "modality": ["rna", "protein"],
    ...         "feature": ["gene1", "protein1"],
    ...         "effect": [1.5, 0.8],
    ...         "share_in": [0.9, 0.7],
    ...         "q_value": [0.001, 0.2],
    ...     }
    ... )
    >>> ax = spamca.pl.drivers(mdata)
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['gene1', 'protein1']
    """
    check_readable(mdata)
    check_name("key", key)
    check_choice("kind", kind, ("dot", "heat"))
    check_count("n_features", n_features, least=1)
    style = Style(cmap=cmap)
    check_figsize(figsize)
    check_title(title)
    finish = Finish(save, show, return_fig)
    table = _table(mdata, key)
    if lost := not_found_again(table):
        logger.info("pl.drivers: left out: %s", lost)
    domains = _domains(mdata, key, table)
    rows = driver_rows(table, n_features, domains.categories)
    if not rows.features:
        msg = f"no feature in mdata.uns[{_keys.drivers(key)!r}] is higher in a domain than elsewhere; nothing to draw"
        raise ValueError(msg)
    means = _means(mdata, rows, domains, layer) if kind == "heat" else None
    panel = None if ax is None else check_axes(ax, 1)[0]
    inches = matrix_size(rows) if panel is None else axes_size(panel)
    if panel is None:
        names = max(map(text_width, rows.names))
        wide = inches[0] + names + KEYS + 0.5
        high = inches[1] + max(map(text_width, rows.domains)) + 0.4
        _, panel = plt.subplots(figsize=(wide, high) if figsize is None else figsize, layout="constrained")
    shown: ScalarMappable
    if means is None:
        shown = draw_dots(panel, rows, style.colormap, inches)
    else:
        shown = draw_cells(panel, means, style.colormap, scale_about_zero(means))
    _frame(panel, rows, domains, inches)
    draw_driver_keys(panel, rows, shown, inches, dots=kind == "dot")
    if title is not None:
        panel.set_title(title, fontsize=points(LARGE))
    return finish.of(panel)


def matrix_size(rows: DriverRows) -> tuple[float, float]:
    """Width and height of the matrix in inches."""
    return max(COLUMN * len(rows.domains), 0.8), max(row_height() * len(rows.features), LEAST_HEIGHT)


def draw_dots(ax: Axes, rows: DriverRows, cmap: Colormap, inches: tuple[float, float]) -> ScalarMappable:
    """Draw a dot for each row and domain: share as area, effect as colour, a ring where significant."""
    i, j = np.nonzero(np.isfinite(rows.effect))
    largest = largest_dot(rows, inches)
    ring = rows.q_value[i, j] < SIGNIFICANT
    return ax.scatter(
        j,
        i,
        s=largest**2 * np.nan_to_num(rows.share_in[i, j], nan=UNKNOWN),
        c=rows.effect[i, j],
        cmap=cmap,
        norm=scale_about_zero(rows.effect),
        edgecolors=["black" if one else "0.8" for one in ring],
        linewidths=[0.8 if one else 0.3 for one in ring],
    )


def _frame(ax: Axes, rows: DriverRows, domains: Coloring, inches: tuple[float, float]) -> None:
    name_sides(ax, rows.names, rows.domains, inches, pad=(1.3 * STRIP, 1.3 * STRIP))
    draw_strip(ax, [domains.colors[k] for k in rows.domain], "left")
    draw_strip(ax, domains.colors, "bottom")
    draw_strip(ax, [modality_shades(len(rows.modalities))[m] for m in rows.modality], "right")
    separate(ax, np.flatnonzero(np.diff(rows.domain)).tolist())


def _means(mdata: MuData, rows: DriverRows, domains: Coloring, layer: str | None) -> np.ndarray:
    """Mean standardised values, (n_rows, n_domains)."""
    means = np.full(rows.effect.shape, np.nan)
    for m, modality in enumerate(rows.modalities):
        here = np.flatnonzero(rows.modality == m)
        if len(here):
            features = [rows.features[i] for i in here]
            if layer is not None and layer not in mdata[modality].layers:
                columns = [denoised_column(mdata, layer, modality, feature) for feature in features]
                known = [column for column in columns if column is not None]
                if len(known) < len(columns):
                    msg = f"layer={layer!r} is not among {sorted(map(str, mdata[modality].layers))} of mdata[{modality!r}]"
                    raise KeyError(msg)
                means[here] = means_in_domains(np.column_stack(known), domains.values, len(rows.domains))
                continue
            means[here] = standardized_means(mdata, modality, features, domains.values, len(rows.domains), layer)
    return means


def _table(mdata: MuData, key: str) -> pd.DataFrame:
    table = mdata.uns.get(_keys.drivers(key))
    if not isinstance(table, pd.DataFrame) or not set(COLUMNS) <= set(table):
        msg = f"mdata.uns[{_keys.drivers(key)!r}] has no drivers of domains; run {call('drivers', key=key)}"
        raise KeyError(msg)
    return table


def _domains(mdata: MuData, key: str, table: pd.DataFrame) -> Coloring:
    """The domains of the table in the order of their categories, with the spots in them if the column is there."""
    categorical = pd.Categorical(table["domain"])
    names = [str(name) for name in categorical.categories]
    if find_column(mdata, key) is not None:
        found = find_categories(mdata, key, "key")
        if set(names) <= set(found.categories):
            kept = [k for k, name in enumerate(found.categories) if name in set(names)]
            code = np.full(len(found.categories) + 1, -1)  # the code -1 takes the last
            code[kept] = np.arange(len(kept))
            categories, colors = ([held[k] for k in kept] for held in (found.categories, found.colors))
            return replace(found, values=code[found.values], categories=categories, colors=colors)
    return Coloring(key, np.full(mdata.n_obs, -1), names, palette(len(names)))
