"""``pl.training_history``: losses by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys
from spamca._checks import check_name, check_readable
from spamca._palette import palette
from spamca._records import integrating, record_of
from spamca.pl._arguments import check_names
from spamca.pl._figure import line_axes
from spamca.pl._finish import Finish
from spamca.pl._fonts import MEDIUM, points

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from mudata import MuData


def training_history(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    losses: str | Sequence[str] | None = None,
    title: str | Sequence[str] | None = None,
    ncols: int = 3,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> np.ndarray | Figure | None:
    """Draw each loss of the training by step, in a panel of its own: their scales differ.

    A total that still falls at the end asks for more steps; a term that rises while the total falls is outweighed by
    the others.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    key
        The ``key_added`` of the training.
    losses
        Names of the losses to draw; by default all but those that are zero throughout, the total first.
    title
        Title of each panel; by default the loss.
    ncols
        Most panels in a row.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in, as many as losses; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"training_history.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    One axes for each loss.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range.
    KeyError
        If there was no training under that key, or it has no such loss.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=2, n_features=10)
    >>> spamca.tl.integrate(mdata, max_epochs=3, progress_bar=False)
    >>> axes = spamca.pl.training_history(mdata)
    >>> axes[0].get_title()
    'total'
    """
    check_readable(mdata)
    check_name("key", key)
    finish = Finish(save, show, return_fig)
    history = record_of(mdata, key).get("history")
    if not isinstance(history, Mapping) or not history:
        msg = (
            f"mdata.uns[{key!r}] has no history of a training, which the default network does without; {integrating(mdata, key)}, with "
            "max_epochs=... or preset='paper'"
        )
        raise KeyError(msg)
    if losses is None:
        shown = [name for name in history if np.any(history[name])] or list(history)
        losses = sorted(shown, key=lambda name: name != "total")
    losses = check_names("losses", losses, sorted(history))
    names = [name.replace("_", " ") for name in losses]
    axes = line_axes(names, (2.6, 2.0), (4, 4), "step", title=title, ncols=ncols, figsize=figsize, ax=ax)
    for i, (panel, name) in enumerate(zip(axes, losses, strict=True)):
        values = np.asarray(history[name])
        panel.plot(np.arange(1, len(values) + 1), values, color=palette(1)[0], linewidth=1.2)
        if i % (ncols if ax is None else len(losses)) == 0:
            panel.set_ylabel("loss", fontsize=points(MEDIUM))
    return finish.of(axes)
