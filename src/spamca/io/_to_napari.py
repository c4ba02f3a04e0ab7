"""``io.to_napari``: tissue and results in napari."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba, to_rgba_array

from spamca import _checks, _keys
from spamca._colors import colors_of, write_colors
from spamca.io._from_spatialdata import ATTRS
from spamca.io._spatialdata_parts import allowed
from spamca.io._to_spatialdata import to_spatialdata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anndata import AnnData
    from mudata import MuData
    from spatialdata import SpatialData

MISSING = "#dddddd"
WAIT = 120.0  # seconds that an element may take to be loaded


def to_napari(
    mdata: MuData,
    sdata: SpatialData | None = None,
    *,
    tables: Mapping[str, str] | None = None,
    table_name: str = _keys.SPAMCA,
    color: str = _keys.SPAMCA,
    show: bool = True,
) -> Any:
    """Open the tissue in napari, with its spots in the colours of the domains.

    Makes a SpatialData (:func:`spamca.io.to_spatialdata`) and opens it with napari-spatialdata (Marconato et al. 2025), where all columns of
    its tables can be chosen to colour by. Needs that package: ``pip install "spamca[napari]"``.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`. Never changed.
    sdata, tables, table_name
        As in :func:`spamca.io.to_spatialdata`. Images, labels and shapes of ``sdata`` can be shown together with the results.
    color
        Column of ``mdata.obs`` with categories, in its colours of ``uns``.
    show
        Whether to start napari and wait until its window is closed. False gives the viewer at once, for scripts that go on with it.

    Returns
    -------
    The viewer, :class:`napari_spatialdata.Interactive`. It shows the image of the tissue if it has one, and the spots.

    Raises
    ------
    ImportError
        If napari-spatialdata is not installed.
    TypeError, ValueError
        If an argument is not of its kind, or the column has no categories.
    KeyError
        If there is no such column, or as in :func:`spamca.io.to_spatialdata`.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=3)
    >>> spamca.tl.integrate(mdata, n_clusters=3)
    >>> viewer = spamca.io.to_napari(mdata)  # doctest: +SKIP
    """
    _checks.check_readable(mdata)
    _checks.check_flag("show", show)
    found = _checks.check_column(mdata, "color", color, mend="call spamca.tl.integrate(mdata)")
    if not isinstance(found.values.dtype, pd.CategoricalDtype):
        msg = f"color={color!r} must have categories; name a column of domains, or make it one"
        raise ValueError(msg)
    interactive = _imported()
    whole = to_spatialdata(mdata, sdata, tables=tables, table_name=table_name)
    table = whole.tables[table_name]
    if found.holder is not mdata:
        names = found.values.cat.categories
        table.obs[allowed(color)] = found.values.reindex(table.obs_names)
        write_colors(table.uns, allowed(color), names, colors_of(found.holder.uns, found.name, names))
    column = sanitized(color, table)
    viewer = interactive(whole, headless=True)
    for element, system in elements(whole, table):
        layer = _added(viewer, element, system)
        if element in whole.shapes:
            layer.face_color = spot_colors(table, column, element, layer.metadata["indices"])
    if show:
        viewer.run()
    return viewer


def sanitized(name: str, table: AnnData) -> str:
    """The column of the table that has this name, perhaps with ``_`` for what SpatialData does not allow."""
    return name if name in table.obs else next(column for column in table.obs if column == allowed(name))


def elements(sdata: SpatialData, table: AnnData) -> Iterator[tuple[str, str]]:
    """Elements to show, the lowest first, each with its coordinate system: the best image, and the shapes that the table annotates."""
    from spatialdata.transformations import get_transformation

    regions = table.uns[ATTRS]["region"] if ATTRS in table.uns else []
    shapes = [name for name in ([regions] if isinstance(regions, str) else regions) if name in sdata.shapes]
    for name in [*list(sdata.images)[:1], *shapes]:
        systems = list(get_transformation(sdata[name], get_all=True))
        yield name, "global" if "global" in systems else systems[0]


def spot_colors(table: AnnData, column: str, element: str, instances: Any) -> np.ndarray:
    """Colours (n, 4) of the instances (n,) of an element, by a column of the table that annotates it; grey without a value."""
    attrs = table.uns[ATTRS]
    own = table.obs[table.obs[attrs["region_key"]] == element]
    codes = pd.Series(own[column].cat.codes.to_numpy(), own[attrs["instance_key"]].to_numpy()).reindex(list(instances))
    colors = to_rgba_array(colors_of(table.uns, column, own[column].cat.categories))
    known = np.vstack([colors, to_rgba(MISSING)])
    return np.asarray(known[codes.fillna(-1).to_numpy(dtype=np.int64)])


def _imported() -> Any:
    try:
        from napari_spatialdata import Interactive
    except ImportError as error:
        msg = "to_napari needs the package napari-spatialdata; install it with pip install 'spamca[napari]'"
        raise ImportError(msg) from error
    return Interactive


def _added(viewer: Any, element: str, system: str) -> Any:
    """The layer of an element, once it is loaded: napari-spatialdata loads in a thread of its own."""
    from qtpy.QtWidgets import QApplication

    viewer.add_element(element, system, view_element_system=True)
    until = time.monotonic() + WAIT
    while (layer := viewer.get_layer(element)) is None:
        if time.monotonic() > until:
            msg = f"napari-spatialdata did not load {element!r} within {WAIT:.0f} seconds"
            raise RuntimeError(msg)
        QApplication.processEvents()
        time.sleep(0.01)
    for _ in range(10):  # until the thread has ended, or it would not take the next element
        QApplication.processEvents()
        time.sleep(0.01)
    return layer
