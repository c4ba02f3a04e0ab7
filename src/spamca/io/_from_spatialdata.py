"""``io.from_spatialdata``: a MuData from the tables of a SpatialData."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _keys
from spamca._checks import check_choice, check_name
from spamca._logging import logger
from spamca.features.kinds import named_kind
from spamca.io._join import JOINS, copied, join_tables, split
from spamca.io._spatialdata_parts import ATTRS, RECORD
from spamca.io._spatialdata_results import named_as_before, put_back, results_in
from spamca.io._types import check_modality_name, types_of

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData
    from spatialdata import SpatialData


def from_spatialdata(
    sdata: SpatialData,
    *,
    tables: str | Sequence[str] | Mapping[str, str] | None = None,
    feature_types: Mapping[str, str | None] | None = None,
    join: str = "inner",
    coordinate_system: str | None = None,
) -> MuData:
    """Put tables of a SpatialData into a MuData.

    Rows of several tables are matched by the region and instance that they annotate, or by ``obs_names`` where tables
    annotate different elements or none. What matches, and what does not, is logged.

    Parameters
    ----------
    sdata
        Object with a table for each omics, or one table with features of several types in ``var["feature_types"]``, as
        spatialdata-io reads Xenium, MERSCOPE or CosMx. Never changed.
    tables
        Names of the tables, or a mapping of modalities to them, such as ``{"rna": "table_rna", "protein": "table_adt"}``;
        None for all that have features. Several tables become modalities of their own names. One table is split by the
        types of its features. Visium HD has a table for each size of bins: name one of them.
    feature_types
        Modality of features by their type, where one table is split, for types that are not known or to name them
        otherwise: ``{"Custom": "rna"}``. None leaves a type out.
    join
        ``"inner"``: spots that all tables have. ``"outer"``: spots that any table has; a spot may then lack a modality.
        ``"apart"``: tables of different places, which share no spot whatever their names, for :func:`spamca.pp.onto_spots`.
    coordinate_system
        Coordinate system of the coordinates, which are then the centroids of the annotated elements. None keeps
        ``obsm["spatial"]`` of the tables that have it, and takes ``"global"`` for the others.

    Returns
    -------
    MuData with copies of the tables, results, and coordinates of all spots in ``obsm["spatial"]``, float64 of shape (n_obs, 2).
    Rows keep their names where these agree with the instances, else they are named after instance, or region and
    instance. ``obs`` of the modalities keeps both columns: where there are several regions, name the first as
    ``library_key``. Controls of the assay stay in the modality that they control, flagged in its ``var["control"]``.

    Raises
    ------
    TypeError
        If ``sdata`` is not a SpatialData.
    KeyError
        If a table, an element that it annotates, or an instance of it does not exist.
    ValueError
        If there is no table, a type of features is unknown, no spot is in common, or the coordinate system is not one of
        the element's.

    See Also
    --------
    spamca.io.to_spatialdata : the way back.

    Examples
    --------
    >>> import spamca
    >>> sdata = spamca.io.to_spatialdata(spamca.datasets.simulated(n_spots=100, n_domains=3))
    >>> mdata = spamca.io.from_spatialdata(sdata)
    >>> list(mdata.mod)
    ['rna', 'protein']
    >>> mdata.obsm["spatial"].shape
    (100, 2)

    Genes and proteins of Xenium:

    >>> sdata = spatialdata_io.xenium("tonsil", gex_only=False)  # doctest: +SKIP
    >>> mdata = spamca.io.from_spatialdata(sdata)  # doctest: +SKIP
    """
    check_choice("join", join, JOINS)
    if coordinate_system is not None:
        check_name("coordinate_system", coordinate_system)
    check_spatialdata(sdata)
    joint = results_in(sdata)
    before = {} if joint is None else named_as_before(joint, sdata)
    if tables is None and before:
        tables = before if len(set(before.values())) == len(before) else sorted(set(before.values()))
    chosen = _chosen(sdata, tables)
    mod = {name: _placed(sdata, table, coordinate_system) for name, table in chosen.items()}
    if len(mod) == 1:
        ((name, table),) = mod.items()
        if not isinstance(tables, Mapping) and types_of(table):
            mod = split(table, "from_spatialdata", feature_types)
            chosen, feature_types = dict.fromkeys(mod, name), None
        elif not isinstance(tables, Mapping) and named_kind(name) is None:
            what = "from_spatialdata: table %r has no var['feature_types']; pass tables={'rna': %r} if it counts genes"
            logger.info(what, name, name)
    if feature_types is not None:
        msg = f"feature_types={feature_types!r} is for one table with types of features; tables names the modalities of others"
        raise ValueError(msg)
    mdata = join_tables(mod, row_names(mod), join, "from_spatialdata")
    mdata.uns[RECORD] = {"tables": dict(chosen)}
    if joint is not None and before == chosen:
        put_back(mdata, joint, "from_spatialdata")
    return mdata


def check_spatialdata(sdata: Any) -> None:
    """Whether the object is a SpatialData (TypeError)."""
    from spatialdata import SpatialData

    if not isinstance(sdata, SpatialData):
        msg = f"sdata must be a SpatialData, got {type(sdata).__name__}; read a file with spatialdata.read_zarr(path)"
        raise TypeError(msg)


def check_tables(sdata: SpatialData, tables: Iterable[str]) -> None:
    """Whether the tables named exist (KeyError)."""
    for table in tables:
        if table not in sdata.tables:
            msg = f"tables names {table!r}, which is not a table of sdata; it has {list(sdata.tables)}"
            raise KeyError(msg)


def _chosen(sdata: SpatialData, tables: Any) -> dict[str, str]:
    """Table by modality."""
    if tables is None:
        tables = [name for name, table in sdata.tables.items() if table.n_vars]  # the table of joint results has none
    elif isinstance(tables, str):
        tables = [tables]
    if not isinstance(tables, (Mapping, Sequence)):
        msg = f"tables must be names of tables, or a mapping of modalities to them, got {tables!r}"
        raise TypeError(msg)
    pairs = tables.items() if isinstance(tables, Mapping) else zip(map(str, tables), tables, strict=True)
    chosen = dict(pairs)
    for table in chosen.values():
        check_name("tables", table)
    if not chosen:
        msg = f"no table: tables={tables!r}, and sdata has {list(sdata.tables)}"
        raise ValueError(msg)
    if len(set(chosen.values())) < len(chosen):
        msg = f"tables={tables!r} names a table twice; pass its name alone to split it by the types of its features"
        raise ValueError(msg)
    for name in chosen:
        check_modality_name(name)
    check_tables(sdata, chosen.values())
    return chosen


def _placed(sdata: SpatialData, name: str, coordinate_system: str | None) -> AnnData:
    """A table with coordinates where it annotates something: itself if it has them, else a copy."""
    table = sdata.tables[name]
    note = None if coordinate_system is None and _keys.SPATIAL in table.obsm else annotation(table, name)
    if note is None:
        return table
    coords = centroids(sdata, note, coordinate_system or "global", name)
    table = copied(table)
    table.obsm[_keys.SPATIAL] = coords
    return table


def annotation(table: AnnData, name: str) -> pd.DataFrame | None:
    """``"region"`` (strings) and ``"instance"`` that each row of a table annotates; None where it annotates nothing."""
    attrs = table.uns.get(ATTRS)
    if not attrs:
        return None
    keys = [str(attrs["region_key"]), str(attrs["instance_key"])]
    if missing := [key for key in keys if key not in table.obs]:
        msg = f"obs of {name!r} lacks {missing}, which uns['spatialdata_attrs'] names; set it, or parse the table again"
        raise KeyError(msg)
    return table.obs[keys].set_axis(["region", "instance"], axis=1).astype({"region": str})


def instances(note: pd.DataFrame, *, with_region: bool = True) -> pd.Index:
    """Region and instance of each row of an :func:`annotation`, or the instance alone, as strings."""
    instance = note["instance"].astype(str)
    return pd.Index((note["region"] + "_" + instance if with_region else instance).to_numpy())


def row_names(tables: Mapping[str, AnnData]) -> dict[str, pd.Index]:
    """Names of the rows of each table: ``obs_names`` where these agree with the instances, else the instances.

    Tables without an element in common keep ``obs_names``: bins of two sizes may have the same number.
    """
    names = {name: table.obs_names for name, table in tables.items()}
    notes = {name: note for name, table in tables.items() if (note := annotation(table, name)) is not None}
    regions = [set(note["region"]) for note in notes.values()]
    without = [name for name in names if name not in notes]
    if without or not set.intersection(*regions):
        why = f"{without} annotate no region" if without else f"{list(names)} annotate different elements"
        if notes:
            logger.info("from_spatialdata: %s, so rows are matched by obs_names", why)
        return names
    several = len(set.union(*regions)) > 1
    keys = {name: instances(note, with_region=several) for name, note in notes.items()}
    pairs = pd.concat([pd.DataFrame({"key": keys[name], "name": names[name]}) for name in names]).drop_duplicates()
    if pairs["key"].is_unique and pairs["name"].is_unique:
        return names
    logger.info("from_spatialdata: rows are named after their instances, obs_names of %s do not match", list(names))
    return keys


def centroids(sdata: Any, note: pd.DataFrame, coordinate_system: str, name: str) -> np.ndarray:
    """Centroids of what the rows of a table annotate, (n_rows, 2), float64; ``name`` is the table in messages.

    KeyError if an element or an instance is missing, ValueError if an element is not in the coordinate system.
    """
    from spatialdata import get_centroids
    from spatialdata.transformations import get_transformation

    coords = np.empty((len(note), 2))
    for region in note["region"].unique():
        if region not in sdata:
            msg = f"table {name!r} annotates {region!r}, which is not in sdata; set obsm['spatial'] of the table, or add it"
            raise KeyError(msg)
        systems = list(get_transformation(sdata[region], get_all=True))
        if coordinate_system not in systems:
            msg = f"coordinate_system={coordinate_system!r} is not one of {region!r}, which has {systems}"
            raise ValueError(msg)
        with warnings.catch_warnings():
            # Rows are looked up by their index, so its order does not matter.
            warnings.filterwarnings("ignore", message="The index of the dataframe is not monotonic")
            points = get_centroids(sdata[region], coordinate_system).compute()
        rows = (note["region"] == region).to_numpy()
        place = points.index.astype(str).get_indexer(note["instance"][rows].astype(str))
        if (place < 0).any():
            lost = note["instance"][rows][place < 0].tolist()
            msg = (
                f"table {name!r} annotates {len(lost)} instances that {region!r} does not have, e.g. {lost[0]!r}; set "
                "obsm['spatial'] of the table, or leave those rows out"
            )
            raise KeyError(msg)
        coords[rows] = points[["x", "y"]].to_numpy()[place]
    return coords
