"""``io.to_vitessce``: tissue and results as a folder that the Vitessce viewer opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData

from spamca import _checks, _keys, _records
from spamca.io._spatialdata_parts import circles
from spamca.io._vitessce_store import (
    arranged,
    default_columns,
    feature_table,
    numbers,
    plane,
    scaled,
    sets_of,
    write_store,
)
from spamca.io._vitessce_view import CONFIG, EMBEDDING, SCALED, STORE, Shown, imported, view_config, write_page

if TYPE_CHECKING:
    from pathlib import Path

    from mudata import MuData


def to_vitessce(
    mdata: MuData,
    path: str | Path,
    *,
    key: str = _keys.SPAMCA,
    columns: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    n_features: int = 50,
    layer: str | None = None,
    embedding: str | None = None,
    library_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    heatmap: bool = False,
    name: str = "tissue",
    base_url: str | None = None,
    overwrite: bool = False,
) -> Any:
    """Write a folder that shows the tissue in the Vitessce viewer (Keller et al. 2025), in any web browser.

    The page needs a web server, for example ``python -m http.server --directory <path>``, and takes the viewer from the web.
    Needs the package vitessce: ``pip install "spamca[vitessce]"``.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`. Never changed.
    path
        Folder to write.
    key
        The ``key_added`` of the domains, which spots are coloured by at first.
    columns
        Columns of ``mdata.obs``: those with categories can be chosen as sets of spots, in their colours of ``uns``; those with numbers stand
        before the features. None takes the domains, sections, confidence, weights of the modalities, pseudotime and novelty.
    features
        Names of features, ``"<modality>:<feature>"`` where several modalities have it. None takes those that differ most between domains.
    n_features
        How many of each modality that is.
    layer
        Layer of the modalities with the values; ``X`` where a modality has none of that name. Counts are shown as logarithms at the median
        depth, a spot without a value as 0.
    embedding
        Key of ``mdata.obsm``. None takes ``"X_umap"`` if there is one, else the first two principal components of ``"X_<key>"``.
    library_key
        Column of ``obs`` with the section of each spot; sections are laid out side by side, in the order of their names. By default the one given to
        :func:`spamca.pp.neighbors`, if any.
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    heatmap
        Whether to show a heat map of the features as well.
    name
        Title of the page.
    base_url
        Address at which the folder will be served, written into the view config, as https://vitessce.io needs it to open that. None writes
        addresses within the folder, for the page in it.
    overwrite
        Whether to replace a folder that an earlier call wrote.

    Returns
    -------
    The view config, a :class:`vitessce.VitessceConfig`. The folder has

    ``tissue.zarr``
        An AnnData (n_obs, n_columns + n_features) in Zarr: columns with categories in ``obs``, coordinates and two columns of the embedding in
        ``obsm``, numbers and features in ``X``; for the heat map ``layers["scaled"]``, each from 0 to 1.
    ``vitessce.json``
        The view config: tissue, embedding, domains, features.
    ``index.html``
        A page that opens it.

    Raises
    ------
    ImportError
        If the package vitessce is not installed.
    TypeError, ValueError
        If an argument is not of its kind or out of its range.
    KeyError
        If there are no domains, coordinates, or embedding, or no such column or feature.
    FileExistsError
        If the folder exists and ``overwrite`` is False, or is not one that this function wrote.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=3)
    >>> spamca.tl.integrate(mdata, n_clusters=3)
    >>> config = spamca.io.to_vitessce(mdata, "tissue")  # doctest: +SKIP
    """
    _checks.check_readable(mdata)
    for argument, value in {"key": key, "name": name}.items():
        _checks.check_name(argument, value)
    _checks.check_count("n_features", n_features)
    for argument, flag in {"heatmap": heatmap, "overwrite": overwrite}.items():
        _checks.check_flag(argument, flag)
    imported()
    folder = _checked_folder(path, overwrite=overwrite)
    library_key = _checks.find_library_key(mdata, library_key, "to_vitessce")
    coords, library = _checks.check_coordinates(mdata, spatial_key), _checks.check_library(mdata, library_key)
    spatial = arranged(*_checks.slices(coords, library, "to_vitessce shows side by side"))
    grouped, measured = _columns(mdata, default_columns(mdata, key, library_key) if columns is None else columns, key)
    at = _embedding(mdata, embedding, key)
    sets, colors = sets_of(mdata, grouped)
    chosen = feature_table(mdata, features, n_features, layer, next(iter(sets.values())).codes)
    values = pd.concat([numbers(mdata, measured), chosen], axis=1)
    obsm = {"spatial": spatial.astype(np.float32), EMBEDDING: plane(mdata, at).astype(np.float32)}
    obs = pd.DataFrame(sets, index=mdata.obs_names.astype(str))
    table = AnnData(values.to_numpy(), obs, pd.DataFrame(index=values.columns.astype(str)), obsm=obsm)
    if heatmap:
        table.layers[SCALED] = scaled(table.X)
    radius = float(circles(mdata, spatial)["radius"].iloc[0])
    called = at if np.shape(mdata.obsm[at])[1] == 2 else f"{at}, principal components"
    shown = Shown(colors, called, list(table.var_names), radius)
    config = view_config(shown, name=name, base_url=base_url, heatmap=heatmap)
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        unfinished.mkdir(parents=True)
        write_store(unfinished / STORE, table)
        write_page(unfinished, config, name)
        if folder.exists():
            shutil.rmtree(folder)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return config


def _checked_folder(path: Any, *, overwrite: bool) -> Path:
    folder = _checks.check_path("path", path, unfinished=f".{os.getpid()}.part.").absolute()
    if folder.is_dir() and not any(folder.iterdir()):
        return folder
    ours = (folder / CONFIG).is_file()
    if folder.exists() and not (overwrite and ours):
        mend = "pass overwrite=True to replace it" if ours else "to_vitessce did not write it, name another"
        msg = f"path={str(path)!r} exists; {mend}"
        raise FileExistsError(msg)
    return folder


def _embedding(mdata: MuData, embedding: str | None, key: str) -> str:
    """Key of ``obsm`` with the embedding."""
    held = [one for one in mdata.obsm if one not in mdata.mod]
    found = embedding
    if found is None:
        found = "X_umap" if "X_umap" in held else _keys.embedding(_records.source_of(mdata, key))
    _checks.check_name("embedding", found)
    if found not in held:
        msg = f"embedding={found!r} is not in mdata.obsm, which holds {held}; call spamca.tl.integrate(mdata), or name another"
        raise KeyError(msg)
    return found


def _columns(mdata: MuData, columns: Any, key: str) -> tuple[list[str], list[str]]:
    """Columns with categories, the domains first, and those with numbers."""
    several = isinstance(columns, Sequence) and not isinstance(columns, str)
    if not several or not all(isinstance(one, str) for one in columns):
        msg = f"columns must be a list of names, got {columns!r}"
        raise TypeError(msg)
    mend = "call spamca.tl.integrate(mdata) or spamca.tl.cluster(mdata)"
    held = {key: _checks.check_column(mdata, "key", key, mend=mend).values}
    if lacking := [one for one in columns if _checks.find_column(mdata, one) is None]:
        msg = f"columns names {lacking}, which neither mdata.obs nor a modality has; mdata.obs has {list(mdata.obs)}"
        raise KeyError(msg)
    names = list(dict.fromkeys([key, *columns]))
    held |= {one: _checks.check_column(mdata, "columns", one).values for one in names}
    numeric = [one for one, values in held.items() if one != key and _checks.is_number(values)]
    return [one for one in names if one not in numeric], numeric
