"""``pl.trajectory``: pseudotime in the tissue, and how its domains are connected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.patheffects import withStroke
from scipy import sparse

from spamca import _keys
from spamca._checks import check_count, check_flag, check_name, check_readable, check_real
from spamca.pl._arguments import call, check_axes, check_figsize, check_titles
from spamca.pl._coloring import Coloring, find_categories
from spamca.pl._ends import Ends
from spamca.pl._figure import draw_tissue
from spamca.pl._finish import Finish
from spamca.pl._fonts import TINY, legible, points, text_width
from spamca.pl._place import Place
from spamca.pl._style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType
    from mudata import MuData

    from spamca.pl._ends import Bound
    from spamca.pl._section import Crop, Section

NODE = (1.0, 2.0)  # diameter of a node in sizes of the font: without spots, and of the largest domain in the section
EDGE = 5.0  # width in points of an edge between domains that are connected as if they were one


def trajectory(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    paga: bool = True,
    threshold: float = 0.05,
    library_key: str | None = None,
    library_id: str | Sequence[str] | None = None,
    spatial_key: str = _keys.SPATIAL,
    shape: str = "auto",
    size: float = 1.0,
    alpha: float = 1.0,
    img: bool | None = False,
    img_alpha: float = 1.0,
    img_res_key: str | None = None,
    crop_coord: Crop | Sequence[Crop] | None = None,
    cmap: str | Colormap = "viridis",
    vmin: Bound = None,
    vmax: Bound = None,
    na_color: ColorType = "#dddddd",
    colorbar_loc: str | None = "right",
    frameon: bool = False,
    title: str | Sequence[str] | None = None,
    ncols: int = 4,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> Axes | np.ndarray | Figure | None:
    """Draw pseudotime in the tissue, and over it which domains pass into each other.

    Each domain is a node in its colour, at the spot of it that is closest to the middle of its spots; its area grows with the number of
    spots in the section. Edges are as wide as the domains are connected (PAGA), over the whole tissue. A star marks the root.

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
    library_id
        Sections to draw, in this order; by default all, in the order of the categories.
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    shape
        ``"circle"``, ``"square"``, ``"hex"`` (both turned as the lattice is), or ``"auto"``: squares on a square
        grid, else circles.
    size
        Diameter of spots relative to the true one.
    alpha
        Opacity of the spots, from 0 to 1.
    img
        Whether to draw the image in ``uns["spatial"]`` (squidpy's layout), of the MuData or a modality, beneath.
    img_alpha
        Opacity of the image, from 0 to 1.
    img_res_key
        Resolution of the image; by default ``"hires"``, else ``"lowres"``.
    crop_coord
        Part to show, ``(left, right, top, bottom)`` in units of the coordinates: one for all sections, or a list with one for each.
    cmap
        Colour map of numbers, or its name.
    vmin, vmax
        Ends of the colour map: numbers, percentiles of all sections as ``"p95"``, or functions of the values; by default ``"p1"``
        and ``"p99"``, so that outliers cost no contrast.
    na_color
        Colour of spots without pseudotime.
    colorbar_loc
        ``"right"``, or None for no colour bar.
    frameon
        Whether to draw a frame around each panel.
    title
        Title of each panel; by default the section, or the name of the column where there is one section.
    ncols
        Most panels in a row.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in, as many as sections; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"trajectory.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes: one, or an array with one for each section.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, or the domains have changed since.
    KeyError
        If there is no trajectory under that key, no such section, image or coordinates.

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
    style = Style(shape, size, alpha, cmap, na_color, colorbar_loc=colorbar_loc, img_alpha=img_alpha, frameon=frameon)
    ends, finish = Ends(vmin, vmax), Finish(save, show, return_fig)
    check_figsize(figsize)
    check_count("ncols", ncols, least=1)
    check_real("threshold", threshold, least=0, most=1)
    check_flag("paga", paga)
    column, record = _keys.pseudotime(key), mdata.uns.get(_keys.paga(key))
    if column not in mdata.obs or not isinstance(record, Mapping):
        mend = call("trajectory", "root=...", key=key)
        msg = f"mdata.obs[{column!r}] and mdata.uns[{_keys.paga(key)!r}] do not exist; call {mend}"
        raise KeyError(msg)
    domains = _domains(mdata, record) if paga else None
    place = Place("trajectory", library_key, library_id, spatial_key, img, img_res_key, crop_coord)
    sections, single = place.sections(mdata)
    panels = None if ax is None else check_axes(ax, len(sections))
    titles = None if title is None else check_titles(title, len(sections))
    order = Coloring(column, mdata.obs[column].to_numpy(dtype=np.float64))
    axes = draw_tissue(sections, [order], style, [ends], panels, titles, ncols=ncols, figsize=figsize)[0]
    sections = [section.within() for section in sections]
    if domains is not None:
        weights = sparse.coo_matrix(sparse.triu(record["connectivities"], k=1))
        for panel, section in zip(axes, sections, strict=True):
            _draw_paga(panel, section, domains, weights, threshold)
    for panel, section in zip(axes, sections, strict=True):
        at = section.spatial[mdata.obs_names[section.rows] == str(record["root"])]
        panel.plot(*at.T, "*", color="white", markeredgecolor="black", markersize=9, zorder=6)
    return finish.of(axes[0] if single else axes)


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
