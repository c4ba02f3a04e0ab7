"""``io.from_spatialdata``: a MuData from the tables of a SpatialData."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spamca import _keys
from spamca._checks import check_choice, check_name
from spamca.io._feature_types import feature_types, split
from spamca.io._from_anndata import check_modality_name, join_tables
from spamca.io._match import JOINS
from spamca.io._quiet import repeating_names
from spamca.io._regions import RECORD, annotation, centroids, row_names

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData
    from spatialdata import SpatialData

GLOBAL = "global"


def from_spatialdata(
    sdata: SpatialData,
    *,
    tables: str | Sequence[str] | Mapping[str, str] | None = None,
    join: str = "inner",
    coordinate_system: str | None = None,
) -> MuData:
    """Put tables of a SpatialData into a MuData.

    Rows of several tables are matched by the region and instance that they annotate, or by ``obs_names`` where tables
    annotate different elements or none. What matches, and what does not, is told at level INFO of the logger
    ``"spamca"``.

    Parameters
    ----------
    sdata
        Object with a table for each omics, or one table with features of several types in ``var["feature_types"]``.
        Never changed.
    tables
        Names of the tables, or a mapping of modalities to them, such as ``{"rna": "table_rna", "protein": "table_adt"}``;
        None for all that have features. Several tables become modalities of their own names. One table is taken apart by the type of its
        features. Visium HD keeps a table for each size of bins: name one of them.
    join
        ``"inner"``: spots that all tables have. ``"outer"``: spots that any table has; a spot may then lack a modality.
    coordinate_system
        Coordinate system in which the centroids of the annotated elements become the coordinates. None keeps
        ``obsm["spatial"]`` of the tables that have it, and takes ``"global"`` for those that have not.

    Returns
    -------
    MuData with copies of the tables and, on it as well, ``obsm["spatial"]``: coordinates, float64 of shape (n_obs, 2).
    Rows keep their names where these agree with the instances, else they are called after instance, or region and
    instance. ``obs`` of the modalities keeps both columns: where there are several regions, name the first as
    ``library_key``.

    Raises
    ------
    TypeError
        If ``sdata`` is not a SpatialData.
    KeyError
        If a table, an element that it annotates, or an instance of it is not there.
    ValueError
        If there is no table, no spot in common, or the coordinate system is not one of the element's.

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
    """
    check_choice("join", join, JOINS)
    if coordinate_system is not None:
        check_name("coordinate_system", coordinate_system)
    check_spatialdata(sdata)
    chosen = _chosen(sdata, tables)
    mod = {name: _placed(sdata, table, coordinate_system) for name, table in chosen.items()}
    if len(mod) == 1:
        ((name, table),) = mod.items()
        if not isinstance(tables, Mapping) and feature_types(table):
            mod = split(table, "from_spatialdata")
            chosen = dict.fromkeys(mod, name)
    mdata = join_tables(mod, row_names(mod, "from_spatialdata"), join, "from_spatialdata")
    mdata.uns[RECORD] = {"tables": dict(chosen)}
    return mdata


def check_spatialdata(sdata: Any) -> None:
    """Whether the object is a SpatialData.

    Raises
    ------
    TypeError
        If not.
    """
    from spatialdata import SpatialData

    if not isinstance(sdata, SpatialData):
        msg = f"sdata must be a SpatialData, got {type(sdata).__name__}; read a file with spatialdata.read_zarr(path)"
        raise TypeError(msg)


def check_table(sdata: SpatialData, table: str) -> None:
    """Whether a table that ``tables`` names is there.

    Raises
    ------
    KeyError
        If not.
    """
    if table not in (there := list(sdata.tables)):
        msg = f"tables names {table!r}, which is not a table of sdata; it has {there}"
        raise KeyError(msg)


def _chosen(sdata: SpatialData, tables: Any) -> dict[str, str]:
    """Table by modality."""
    there = list(sdata.tables)
    if tables is None:
        tables = [name for name in there if sdata.tables[name].n_vars]  # that of joint results has none
    elif isinstance(tables, str):
        tables = [tables]
    if not isinstance(tables, (Mapping, Sequence)):
        msg = f"tables must be names of tables, or a mapping of modalities to them, got {tables!r}"
        raise TypeError(msg)
    chosen = dict(tables) if isinstance(tables, Mapping) else {name: name for name in tables}
    if not chosen:
        msg = f"no table: tables={tables!r}, and sdata has {there}"
        raise ValueError(msg)
    if len(set(chosen.values())) < len(chosen):
        msg = f"tables={tables!r} names a table twice; pass its name alone to have it taken apart by the types of its features"
        raise ValueError(msg)
    for name, table in chosen.items():
        check_modality_name(name)
        check_table(sdata, table)
    return chosen


def _placed(sdata: SpatialData, name: str, coordinate_system: str | None) -> AnnData:
    """A table with coordinates where it annotates something: itself if it has them, else a copy."""
    table = sdata.tables[name]
    note = None if coordinate_system is None and _keys.SPATIAL in table.obsm else annotation(table, name)
    if note is None:
        return table
    coords = centroids(sdata, note, coordinate_system or GLOBAL, name)
    with repeating_names():
        table = table.copy()
    table.obsm[_keys.SPATIAL] = coords
    return table
