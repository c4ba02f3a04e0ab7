"""``pl.compare``: shares of domains in each section, by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt

from spamca import _keys
from spamca._checks import check_name, check_readable
from spamca.pl._arguments import call, check_axes, check_figsize, check_names, check_palette, check_title
from spamca.pl._coloring import colors_of, palette_colors
from spamca.pl._finish import Finish
from spamca.pl._fonts import LARGE, MEDIUM, SMALL, points, text_width
from spamca.pl._matrix import row_height

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from mudata import MuData

PANEL = 2.6  # width of the axes in inches
GAP = 0.8  # height between domains, in groups
HEADER = "log2 ratio [95 % interval], q"


def compare(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    domains: Sequence[str] | None = None,
    palette: str | Sequence[str] | Mapping[str, str] | None = None,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> Axes | Figure | None:
    """Draw the share of each domain in each section, by group, with the effect and q-value of the comparison.

    Each point is a section, each line the mean of a group. The effect is the difference from the reference, which comes first, in centred log2
    ratios, with its 95 % interval.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.compare` of shares.
    key
        Column of the domains that were compared.
    domains
        Which domains to draw, in this order; by default all.
    palette
        Colours of the groups, the reference first, or by name; by default those stored.
    title
        Title of the figure; by default none.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"compare.pdf"``.
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
        If an argument is not of its kind.
    KeyError
        If there is no comparison of shares under that key, or no such domain.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=900, n_domains=3, n_sections=6)
    >>> treated = ["section 1", "section 2", "section 3"]
    >>> mdata.obs["condition"] = mdata.obs["section"].isin(treated).map({True: "treated", False: "control"})
    >>> spamca.tl.compare(mdata, "condition", key="label", what="share", library_key="section", test="t")
    >>> ax = spamca.pl.compare(mdata, key="label")
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['domain 1', 'domain 2', 'domain 3']
    """
    check_readable(mdata)
    check_name("key", key)
    check_figsize(figsize)
    check_palette(palette)
    check_title(title)
    finish = Finish(save, show, return_fig)
    held = mdata.uns.get(_keys.comparison(key))
    table = held["table"] if isinstance(held, Mapping) and "table" in held else None
    if table is None or not (table["what"] == "share").any():
        msg = f"mdata.uns[{_keys.comparison(key)!r}] has no comparison of shares; run {call('compare', '...', key=key)}"
        raise KeyError(msg)
    sections, tests, reference = held["sections"], table[table["what"] == "share"], str(held["params"]["reference"])
    known = sections["domain"].cat.categories.astype(str).tolist()
    shown = known if domains is None else check_names("domains", domains, known)
    known_groups = sections["group"].cat.categories.astype(str).tolist()
    groups = [reference, *(group for group in known_groups if group != reference)]
    step = len(groups) + GAP
    if ax is None:
        wide = PANEL + max(map(text_width, shown)) + text_width(HEADER) + 0.6
        high = row_height() * step * len(shown) + 6 * points(SMALL) / 72 + 0.2
        _, ax = plt.subplots(figsize=(wide, high) if figsize is None else figsize, layout="constrained")
    else:
        ax = check_axes(ax, 1)[0]
    colors = dict(zip(known_groups, colors_of(mdata, str(held["params"]["groupby"]), known_groups), strict=True))
    if palette is not None:
        colors = dict(zip(groups, palette_colors(palette, groups, "groups"), strict=True))
    _draw_points(ax, sections, shown, {group: colors[group] for group in groups}, step)
    _label_effects(ax, tests, shown, groups, step)
    ax.set_yticks([i * step + (len(groups) - 1) / 2 for i in range(len(shown))], shown)
    ax.set_ylim(len(shown) * step - GAP - 0.3, -0.7)
    ax.set_xlim(left=0)
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel("share of the spots of a section", fontsize=points(MEDIUM))
    ax.tick_params(labelsize=points(SMALL))
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=len(groups),
        frameon=False,
        borderpad=0,
        handletextpad=0.1,
        fontsize=points(SMALL),
    )
    if title is not None:
        ax.set_title(title, fontsize=points(LARGE), pad=2 * points(LARGE))
    return finish.of(ax)


def _draw_points(
    ax: Axes, sections: pd.DataFrame, shown: Sequence[str], colors: Mapping[str, str], step: float
) -> None:
    """A row of points for each group of each domain, and its mean."""
    domain, owner = sections["domain"].astype(str).to_numpy(), sections["group"].astype(str).to_numpy()
    share = sections["share"].to_numpy()
    for i in range(len(shown)):
        ax.axhline(i * step - (1 + GAP) / 2, color="0.85", linewidth=0.6, zorder=0) if i else None
    for g, (group, color) in enumerate(colors.items()):
        for i, name in enumerate(shown):
            values, y = np.sort(share[(domain == name) & (owner == group)]), i * step + g
            apart = 0.16 * (np.arange(len(values)) % 3 - 1)  # so that equal shares are seen
            label = None if i else group
            ax.scatter(values, y + apart, s=16, color=color, alpha=0.75, linewidths=0, label=label)
            ax.plot([values.mean()] * 2, [y - 0.4, y + 0.4], color="black", linewidth=1.2)


def _label_effects(ax: Axes, tests: pd.DataFrame, shown: Sequence[str], groups: Sequence[str], step: float) -> None:
    """Effect, interval and q-value right of the row of each group but the reference."""
    place: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": points(SMALL)}
    ax.text(1.02, 1, HEADER, transform=ax.transAxes, va="bottom", fontsize=points(SMALL))
    for row in tests.itertuples():
        if str(row.domain) not in shown:
            continue
        y = shown.index(str(row.domain)) * step + groups.index(str(row.group))
        text = f"{row.effect:+.2f}"
        if np.isfinite(row.q_value):
            text += f" [{row.ci_low:+.2f}, {row.ci_high:+.2f}], q = {row.q_value:.2g}"
        ax.text(1.02, y, text.replace("-", "\N{MINUS SIGN}"), **place)
