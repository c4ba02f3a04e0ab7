"""``pl.spatial_clusters``: domains, and anything else, in the tissue."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from spamca import _edge, _keys
from spamca._checks import check_count, check_readable
from spamca._logging import logger
from spamca.pl._arguments import check_axes, check_figsize, check_names, check_titles
from spamca.pl._colored import Colored, unclustered
from spamca.pl._coloring import find_coloring, store_colors
from spamca.pl._ends import find_ends
from spamca.pl._figure import draw_tissue
from spamca.pl._finish import Finish
from spamca.pl._place import Place
from spamca.pl._style import Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType
    from mudata import MuData

    from spamca.pl._ends import Bound
    from spamca.pl._section import Crop


def spatial_clusters(
    mdata: MuData,
    color: str | Sequence[str] = _keys.SPAMCA,
    *,
    groups: str | Sequence[str] | None = None,
    layer: str | None = None,
    library_key: str | None = None,
    library_id: str | Sequence[str] | None = None,
    spatial_key: str = _keys.SPATIAL,
    match: str | None = None,
    outline: bool | str = False,
    shape: str = "auto",
    size: float = 1.0,
    alpha: float | str = 1.0,
    img: bool | None = None,
    img_alpha: float = 1.0,
    img_res_key: str | None = None,
    crop_coord: Crop | Sequence[Crop] | None = None,
    palette: str | Sequence[str] | Mapping[str, str] | None = None,
    cmap: str | Colormap | None = None,
    vmin: Bound | Sequence[Bound] = None,
    vmax: Bound | Sequence[Bound] = None,
    vcenter: Bound | Sequence[Bound] = None,
    norm: Normalize | Sequence[Normalize | None] | None = None,
    na_color: ColorType = "#dddddd",
    na_in_legend: bool = True,
    legend_loc: str | None = "right margin",
    legend_fontsize: float | str | None = None,
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
    """Draw the tissue with its spots at true size, coloured by domain.

    Arguments are named as in :func:`squidpy.pl.spatial_scatter` and :func:`scanpy.pl.embedding`. Spots keep their size in the tissue at
    any zoom: that in the record of the image, else such that neighbours touch. Axes are equal, y runs downwards. More
    than 50,000 spots are pixels in vector files too. Runs :func:`spamca.tl.cluster`, and logs it, where ``color`` names a result
    that has no domains yet.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    color
        Column of ``mdata.obs``; ``"<modality>:<column>"`` for one of a modality; ``"<modality>:<feature>"`` or the name
        of a feature. Several give a panel each.
    groups
        Categories to show; all others have the colour of spots without a value.
    layer
        Layer with the features instead of ``X``. In one that :func:`spamca.tl.denoise` wrote, spots that lack the
        modality have what was predicted.
    library_key
        Column of ``obs`` with the section of each spot: one panel for each section. By default the one given to
        :func:`spamca.pp.neighbors`, if any.
    library_id
        Sections to draw, in this order; by default all, in the order of the categories. Without ``library_key``, which image
        of ``uns["spatial"]`` to draw.
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    match
        Column of ``mdata.obs`` with categories: every other categorical ``color`` takes the colours of those that it
        shares most spots with, one to one, so that partitions can be compared by eye. Categories that share no spot with any that
        is left have a new colour each. Colours so matched are not stored.
    outline
        Whether to draw outlines: of the categories of each colour, of the domains in ``"spamca"`` where a colour has none;
        or the column of ``mdata.obs`` to outline. They are black, or with ``alpha=0`` in the colours of the categories, so
        that the image shows.
    shape
        ``"circle"``, ``"square"``, ``"hex"`` (both turned as the lattice is), or ``"auto"``: squares on a square
        grid, else circles.
    size
        Diameter of spots relative to the true one.
    alpha
        Opacity of the spots, from 0 to 1; or numbers to fade spots by, named as ``color`` is. ``"confidence"`` is the
        confidence of each result, ``"<color>_confidence"``; colours without one stay opaque. The legend explains it.
    img
        Whether to draw the image in ``uns["spatial"]`` (squidpy's layout), of the MuData or a modality, beneath. By default it is drawn
        under the coordinates that it was read with, those in ``obsm["spatial"]``, and under no others.
    img_alpha
        Opacity of the image, from 0 to 1.
    img_res_key
        Resolution of the image; by default ``"hires"``, else ``"lowres"``.
    crop_coord
        Part to show, ``(left, right, top, bottom)`` in units of the coordinates: one for all sections, or a list with one for each.
    palette
        Colours of the categories, in order or by name, or the name of a colour map of matplotlib; they are stored. By
        default those stored, else colours that colour-blind readers can distinguish.
    cmap
        Colour map of numbers, or its name; by default that of matplotlib's settings (``image.cmap``).
    vmin, vmax, vcenter
        Ends and middle of the colour map: numbers, percentiles of all sections as ``"p95"``, or functions of the values; by default
        ``"p1"`` and ``"p99"``, so that outliers cost no contrast, and no middle. One for all, or a list with one for each ``color``.
    norm
        Norm of matplotlib in their place, such as ``LogNorm()``: one for all, or a list.
    na_color, na_in_legend
        Colour of spots without a value, and whether the legend names them.
    legend_loc
        ``"right margin"``; ``"on data"`` to write the names of the domains, or of those outlined, on the tissue; a place in the axes
        as matplotlib names it, ``"best"``, ``"upper left"``, ...; None or ``"none"`` for no legend.
    legend_fontsize
        Size of the text of legends, colour bars and names on the tissue, in points or as ``"small"``.
    colorbar_loc
        ``"right"``, or None for no colour bars.
    frameon
        Whether to draw a frame around each panel.
    title
        Title of each panel; by default the section, or the name of the colour where there is one section.
    ncols
        Most panels in a row. Of several sections, each colour begins a row.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in, as many as panels; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"domains.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes: one, or an array with one for each colour, for each section, or for both (n_colors, n_sections). Colours
    of categories are stored in ``uns["<color>_colors"]``, but not in views.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, or ``mdata`` has no domains yet and is a view or backed by a
        file, which cannot take them. ``mdata`` is unchanged after any error.
    KeyError
        If there is no such colour, group, section, image or coordinates.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> ax = spamca.pl.spatial_clusters(mdata, "label")
    >>> ax.get_title()
    'label'
    >>> mdata.uns["label_colors"]  # doctest: +ELLIPSIS
    ['#...', '#...', '#...']
    >>> axes = spamca.pl.spatial_clusters(mdata, ["label", "rna:gene1"], outline="label", vmax="p95")
    """
    check_readable(mdata)
    names = check_names("color", color)
    opacity = 1.0 if isinstance(alpha, str) else alpha
    legend = (na_color, na_in_legend, legend_loc, legend_fontsize, colorbar_loc)
    style = Style(shape, size, opacity, cmap, *legend, img_alpha, frameon)
    ends = find_ends(len(names), vmin, vmax, vcenter, norm)
    colored = Colored(names, palette, layer, match, groups, outline, alpha)
    finish = Finish(save, show, return_fig)
    check_figsize(figsize)
    check_count("ncols", ncols, least=1)
    place = Place("spatial_clusters", library_key, library_id, spatial_key, img, img_res_key, crop_coord)
    sections, single = place.sections(mdata)
    titles = None if title is None else check_titles(title, len(names) * len(sections))
    panels = None if ax is None else check_axes(ax, len(names) * len(sections))
    pending = unclustered(mdata, names)
    found = colored.found(mdata, pending)
    with nullcontext() if mdata.is_view else _edge.transaction(mdata):
        for name in pending:
            from spamca import tl

            logger.info("spatial_clusters: no domains under %r yet, running spamca.tl.cluster", name)
            tl.cluster(mdata, key=name)
            found[name] = find_coloring(mdata, name, palette=palette)
        colorings = colored.dressed(mdata, found)
        axes = draw_tissue(sections, colorings, style, ends, panels, titles, ncols=ncols, figsize=figsize)
        if not mdata.is_view:
            for one in found.values():
                store_colors(one)
        axes = axes[:, 0] if single else axes
        return finish.of(axes[0] if isinstance(color, str) else axes)
