"""``pl.spatial_clusters``: domains, and anything else, in the tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from mudata import MuData


def spatial_clusters(
    mdata: MuData,
    *,
    color: str | Sequence[str] = _keys.SPAMCA,
    library_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    layer: str | None = None,
    match: str | None = None,
    spot_shape: str = "auto",
    spot_size: float = 1.0,
    alpha: float = 1.0,
    image: bool = True,
    palette: Sequence[str] | Mapping[str, str] | None = None,
    cmap: str = "viridis",
    percentiles: tuple[float, float] = (1.0, 99.0),
    legend: bool = True,
    title: str | Sequence[str] | None = None,
    ncols: int = 4,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> Axes | np.ndarray:
    """Draw the tissue with its spots at true size, coloured by domain.

    Spots are sized in the units of the tissue and keep to it at any zoom: by the record of the image where there is one, else
    so that neighbours touch. Axes are equal, y runs downwards as squidpy draws it. Spots without a value are light grey.
    With more than 50,000 spots they are pixels in vector files too. Runs :func:`spamca.tl.cluster` where ``color`` names a
    result that has no domains yet, and says so.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    color
        Column of ``mdata.obs``; ``"<modality>:<column>"`` for one of a modality; ``"<modality>:<feature>"`` or the name of a
        feature. Several give a panel each.
    library_key
        Column of ``obs`` with the section of each spot: one panel a section.
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    layer
        Layer that features are read from instead of ``X``.
    match
        Column of ``mdata.obs`` with categories: every other categorical ``color`` takes the colours of those that it overlaps
        with most, so that partitions can be compared by eye. Colours so matched are not stored.
    spot_shape
        ``"circle"``, ``"square"``, ``"hexagon"`` (both turned as the lattice is), or ``"auto"``: squares on a square grid, else
        circles.
    spot_size
        Diameter relative to the true one.
    alpha
        Opacity of the spots.
    image
        Whether to draw the image in ``uns["spatial"]`` (squidpy's layout), of the MuData or a modality, beneath.
    palette
        Colours of the categories, in order or by name, kept from then on. By default those stored, else colours that colour-blind
        readers can tell apart.
    cmap
        Colour map of numbers.
    percentiles
        Percentiles of the numbers, over all sections, at the ends of the colour map; few outliers then cost no contrast.
    legend
        Whether to draw legends and colour bars, to the right of the axes.
    title
        Title of each panel; by default the section, or the name of the colour where there is one section.
    ncols
        Most panels beside each other.
    figsize
        Size of the figure in inches; by default one that suits tissue and legends.
    ax
        Axes to draw in, as many as panels; by default those of a new figure.

    Returns
    -------
    The axes: one, or an array with one for each colour, for each section, or for both (n_colors, n_sections). Colours of
    categories are kept in ``uns["<color>_colors"]``.

    Raises
    ------
    KeyError
        If there is no such colour, section or coordinates.
    ValueError
        If another argument is out of its range.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> ax = spamca.pl.spatial_clusters(mdata, color="label")
    >>> ax.get_title()
    'label'
    >>> mdata.uns["label_colors"]  # doctest: +ELLIPSIS
    ['#...', '#...', '#...']
    >>> axes = spamca.pl.spatial_clusters(mdata, color=["label", "rna:gene1"])
    """
    from spamca._checks import check_choice, check_coordinates, check_library, check_mudata
    from spamca.pl._coloring import find_coloring
    from spamca.pl._match import matched
    from spamca.pl._panel import Style
    from spamca.pl._section import find_sections
    from spamca.pl._spots import SHAPES
    from spamca.pl._tissue import draw_tissue

    check_mudata(mdata)
    check_choice("spot_shape", spot_shape, ("auto", *SHAPES))
    spatial, library = check_coordinates(mdata, spatial_key), check_library(mdata, library_key)
    names = [color] if isinstance(color, str) else list(color)
    for name in names:
        _cluster_where_missing(mdata, name)
    colorings = [find_coloring(mdata, name, layer=layer, palette=palette) for name in names]
    if match is not None:
        reference = find_coloring(mdata, match)
        colorings = [
            matched(one, reference) if one.categories is not None and one.name != match else one for one in colorings
        ]
    style = Style(spot_shape, spot_size, alpha, cmap, percentiles)
    axes = draw_tissue(
        find_sections(mdata, spatial, library, image=image),
        colorings,
        style,
        legend=legend,
        title=title,
        ncols=ncols,
        figsize=figsize,
        ax=ax,
    )
    if library is None:
        axes = axes[:, 0]
    return axes[0] if isinstance(color, str) else axes


def _cluster_where_missing(mdata: MuData, name: str) -> None:
    if name in mdata.obs or (name != _keys.SPAMCA and _keys.embedding(name) not in mdata.obsm):
        return
    from spamca import tl

    logger.info("spatial_clusters: no domains under %r yet, running spamca.tl.cluster", name)
    tl.cluster(mdata, key_added=name)
