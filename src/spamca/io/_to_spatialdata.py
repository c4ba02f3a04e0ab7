"""``io.to_spatialdata``: results of a MuData as tables of a SpatialData."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.io._from_spatialdata import annotation, check_spatialdata, check_tables, instances
from spamca.io._join import copied
from spamca.io._spatialdata_parts import (
    ATTRS,
    RECORD,
    SPOTS,
    add_results,
    allowed,
    annotated,
    circles,
    element_names,
    image_elements,
    joint_table,
)

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData
    from spatialdata import SpatialData


def to_spatialdata(
    mdata: MuData,
    sdata: SpatialData | None = None,
    *,
    tables: Mapping[str, str] | None = None,
    table_name: str = _keys.SPAMCA,
) -> SpatialData:
    """Put a MuData with its results into a SpatialData, which can be written to Zarr.

    :func:`spamca.io.from_spatialdata` reads it back with all results.

    Parameters
    ----------
    mdata
        Tissue, with results or without. Never changed.
    sdata
        Object that :func:`spamca.io.from_spatialdata` read the modalities from. Never changed. None makes a new one with
        circles for the spots, a table of its name for each modality, and the images of the tissue if it is one section.
    tables
        Table of each modality in ``sdata``. None takes the one that :func:`spamca.io.from_spatialdata` read it from, else
        the table of its name. Results of a modality that has no table go into the joint one only.
    table_name
        Name of the table of joint results. One that an earlier call made is replaced.

    Returns
    -------
    A new SpatialData, which shares images, labels, points and shapes with ``sdata``, and has

    ``tables[table_name]``
        ``obs``, ``obsm``, ``obsp`` and ``uns`` of the MuData: domains, embedding, posterior, weights of the modalities,
        coordinates. It has no features. Its rows annotate what the rows of the modalities' tables annotate.
    ``tables["<modality>"]``
        As it was, with everything in ``obs``, ``obsm``, ``obsp``, ``var``, ``varm`` and ``uns`` of the modality that is new or
        differs. Rows that are not in the MuData hold missing values there. A table that was split gets what the joint table has,
        and what each modality has, but for graphs, with its name in front.

    SpatialData allows letters, digits, ``_``, ``-`` and ``.`` in names only: ``"rna:spamca_weight"`` becomes
    ``"rna_spamca_weight"``, and a modality ``"my rna"`` the table ``"my_rna"``.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``sdata`` not a SpatialData.
    KeyError
        If there are no coordinates for the circles, or ``tables`` names a modality or a table that does not exist.
    ValueError
        If rows of a modality and of its table do not match, no modality has a table, or ``table_name`` is taken.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=3)
    >>> spamca.pp.neighbors(mdata)
    >>> sdata = spamca.io.to_spatialdata(mdata)
    >>> sorted(sdata.tables)
    ['protein', 'rna', 'spamca']
    >>> sdata.write("tissue.zarr")  # doctest: +SKIP
    """
    _checks.check_readable(mdata)
    _checks.check_name("table_name", table_name)
    if allowed(table_name) != table_name:
        msg = f"table_name may hold letters, digits, '_', '-' and '.' in a SpatialData, got {table_name!r}"
        raise ValueError(msg)
    if sdata is not None:
        check_spatialdata(sdata)
        return _returned(mdata, sdata, _table_of(mdata, sdata, tables), table_name)
    if tables is not None:
        msg = f"tables={tables!r} names tables of sdata, and there is none; pass sdata, or leave tables out"
        raise ValueError(msg)
    return _new(mdata, table_name)


def _new(mdata: MuData, table_name: str) -> SpatialData:
    from spatialdata import SpatialData

    _check_free(table_name, (*mdata.mod, SPOTS), "a modality or the circles")
    shapes, images = {SPOTS: circles(mdata, _checks.check_coordinates(mdata))}, image_elements(mdata)
    _check_free(table_name, images, "an image")
    taken = {column for holder in (mdata, *mdata.mod.values()) for column in holder.obs}
    region, instance = element_names(("region", "spot_id"), map(allowed, taken)).values()
    tables = {table_name: joint_table(mdata)} | {name: copied(modality) for name, modality in mdata.mod.items()}
    names = {table_name: table_name} | element_names(mdata.mod, (table_name, SPOTS, *images))
    if changed := {name: new for name, new in names.items() if name != new}:
        logger.info("to_spatialdata: modalities are called as spatialdata allows: %s", changed)
    _note_tables(tables[table_name], {name: names[name] for name in mdata.mod})
    made = {
        names[name]: annotated(table, pd.DataFrame({region: SPOTS, instance: table.obs_names}))
        for name, table in tables.items()
    }
    return SpatialData(images=images, shapes=shapes, tables=made)


def _returned(mdata: MuData, sdata: SpatialData, of: dict[str, str], table_name: str) -> SpatialData:
    """``sdata`` with results added to its tables; ``of`` names the table of each modality."""
    from spatialdata import SpatialData

    elements = {name: element for _, name, element in sdata.gen_elements()}
    # A table without features is one that an earlier call made.
    earlier = {name for name, table in sdata.tables.items() if not table.n_vars} - set(of.values())
    _check_free(table_name, elements.keys() - earlier, "something that sdata holds")
    joint, notes = joint_table(mdata), []
    _note_tables(joint, of)
    keys: list[str] = []
    for name in dict.fromkeys(of.values()):
        table = copied(sdata.tables[name])
        note, spot = annotation(table, name), np.full(table.n_obs, -1)
        rows = {part: _rows_of(table, note, mdata[part], part, name) for part in of if of[part] == name}
        for part, row in rows.items():
            spot[row >= 0] = _edge.spots(_edge.rows(mdata, part), mdata[part].n_obs)[row[row >= 0]]
        if note is not None:
            keys = keys or [table.uns[ATTRS][key] for key in ("region_key", "instance_key")]
            notes.append(note.set_axis(spot)[spot >= 0])
        if len(rows) > 1:
            add_results(table, joint, spot)
        for part, row in rows.items():
            add_results(table, mdata[part], row, part=part if len(rows) > 1 else "")
        elements[name] = annotated(table)
    if not notes:
        elements[table_name] = annotated(joint)
    else:
        known = pd.concat(notes)
        known = known[~known.index.duplicated()].sort_index()  # the first table decides
        if n_unknown := mdata.n_obs - len(known):
            logger.info("to_spatialdata: %d spots are in no table of sdata and left out of the joint one", n_unknown)
            joint = joint[known.index.to_numpy()].copy()
        elements[table_name] = annotated(
            joint, known.set_axis(element_names(keys, map(allowed, joint.obs)).values(), axis=1)
        )
    return SpatialData.init_from_elements(elements, attrs=sdata.attrs)


def _note_tables(joint: AnnData, of: Mapping[str, str]) -> None:
    """Note the table of each modality in the table of joint results, for the way back."""
    joint.uns[RECORD] = {"modalities": np.array(list(of)), "tables": np.array(list(of.values()))}


def _table_of(mdata: MuData, sdata: SpatialData, tables: Any) -> dict[str, str]:
    """Table of each modality that has one."""
    if tables is None:
        record = mdata.uns.get(RECORD)
        noted = record.get("tables", {}) if isinstance(record, Mapping) else {}
        tables = {name: noted.get(name, name) for name in mdata.mod if noted.get(name, name) in sdata.tables}
    _checks.check_modality_names("tables", tables, mdata)
    check_tables(sdata, tables.values())
    if not tables:
        there = list(sdata.tables)
        msg = f"no modality of {list(mdata.mod)} has a table in sdata, which has {there}; name them with tables"
        raise ValueError(msg)
    if without := [name for name in mdata.mod if name not in tables]:
        logger.info("to_spatialdata: %s have no table in sdata; their results go into the joint one only", without)
    return dict(tables)


def _rows_of(table: AnnData, note: pd.DataFrame | None, modality: AnnData, name: str, table_name: str) -> np.ndarray:
    """Row of the modality for each row of the table, -1 where it has none: by instance, else by name."""
    other = annotation(modality, name)
    ours, theirs = modality.obs_names, table.obs_names
    if note is not None and other is not None:
        ours, theirs = instances(other), instances(note)
    row: np.ndarray = ours.get_indexer(theirs)
    if (row < 0).all():
        msg = (
            f"no row of modality {name!r} is in table {table_name!r}: the modality's begin with "
            f"{modality.obs_names[0]!r}, the table's with {table.obs_names[0]!r}; name the right table with tables"
        )
        raise ValueError(msg)
    return row


def _check_free(table_name: str, taken: Collection[str], what: str) -> None:
    if table_name in taken:
        msg = f"table_name={table_name!r} is the name of {what}; choose another, e.g. '{table_name}_domains'"
        raise ValueError(msg)
