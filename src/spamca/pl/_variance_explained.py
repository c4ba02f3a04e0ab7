"""``pl.variance_explained``: how much of each modality the domains explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import Normalize

from spamca import _keys
from spamca._checks import check_name, check_readable
from spamca.pl._arguments import call, check_axes, check_figsize, check_title
from spamca.pl._coloring import colors_of
from spamca.pl._finish import Finish
from spamca.pl._fonts import MEDIUM, SMALL, points, text_width
from spamca.pl._matrix import STRIP, draw_cells, draw_strip, name_sides, write_cells
from spamca.pl._style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from mudata import MuData

ALL = "all"  # what the table calls all domains together
TITLE = "variance explained"
TOTALS = 1.3  # width of the bars of totals in inches


def variance_explained(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    cmap: str | Colormap | None = None,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Sequence[Axes] | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> np.ndarray | Figure | None:
    """Draw the share of the variance of each modality that each domain explains, with that of all domains as bars.

    Domains overlap in what they explain, so that the cells of a row do not sum to its bar. The layout follows that of
    factor models (Argelaguet et al. 2020).

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.variance_explained`.
    key
        The ``key`` (or ``groupby``) of the result.
    cmap
        Colour map, or its name; by default that of matplotlib's settings (``image.cmap``).
    title
        Title of the cells; by default what they are.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Two axes to draw in, for cells and for bars; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"variance_explained.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes: of the cells, and of the bars.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range.
    KeyError
        If there is no such result under that key.

    See Also
    --------
    spamca.pl.drivers : the features behind it.

    Examples
    --------
    >>> import pandas as pd
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=2, n_features=10)
    >>> mdata.uns["spamca_variance_explained"] = pd.DataFrame(
    ...     {
    ...         "modality": ["rna", "rna", "rna"],
    ...         "domain": ["0", "1", "all"],
    ...         "variance_explained": [0.2, 0.1, 0.25],
    ...     }
    ... )
    >>> cells, bars = spamca.pl.variance_explained(mdata)
    >>> [text.get_text() for text in cells.get_xticklabels()]
    ['0', '1']
    """
    check_readable(mdata)
    check_name("key", key)
    style = Style(cmap=cmap)
    check_figsize(figsize)
    check_title(title)
    finish = Finish(save, show, return_fig)
    shares, total = _shares(mdata, key)
    panels = None if ax is None else check_axes(ax, 2)
    domains, modalities = list(shares.columns), list(shares.index)
    column = max(text_width("100%") + 0.08, 0.3)
    inches = (max(column * len(domains), text_width(TITLE, MEDIUM)), max(0.34 * len(modalities), 0.6))
    if panels is None:
        wide = inches[0] + max(map(text_width, modalities)) + TOTALS + 0.5
        high = inches[1] + max(map(text_width, domains)) + 0.9
        options: dict[str, Any] = {"figsize": (wide, high) if figsize is None else figsize, "layout": "constrained"}
        _, panels = plt.subplots(1, 2, width_ratios=[inches[0], TOTALS], **options)
    cells, totals = panels
    values = shares.to_numpy(dtype=np.float64)
    most = np.nanmax(values) if np.isfinite(values).any() else 1.0
    mesh = draw_cells(cells, values, style.colormap, Normalize(0, max(most, 1e-3)))
    write_cells(cells, mesh, values, np.array([[_percent(one) for one in row] for row in values]), SMALL)
    name_sides(cells, modalities, domains, inches, pad=(0, 1.3 * STRIP))
    draw_strip(cells, colors_of(mdata, key, domains), "bottom")
    cells.set_title(TITLE if title is None else title, fontsize=points(MEDIUM))
    _draw_totals(totals, total.to_numpy(dtype=np.float64))
    return finish.of(panels)


def _draw_totals(bars: Axes, total: np.ndarray) -> None:
    """Draw a bar for each row of the cells, (n_modalities,)."""
    bars.barh(np.arange(len(total)), np.nan_to_num(total), height=0.7, color="0.45")
    for i, value in enumerate(total):
        bars.annotate(
            _percent(value),
            (max(np.nan_to_num(value), 0), i),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=points(SMALL),
        )
    bars.set_xlim(0, 1.45 * max(np.nanmax(total, initial=0), 1e-3))
    bars.set_ylim(len(total) - 0.5, -0.5)
    bars.set_axis_off()
    bars.set_title("all domains", fontsize=points(MEDIUM), loc="left")


def _percent(share: float) -> str:
    if not np.isfinite(share):
        return ""
    return "0%" if abs(share) < 0.005 else f"{share:.0%}"


def _shares(mdata: MuData, key: str) -> tuple[pd.DataFrame, pd.Series]:
    """Shares of each modality (rows) and domain (columns), and of all domains, each in the order of the table."""
    table = mdata.uns.get(_keys.variance_explained(key))
    wanted = ["modality", "domain", "variance_explained"]
    if not isinstance(table, pd.DataFrame) or not set(wanted) <= set(table):
        mend = call("variance_explained", key=key)
        msg = f"mdata.uns[{_keys.variance_explained(key)!r}] has no variance explained by domains; run {mend}"
        raise KeyError(msg)
    table = table[wanted].astype({"modality": str, "domain": str})
    wide = table.pivot_table(index="modality", columns="domain", values="variance_explained", dropna=False)
    wide = wide.reindex(index=list(dict.fromkeys(table["modality"])), columns=list(dict.fromkeys(table["domain"])))
    total = wide[ALL] if ALL in wide else pd.Series(np.nan, index=wide.index)
    return wide.drop(columns=ALL, errors="ignore"), total
