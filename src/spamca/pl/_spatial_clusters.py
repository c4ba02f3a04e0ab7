"""``pl.spatial_clusters``: domains, and anything else, in the tissue."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from spamca import _edge, _keys
from spamca._checks import check_coordinates, check_count, check_flag, check_readable, find_library_key
from spamca._logging import logger
from spamca.pl._arguments import Style, check_axes, check_figsize, check_names, check_palette
from spamca.pl._coloring import find_categories, find_coloring, matched, store_colors
from spamca.pl._emphasis import check_groups, check_opacity, only, with_opacity, with_outlines
from spamca.pl._figure import draw_tissue
from spamca.pl._section import find_sections, image_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from mudata import MuData


def spatial_clusters(
    mdata: MuData,
    *,
    color: str | Sequence[str] = _keys.SPAMCA,
    library_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    layer: str | None = None,
    match: str | None = None,
    groups: str | Sequence[str] | None = None,
    outline: bool | str = False,
    spot_shape: str = "auto",
    spot_size: float = 1.0,
    alpha: float | str = 1.0,
    image: bool | None = None,
    palette: str | Sequence[str] | Mapping[str, str] | None = None,
    cmap: str | Colormap | None = None,
    percentiles: tuple[float, float] = (1.0, 99.0),
    legend: bool = True,
    legend_loc: str = "right margin",
    title: str | Sequence[str] | None = None,
    ncols: int = 4,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> Axes | np.ndarray:
    """Draw the tissue with its spots at true size, coloured by domain.

    Spots keep their size in the tissue at any zoom: that in the record of the image, else such that neighbours touch.
    Axes are equal, y runs downwards as squidpy draws it, spots without a value are light grey. More than 50,000 spots
    are pixels in vector files too. Runs :func:`spamca.tl.cluster`, and logs it, where ``color`` names a result that has no
    domains yet.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    color
        Column of ``mdata.obs``; ``"<modality>:<column>"`` for one of a modality; ``"<modality>:<feature>"`` or the name
        of a feature. Several give a panel each.
    library_key
        Column of ``obs`` with the section of each spot: one panel for each section, in the order of the categories. By
        default the one given to :func:`spamca.pp.neighbors`, if any.
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    layer
        Layer with the features instead of ``X``. In one that :func:`spamca.tl.denoise` wrote, spots that lack the
        modality have what was predicted.
    match
        Column of ``mdata.obs`` with categories: every other categorical ``color`` takes the colours of those that it
        overlaps with most, so that partitions can be compared by eye. Colours so matched are not stored.
    groups
        Categories to show, all others as light grey as spots without a value.
    outline
        Whether to draw outlines: of the categories of each colour, of the domains in ``"spamca"`` where a colour has none;
        or the column of ``mdata.obs`` to outline. They are black, or with ``alpha=0`` in the colours of the categories, so
        that the image shows.
    spot_shape
        ``"circle"``, ``"square"``, ``"hexagon"`` (both turned as the lattice is), or ``"auto"``: squares on a square
        grid, else circles.
    spot_size
        Diameter relative to the true one.
    alpha
        Opacity of the spots, from 0 to 1; or numbers to fade spots by, named as ``color`` is. ``"confidence"`` is the
        confidence of each result, ``"<color>_confidence"``; colours without one stay opaque. The legend explains it.
    image
        Whether to draw the image in ``uns["spatial"]`` (squidpy's layout), of the MuData or a modality, beneath. By default it is drawn
        under the coordinates that it was read with, those in ``obsm["spatial"]``, and under no others.
    palette
        Colours of the categories, in order or by name, or the name of a colour map of matplotlib; they are stored. By
        default those stored, else colours that colour-blind readers can distinguish.
    cmap
        Colour map of numbers, or its name; by default that of matplotlib's settings (``image.cmap``).
    percentiles
        Percentiles of the numbers, over all sections, at the ends of the colour map, so that outliers cost no contrast.
    legend
        Whether to draw legends and colour bars.
    legend_loc
        ``"right margin"``, or ``"on data"`` to write the names of the domains, or of those outlined, on the tissue.
    title
        Title of each panel; by default the section, or the name of the colour where there is one section.
    ncols
        Most panels in a row. Of several sections, each colour begins a row.
    figsize
        Size of the figure in inches; by default one that suits tissue and legends.
    ax
        Axes to draw in, as many as panels; by default those of a new figure.

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
        If there is no such colour, group, section or coordinates.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> ax = spamca.pl.spatial_clusters(mdata, color="label")
    >>> ax.get_title()
    'label'
    >>> mdata.uns["label_colors"]  # doctest: +ELLIPSIS
    ['#...', '#...', '#...']
    >>> axes = spamca.pl.spatial_clusters(mdata, color=["label", "rna:gene1"], outline="label")
    """
    check_readable(mdata)
    names = check_names("color", color)
    style = Style(spot_shape, spot_size, 1.0 if isinstance(alpha, str) else alpha, cmap, percentiles, legend_loc)
    check_palette(palette)
    check_figsize(figsize)
    check_count("ncols", ncols, least=1)
    check_flag("image", image, optional=True)
    check_flag("legend", legend)
    shown = None if groups is None else check_names("groups", groups)
    if not isinstance(outline, str):
        check_flag("outline", outline)
    spatial = check_coordinates(mdata, spatial_key)
    library_key = find_library_key(mdata, library_key, "spatial_clusters")
    shows = image_shown(mdata, image, spatial_key, "spatial_clusters")
    sections = find_sections(mdata, spatial, library_key, image=shows)
    titles, panels = _panels(title, ax, len(names) * len(sections))
    unclustered = _unclustered(mdata, names)
    found = {one: find_coloring(mdata, one, layer=layer, palette=palette) for one in names if one not in unclustered}
    if match is not None and match not in unclustered:
        find_categories(mdata, match, "match")
    if isinstance(outline, str) and outline not in unclustered:
        find_categories(mdata, outline, "outline")
    if isinstance(alpha, str):
        check_opacity(mdata, alpha, names, unclustered)

    with nullcontext() if mdata.is_view else _edge.transaction(mdata):
        for name in unclustered:
            from spamca import tl

            logger.info("spatial_clusters: no domains under %r yet, running spamca.tl.cluster", name)
            tl.cluster(mdata, key=name)
            found[name] = find_coloring(mdata, name, palette=palette)
        colorings = [found[name] for name in names]
        if match is not None:
            reference = find_categories(mdata, match, "match")
            colorings = [one if one.numeric or one.name == match else matched(one, reference) for one in colorings]
        if outline:
            column = outline if isinstance(outline, str) else None
            colorings = [with_outlines(mdata, one, column) for one in colorings]
        if shown is not None:
            check_groups(colorings, shown)
            colorings = [only(one, shown) for one in colorings]
        if isinstance(alpha, str):
            colorings = [with_opacity(mdata, one, alpha, percentiles) for one in colorings]
        axes = draw_tissue(sections, colorings, style, panels, titles, legend=legend, ncols=ncols, figsize=figsize)
        if not mdata.is_view:
            for one in found.values():
                store_colors(one)
    if library_key is None and len(sections) == 1:
        axes = axes[:, 0]
    return axes[0] if isinstance(color, str) else axes


def _panels(
    title: str | Sequence[str] | None, ax: Axes | Sequence[Axes] | None, n_panels: int
) -> tuple[list[str] | None, np.ndarray | None]:
    """Titles and axes of the caller, one for each panel, or None."""
    titles = None if title is None else check_names("title", title)
    if titles is not None and len(titles) != n_panels:
        msg = (
            f"title has {len(titles)} entries, but there are {n_panels} panels (colours times sections) to draw, "
            f"got {title!r}; give each panel one"
        )
        raise ValueError(msg)
    return titles, None if ax is None else check_axes(ax, n_panels)


def _unclustered(mdata: MuData, names: Sequence[str]) -> list[str]:
    """Names of results that have no domains yet; ValueError where they could not be stored."""
    absent = [name for name in dict.fromkeys(names) if name not in mdata.obs]
    lacking = [name for name in absent if name == _keys.SPAMCA or _keys.embedding(name) in mdata.obsm]
    if lacking and (mdata.is_view or mdata.isbacked):
        is_what, mend = "is backed by a file", "read it into memory with mudata.read_h5mu(path)"
        if mdata.is_view:
            is_what, mend = "is a view", "call spamca.tl.cluster on the whole tissue first, or pass mdata.copy()"
        msg = f"color={lacking[0]!r} has no domains yet, and mdata {is_what}, which cannot take them; {mend}"
        raise ValueError(msg)
    return lacking
