"""``pl.overlay``: spots, and the points of another modality that were brought onto them, in one panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt

from spamca import _checks, _edge, _keys
from spamca.pl._arguments import check_axes, check_figsize, check_names, check_titles
from spamca.pl._coloring import find_coloring
from spamca.pl._crop import cropped
from spamca.pl._ends import Ends
from spamca.pl._figure import set_title
from spamca.pl._finish import Finish
from spamca.pl._image import check_resolution
from spamca.pl._layers import PANEL, Layer, Overlay, draw_overlay, key_room
from spamca.pl._section import find_sections
from spamca.pl._style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType
    from mudata import MuData

    from spamca.pl._coloring import Coloring
    from spamca.pl._ends import Bound
    from spamca.pl._section import Crop


def overlay(
    mdata: MuData,
    color: Mapping[str, str] | None = None,
    *,
    modality: str | Sequence[str] | None = None,
    source: MuData | None = None,
    library_id: str | Sequence[str] | None = None,
    size: float = 1.0,
    img: bool = False,
    img_alpha: float = 1.0,
    img_res_key: str | None = None,
    crop_coord: Crop | Sequence[Crop] | None = None,
    cmap: str | Colormap = "viridis",
    vmin: Bound = None,
    vmax: Bound = None,
    na_color: ColorType = "#dddddd",
    legend_loc: str | None = "right margin",
    legend_fontsize: float | str | None = None,
    colorbar_loc: str | None = "right",
    frameon: bool = False,
    title: str | Sequence[str] | None = None,
    ncols: int = 2,
    figsize: tuple[float, float] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
    save: str | PathLike[str] | None = None,
    show: bool | None = None,
    return_fig: bool | None = None,
) -> Axes | np.ndarray | Figure | None:
    """Draw the points of a modality after their map over the spots that they were brought onto, to check the alignment.

    Spots are rings, orange where they lack the modality; points are dots, hollow where they are too far from all spots to count.

    Parameters
    ----------
    mdata
        What :func:`spamca.pp.onto_spots` gave.
    color
        By modality, a feature or column of it to colour its spots or points by: of the reference, ``{"rna": "COL1A1"}``, and of
        others, which needs ``source``. What should coincide makes a wrong map visible.
    modality
        Modalities to draw, a panel each; by default all that were brought onto spots.
    source
        What was given to :func:`spamca.pp.onto_spots`, which has the values of the points.
    library_id
        Sections to draw, in this order; by default all, in the order of the categories.
    size
        Diameter of rings and dots relative to the usual one.
    img
        Whether to draw the image in ``uns["spatial"]`` (squidpy's layout) of the reference beneath.
    img_alpha
        Opacity of the image, from 0 to 1.
    img_res_key
        Resolution of the image; by default ``"hires"``, else ``"lowres"``.
    crop_coord
        Part to show, ``(left, right, top, bottom)`` in units of the coordinates: one for all sections, or a list with one for each.
    cmap
        Colour map of numbers, or its name of points; numbers of spots are greys.
    vmin, vmax
        Ends of the colour map: numbers, percentiles of all sections as ``"p95"``, or functions of the values; by default ``"p1"``
        and ``"p99"``, so that outliers cost no contrast.
    na_color
        Colour of spots and points without a value.
    legend_loc
        ``"right margin"``; a place in the axes as matplotlib names it, ``"best"``, ``"upper left"``, ...; None or ``"none"`` for
        no legend.
    legend_fontsize
        Size of the text of legends and colour bars, in points or as ``"small"``.
    colorbar_loc
        ``"right"``, or None for no colour bars.
    frameon
        Whether to draw a frame around each panel.
    title
        Title of each panel; by default its modalities and section.
    ncols
        Most panels in a row.
    figsize
        Size of the figure in inches; by default one that fits.
    ax
        Axes to draw in, as many as panels; by default those of a new figure.
    save
        Path to save the figure to, in the format of its extension, such as ``"overlay.pdf"``.
    show
        Whether to show the figure and give None; by default notebooks show it, and the axes are given.
    return_fig
        Whether to give the figure instead of the axes.

    Returns
    -------
    The axes: one, or an array with one for each modality and section, sections of one modality next to each other.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, or ``source`` has other points.
    KeyError
        If there is no record of :func:`spamca.pp.onto_spots`, modality, colour, section or image.

    Examples
    --------
    >>> import spamca
    >>> from mudata import MuData
    >>> tissue = spamca.datasets.simulated(n_spots=400, n_domains=3)
    >>> apart = MuData({"rna": tissue["rna"][::2].copy(), "protein": tissue["protein"][1::2].copy()})
    >>> mdata = spamca.pp.onto_spots(apart, reference="rna")
    >>> ax = spamca.pl.overlay(mdata, {"rna": "gene1", "protein": "protein1"}, source=apart)
    >>> ax.get_title()
    'protein on rna'
    """
    _checks.check_readable(mdata)
    _checks.check_flag("img", img)
    _checks.check_count("ncols", ncols, least=1)
    check_figsize(figsize)
    style = Style(
        size=size,
        cmap=cmap,
        na_color=na_color,
        legend_loc=legend_loc,
        legend_fontsize=legend_fontsize,
        colorbar_loc=colorbar_loc,
        img_alpha=img_alpha,
        frameon=frameon,
    )
    ends, finish = Ends(vmin, vmax), Finish(save, show, return_fig)
    check_resolution(mdata, img_res_key)
    record = _record(mdata)
    names = list(record["modalities"]) if modality is None else check_names("modality", modality, record["modalities"])
    colors = _colors(mdata, record, color, source)
    reference, library_key = record["reference"], record.get("library_key")
    spatial = _checks.check_coordinates(mdata, record["spatial_key"])
    found = find_sections(mdata, spatial, library_key, image=img, library_id=library_id, img_res_key=img_res_key)
    sections = cropped(found, crop_coord)
    panels = [_panel(mdata, record, name, section, colors) for name in names for section in sections]
    titles = [panel.section.titled(f"{panel.points.name} on {reference}") for panel in panels]
    titles = titles if title is None else check_titles(title, len(panels))
    axes = check_axes(ax, len(panels)) if ax is not None else _new_axes(panels, style, ncols, figsize)
    for one, panel, text in zip(axes, panels, titles, strict=True):
        draw_overlay(one, panel, style, ends)
        set_title(one, text, PANEL)
    return finish.of(axes[0] if len(panels) == 1 else axes)


def _new_axes(panels: list[Overlay], style: Style, ncols: int, figsize: tuple[float, float] | None) -> np.ndarray:
    """Axes of a new figure, one for each panel."""
    rows, columns = -(-len(panels) // ncols), min(ncols, len(panels))
    size = np.max([panel.window for panel in panels], axis=0)
    width, height = PANEL * size / size.max()
    ours = (columns * (width + key_room(panels, style)), rows * (height + 0.4))
    _, grid = plt.subplots(rows, columns, figsize=figsize or ours, squeeze=False, layout="compressed")
    for unused in grid.ravel()[len(panels) :]:
        unused.remove()
    return np.asarray(grid.ravel()[: len(panels)])


def _record(mdata: MuData) -> Mapping[str, Any]:
    record = mdata.uns.get(_keys.ONTO_SPOTS)
    if not isinstance(record, Mapping) or not record.get("modalities"):
        msg = (
            f"mdata.uns[{_keys.ONTO_SPOTS!r}] names no modality that was brought onto spots; draw what "
            "spamca.pp.onto_spots(mdata, reference=...) gives"
        )
        raise KeyError(msg)
    return record


def _colors(
    mdata: MuData, record: Mapping[str, Any], color: Mapping[str, str] | None, source: MuData | None
) -> dict[str, tuple[Coloring, np.ndarray]]:
    """Colouring by modality, with its row among all spots for each of the modality's spots or points."""
    if color is None:
        return {}
    _checks.check_modality_names("color", color, mdata)
    found = {}
    for name, wanted in color.items():
        _checks.check_name(f"color[{name!r}]", wanted)
        holder = mdata if name == record["reference"] else source
        if name != record["reference"] and name not in record["modalities"]:
            msg = f"color names {name!r}, which is neither the reference nor brought onto its spots"
            raise KeyError(msg)
        if holder is None:
            msg = f"color of {name!r} needs the values of its points: pass what onto_spots was given as source"
            raise ValueError(msg)
        _checks.check_readable(holder, apart=True)
        n_points = mdata[name].n_obs if holder is mdata else len(record["modalities"][name]["points"])
        if name not in holder.mod or holder[name].n_obs != n_points:
            msg = f"source has not the {n_points} points of {name!r} that were brought onto spots; pass what onto_spots was given"
            raise ValueError(msg)
        row = _edge.spots(_edge.rows(holder, name), n_points)
        found[name] = find_coloring(holder, f"{name}:{wanted}"), row
    return found


def _panel(mdata: MuData, record: Mapping[str, Any], name: str, section: Any, colors: Mapping[str, Any]) -> Overlay:
    """What one panel shows: spots of a section, and points of a modality in it."""
    own, reference = record["modalities"][name], record["reference"]
    table, points = own["sections"], np.asarray(own["points"])
    place = (
        0 if section.name is None else table.index.astype(str).get_indexer([section.name])[0]
    )  # -1: it has no points
    there = np.flatnonzero(np.asarray(own["section_of_point"]) == place)
    sizes = table.iloc[place] if place >= 0 else table.iloc[0]
    covered = _edge.rows(mdata, name)[section.rows] >= 0
    spot_colors = point_colors = None
    if reference in colors:
        coloring, row = colors[reference]
        position = _edge.rows(mdata, reference)[section.rows]
        spot_colors = coloring, row[position]
    if name in colors:
        coloring, row = colors[name]
        point_colors = coloring, row[there]
    spots = Layer(reference, section.spatial, float(sizes["spot_spacing"]), spot_colors)
    dots = Layer(name, points[there], float(sizes["point_spacing"]), point_colors)
    return Overlay(section, spots, dots, covered, float(sizes["max_distance"]))
