"""``pl.n_clusters``: the criteria of each number of domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys
from spamca._checks import check_name, check_readable
from spamca._palette import palette
from spamca._records import holder_of
from spamca.pl._arguments import call, check_names
from spamca.pl._figure import line_axes
from spamca.pl._finish import Finish
from spamca.pl._fonts import MEDIUM, SMALL, points

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from mudata import MuData

CRITERIA = {
    "evidence": "nats per spot",
    "stability": "adjusted Rand index",
    "gain": "nats per spot",
    "coherence": "share of edges",
}
"""What can be drawn, and its unit; the first two where the caller does not choose."""


def n_clusters(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    criteria: str | Sequence[str] | None = None,
    title: str | Sequence[str] | None = None,
    ncols: int = 3,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> np.ndarray | Figure | None:
    """Draw the criteria for each number of domains that was tried, with the chosen number marked.

    A sharp peak of the evidence says that domains have edges, and that this is their number. A flat top says that the
    tissue changes gradually, and that every number on it describes it about as well.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate` without a number, or :func:`spamca.tl.estimate_n_clusters`.
    key
        The ``key_added`` of either, or of domains found from that result.
    criteria
        Of ``"evidence"`` (the penalised likelihood, which chooses, with the standard error of the difference from the best),
        ``"stability"`` (of the domains over starts and scales), ``"gain"`` (the likelihood), and ``"coherence"`` (of the domains in
        the tissue).
        None draws the first two.
    title
        Title of each panel; by default the criterion.
    ncols
        Most panels in a row.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in, as many as criteria; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"n_clusters.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    One axes for each criterion.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range.
    KeyError
        If there is no estimate under that key, or no such criterion.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=4, difficulty=0.2)
    >>> spamca.tl.estimate_n_clusters(mdata, n_clusters_range=(2, 7))
    >>> axes = spamca.pl.n_clusters(mdata)
    >>> [ax.get_title() for ax in axes]
    ['evidence', 'stability']
    """
    check_readable(mdata)
    check_name("key", key)
    finish = Finish(save, show, return_fig)
    record = mdata.uns.get(_keys.n_clusters(holder_of(mdata, key, _keys.n_clusters)))
    if not isinstance(record, Mapping) or "tried" not in record:
        msg = f"mdata.uns[{_keys.n_clusters(key)!r}] has no estimate; run {call('estimate_n_clusters', key_added=key)}"
        raise KeyError(msg)
    shown = check_names("criteria", list(CRITERIA)[:2] if criteria is None else criteria, CRITERIA)
    tried, chosen = np.asarray(record["tried"]), int(record["n_clusters"])
    line, mark = palette(2)
    axes = line_axes(shown, (2.9, 2.3), (8, 5), "number of domains", title=title, ncols=ncols, figsize=figsize, ax=ax)
    for panel, name in zip(axes, shown, strict=True):
        values = np.asarray(record[name])
        panel.plot(tried, values, "o-", color=line, linewidth=1.2, markersize=3)
        if name == "evidence":
            error = np.asarray(record["error"])
            panel.fill_between(tried, values - error, values + error, color=line, alpha=0.2, linewidth=0)
        panel.plot([chosen], values[tried == chosen], "o", color=mark, markersize=7, label=f"chosen: {chosen}")
        panel.axvline(chosen, color=mark, linewidth=0.8, linestyle=":")
        panel.set_ylabel(CRITERIA[name], fontsize=points(MEDIUM))
        panel.legend(frameon=False, fontsize=points(SMALL), loc="best")
    return finish.of(axes)
