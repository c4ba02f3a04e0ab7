"""``pl.trajectory``: pseudotime in the tissue, and how its domains are connected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.patheffects import withStroke
from scipy import sparse

from spamca import _keys
from spamca._checks import (
    check_coordinates,
    check_count,
    check_flag,
    check_name,
    check_readable,
    check_real,
    find_library_key,
)
from spamca.pl._arguments import Style, call, check_axes, check_figsize
from spamca.pl._coloring import Coloring, find_categories
from spamca.pl._figure import draw_tissue
from spamca.pl._fonts import TINY, legible, points, text_width
from spamca.pl._section import find_sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from mudata import MuData

    from spamca.pl._section import Section

NODE = (1.0, 2.0)  # diameter of a node in sizes of the font: without spots, and of the largest domain in the section
EDGE = 5.0  # width in points of an edge between domains that are connected as if they were one


def trajectory(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    paga: bool = True,
    threshold: float = 0.05,
    library_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    spot_shape: str = "auto",
    spot_size: float = 1.0,
    alpha: float = 1.0,
    image: bool = False,
    cmap: str | Colormap = "viridis",
    percentiles: tuple[float, float] = (1.0, 99.0),
    legend: bool = True,
    ncols: int = 4,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> Axes | np.ndarray:
    """Draw pseudotime in the tissue, and over it which domains pass into each other.

    Each domain is a node in its colour, at the spot of it that is closest to the middle of its spots; its area grows with the number of
    spots in the section. Edges are as wide as the domains are connected (PAGA), over the whole tissue. A star marks the root. Spots
    without pseudotime are light grey.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.trajectory`.
    key
        The ``key`` of :func:`spamca.tl.trajectory`.
    paga
        Whether to draw domains and their connections.
    threshold
        Connectivity below which edges are left out, from 0 to 1.
    library_key
        Column of ``obs`` with the section of each spot: one panel for each section. By default the one given to
        :func:`spamca.pp.neighbors`, if any.
    spatial_key, spot_shape, spot_size, alpha, image, cmap, percentiles
        As in :func:`spamca.pl.spatial_clusters`.
    legend
        Whether to draw the colour bar, to the right of the axes.
    ncols, figsize
        Most panels in a row, and size of the figure in inches.
    ax
        Axes to draw in, as many as sections; by default those of a new figure.

    Returns
    -------
    The axes: one, or an array with one for each section.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, or the domains have changed since.
    KeyError
        If there is no trajectory under that key, no such section, or no coordinates.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> spamca.tl.integrate(mdata, n_clusters=3)
    >>> spamca.tl.trajectory(mdata, root="0")
    >>> ax = spamca.pl.trajectory(mdata)
    >>> ax.get_title()
    'spamca_pseudotime'
    """
    check_readable(mdata)
    check_name("key", key)
    style = Style(spot_shape, spot_size, alpha, cmap, percentiles)
    check_figsize(figsize)
    check_count("ncols", ncols, least=1)
    check_real("threshold", threshold, least=0, most=1)
    for name, flag in {"paga": paga, "image": image, "legend": legend}.items():
        check_flag(name, flag)
    column, record = _keys.pseudotime(key), mdata.uns.get(_keys.paga(key))
    if column not in mdata.obs or not isinstance(record, Mapping):
        mend = call("trajectory", "root=...", key=key)
        msg = f"mdata.obs[{column!r}] and mdata.uns[{_keys.paga(key)!r}] do not exist; call {mend}"
        raise KeyError(msg)
    domains = _domains(mdata, record) if paga else None
    spatial = check_coordinates(mdata, spatial_key)
    library_key = find_library_key(mdata, library_key, "trajectory")
    sections = find_sections(mdata, spatial, library_key, image=image)
    panels = None if ax is None else check_axes(ax, len(sections))
    order = Coloring(column, mdata.obs[column].to_numpy(dtype=np.float64))
    axes = draw_tissue(sections, [order], style, panels, None, legend=legend, ncols=ncols, figsize=figsize)[0]
    if domains is not None:
        weights = sparse.coo_matrix(sparse.triu(record["connectivities"], k=1))
        for panel, section in zip(axes, sections, strict=True):
            _draw_paga(panel, section, domains, weights, threshold)
    for panel, section in zip(axes, sections, strict=True):
        at = section.spatial[mdata.obs_names[section.rows] == str(record["root"])]
        panel.plot(*at.T, "*", color="white", markeredgecolor="black", markersize=9, zorder=6)
    return axes[0] if library_key is None and len(sections) == 1 else axes


def _domains(mdata: MuData, record: Mapping[str, Any]) -> Coloring:
    """Domains that the connectivities are of, numbered as they are."""
    found, names = find_categories(mdata, str(record["groups"]), "groups"), [str(name) for name in record["names"]]
    used = [name for code, name in enumerate(found.categories) if (found.values == code).any()]
    if not set(used) <= set(names):
        msg = f"mdata.obs[{record['groups']!r}] has changed since, to {used} from {names}; call spamca.tl.trajectory again"
        raise ValueError(msg)
    known = dict(zip(found.categories, found.colors, strict=True))
    codes = pd.Index(names).get_indexer(found.categories)
    values = np.append(codes, -1)[found.values]  # the code -1 takes the last
    return Coloring(found.name, values, names, [known.get(name, "#000000") for name in names])


def middle(spatial: np.ndarray) -> np.ndarray:
    """The one of the coordinates (n, 2) that is closest to the middle of all, (2,)."""
    return np.asarray(spatial[np.square(spatial - spatial.mean(axis=0)).sum(axis=1).argmin()])


def _draw_paga(ax: Axes, section: Section, domains: Coloring, weights: sparse.coo_matrix, threshold: float) -> None:
    """Draw nodes for the domains in the section, and edges of the ``weights`` (n_domains, n_domains) between them."""
    own = domains.values[section.rows]
    size = np.bincount(own[own >= 0], minlength=len(domains.categories))
    at = {int(k): middle(section.spatial[own == k]) for k in np.flatnonzero(size)}
    for g, h, weight in zip(weights.row, weights.col, weights.data, strict=True):
        if weight >= threshold and weight > 0 and g in at and h in at:
            ends = np.array([at[g], at[h]]).T
            for extra, color in ((1.0, "white"), (0.0, "black")):  # a light rim, to be seen on dark spots
                ax.plot(
                    *ends,
                    color=color,
                    linewidth=EDGE * weight + extra,
                    solid_capstyle="round",
                    zorder=3 + (extra == 0) / 2,
                )
    for k, (x, y) in at.items():
        least, most = (points(one) ** 2 for one in NODE)
        area, name, color = least + (most - least) * size[k] / size.max(), domains.categories[k], domains.colors[k]
        ax.scatter(x, y, s=area, color=color, edgecolors="white", linewidths=1.2, zorder=4)
        style: dict[str, Any] = {"ha": "center", "zorder": 5, "fontsize": points(TINY)}
        if 72 * text_width(name, TINY) <= area**0.5:
            ax.text(x, y, name, color=legible(color), va="center", **style)
        else:  # below the node, so that its colour is seen
            style |= {"path_effects": [withStroke(linewidth=2.0, foreground="white")], "textcoords": "offset points"}
            ax.annotate(name, (x, y), (0, -(area**0.5) / 2 - 1), color="black", va="top", **style)
