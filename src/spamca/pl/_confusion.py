"""``pl.confusion``: two clusterings of the same spots against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import Normalize
from scipy.optimize import linear_sum_assignment

from spamca import _keys
from spamca._checks import check_choice, check_readable
from spamca.pl._arguments import check_axes, check_figsize, check_title
from spamca.pl._coloring import find_categories, shared_spots
from spamca.pl._finish import Finish
from spamca.pl._fonts import LARGE, MEDIUM, SMALL, points, text_width
from spamca.pl._matrix import STRIP, draw_cells, draw_strip, name_sides, write_cells
from spamca.pl._style import Style

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from mudata import MuData

    from spamca.pl._coloring import Coloring

LARGEST = 32.0  # of a side of the figure in inches
WRITTEN = 16  # most rows and columns whose cells have their counts written in them


def confusion(
    mdata: MuData,
    rows: str,
    *,
    columns: str = _keys.SPAMCA,
    normalize: str = "rows",
    cmap: str | Colormap | None = None,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> Axes | Figure | None:
    """Compare two clusterings, such as labels of an expert and domains: which spots they put together.

    Columns are matched to rows so that most spots lie on the diagonal (Hungarian method, Kuhn 1955); columns left over
    follow. The title is the adjusted Rand index (Hubert and Arabie 1985) and the normalised mutual information.

    Parameters
    ----------
    mdata
        Tissue with two clusterings.
    rows, columns
        Columns of ``mdata.obs`` with categories, or ``"<modality>:<column>"``. Rows keep the order of their categories.
    normalize
        What colours and percentages are shares of: the spots of ``"rows"``, of ``"columns"``, or of ``"all"``. Counts of
        spots are written below them where there is room.
    cmap
        Colour map, or its name; by default that of matplotlib's settings (``image.cmap``).
    title
        Title of the figure; by default the scores.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"confusion.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes. Spots without a value in either column are left out.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind, a column has no categories, or no spot has a value in both.
    KeyError
        If there is no such column.

    See Also
    --------
    spamca.pl.alluvial : two clusterings or more as streams of spots.
    spamca.metrics.agreement : the scores.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> mdata.obs["merged"] = mdata.obs["label"].astype(str).replace("domain 3", "domain 2")
    >>> ax = spamca.pl.confusion(mdata, "label", columns="merged")
    >>> ax.get_title()
    'ARI 0.58, NMI 0.72, 200 spots'
    """
    check_readable(mdata)
    check_choice("normalize", normalize, ("rows", "columns", "all"))
    style = Style(cmap=cmap)
    check_figsize(figsize)
    check_title(title)
    finish = Finish(save, show, return_fig)
    one, other = find_categories(mdata, rows, "rows"), find_categories(mdata, columns, "columns")
    panel = None if ax is None else check_axes(ax, 1)[0]
    both = ~(one.missing | other.missing)
    if not both.any():
        msg = f"no spot has a value in both rows={rows!r} and columns={columns!r}; name columns of the same spots"
        raise ValueError(msg)
    counts, row_names, column_names = cross_counts(one, other)
    order = matched_order(counts)
    counts, column_names = counts[:, order], column_names[order]
    size = cell_size(counts)
    title = _scores(one.values[both], other.values[both]) if title is None else title
    if panel is None:
        names = max(text_width(one.categories[k]) for k in row_names) + 0.6
        # The title is centred over the cells.
        wide = max(counts.shape[1] * size[0] + names, text_width(title, LARGE) + names)
        high = counts.shape[0] * size[1] + max(text_width(other.categories[k]) for k in column_names) + 0.8
        _, panel = plt.subplots(
            figsize=(min(wide, LARGEST), min(high, LARGEST)) if figsize is None else figsize, layout="constrained"
        )
    inches = (counts.shape[1] * size[0], counts.shape[0] * size[1])
    draw_confusion(panel, counts, normalize, style.colormap)
    name_sides(
        panel,
        [one.categories[k] for k in row_names],
        [other.categories[k] for k in column_names],
        inches,
        pad=(1.3 * STRIP, 1.3 * STRIP),
    )
    draw_strip(panel, [one.colors[k] for k in row_names], "left")
    draw_strip(panel, [other.colors[k] for k in column_names], "bottom")
    panel.set_ylabel(one.name, fontsize=points(MEDIUM))
    panel.set_xlabel(other.name, fontsize=points(MEDIUM))
    panel.set_title(title, fontsize=points(LARGE))
    return finish.of(panel)


def cross_counts(one: Coloring, other: Coloring) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spots in each pair of categories, (n_rows, n_columns), and the categories that occur, as codes."""
    counts = shared_spots(one, other)
    rows, columns = np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))
    return counts[np.ix_(rows, columns)], rows, columns


def matched_order(counts: np.ndarray) -> np.ndarray:
    """Order of columns, (n_columns,), in which most spots lie on the diagonal; others stand after the row they share most with."""
    row, column = linear_sum_assignment(counts, maximize=True)
    place = counts.argmax(axis=0) + 0.5
    place[column] = row
    return np.lexsort((-counts.max(axis=0), place))


def cell_size(counts: np.ndarray) -> tuple[float, float]:
    """Width and height of a cell in inches."""
    if max(counts.shape) > WRITTEN:
        return 0.2, 0.2
    widest = max(text_width(f"{counts.max()}", SMALL), text_width("100%", SMALL))
    return widest + 0.1, 3.2 * points(SMALL) / 72


def draw_confusion(ax: Axes, counts: np.ndarray, normalize: str, cmap: Colormap) -> None:
    """Draw shares of the counts, (n_rows, n_columns), with both written in the cells where there is room."""
    total = {"rows": counts.sum(axis=1, keepdims=True), "columns": counts.sum(axis=0, keepdims=True)}
    share = counts / total.get(normalize, counts.sum())
    mesh = draw_cells(ax, share, cmap, Normalize(0, 1 if normalize != "all" else share.max()))
    if max(counts.shape) <= WRITTEN:
        texts = [
            [f"{_percent(s)}\n{n}" if n else "" for s, n in zip(*pair, strict=True)]
            for pair in zip(share, counts, strict=True)
        ]
        write_cells(ax, mesh, share, np.array(texts), SMALL)
    else:
        bar = ax.figure.colorbar(mesh, ax=ax, shrink=0.5, aspect=15, format=lambda value, _: f"{value:.0%}")
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=points(SMALL), length=2)
        what = "spots" if normalize == "all" else f"spots of the {normalize.removesuffix('s')}"
        bar.set_label(f"share of {what}", size=points(SMALL))


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.005 else "<1%"


def _scores(one: np.ndarray, other: np.ndarray) -> str:
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    ari, nmi = adjusted_rand_score(one, other), normalized_mutual_info_score(one, other)
    return f"ARI {ari:.2f}, NMI {nmi:.2f}, {len(one)} spots"
