"""``pl.training_history``: losses by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from mudata import MuData

TOTAL = "total"


def training_history(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    losses: str | Sequence[str] | None = None,
    ncols: int = 3,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> np.ndarray:
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
        Names of the losses to draw; by default all, the total first, but for those that are zero throughout.
    ncols
        Most panels beside each other.
    figsize
        Size of the figure in inches.
    ax
        Axes to draw in, as many as losses; by default those of a new figure.

    Returns
    -------
    One axes for each loss.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, a name not a string, or ``ax`` no axes.
    KeyError
        If there was no training under that key, or it has no such loss.
    ValueError
        If another argument is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=2, n_features=10)
    >>> spamca.tl.integrate(mdata, max_epochs=3, progress_bar=False)
    >>> axes = spamca.pl.training_history(mdata)
    >>> axes[0].get_title()
    'total'
    """
    import matplotlib.pyplot as plt

    from spamca._checks import check_count, check_name, check_readable
    from spamca._palette import palette
    from spamca.pl._arguments import check_figsize, check_names
    from spamca.pl._figure import TITLE_SIZE, given_axes, grid_shape

    check_readable(mdata)
    check_name("key", key)
    check_count("ncols", ncols, least=1)
    check_figsize(figsize)
    history = _history(mdata, key)
    if not history:
        msg = (
            f"mdata.uns[{key!r}] has no history of a training, which the default network goes without; call "
            f"spamca.tl.integrate(mdata, key_added={key!r}, max_epochs=...) or with preset='paper'"
        )
        raise KeyError(msg)
    if losses is None:
        shown = [name for name, values in history.items() if np.any(values)] or list(history)
        losses = sorted(shown, key=lambda name: name != TOTAL)
    losses = check_names("losses", losses)
    if unknown := [name for name in losses if name not in history]:
        msg = f"losses={losses!r}: {unknown} are not among {sorted(history)}"
        raise KeyError(msg)
    if ax is None:
        rows, columns = grid_shape(len(losses), ncols)
        size = figsize or (2.6 * columns, 2.0 * rows)
        _, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, sharex=True, layout="constrained")
        for unused in grid.ravel()[len(losses) :]:
            unused.set_axis_off()
        axes = grid.ravel()[: len(losses)]
    else:
        axes, columns = given_axes(ax, len(losses)), len(losses)
    for i, (panel, name) in enumerate(zip(axes, losses, strict=True)):
        values = history[name]
        panel.plot(np.arange(1, len(values) + 1), values, color=palette(1)[0], linewidth=1.2)
        panel.set_title(name.replace("_", " "), fontsize=TITLE_SIZE)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8, labelbottom=True)
        panel.xaxis.get_major_locator().set_params(integer=True, nbins=4)
        panel.yaxis.get_major_locator().set_params(nbins=4)
        if i + columns >= len(losses):
            panel.set_xlabel("step", fontsize=9)
        if i % columns == 0:
            panel.set_ylabel("loss", fontsize=9)
    return axes


def _history(mdata: MuData, key: str) -> dict[str, np.ndarray]:
    record = mdata.uns.get(key)
    history = record.get("history") if isinstance(record, Mapping) else None
    return {name: np.asarray(values) for name, values in history.items()} if isinstance(history, Mapping) else {}
