"""``io.to_spatialdata``: results of a MuData as tables of a SpatialData."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.io._add_results import add_results
from spamca.io._from_spatialdata import check_spatialdata, check_table
from spamca.io._joint_table import annotated, free_name, joint_table
from spamca.io._quiet import repeating_names
from spamca.io._regions import RECORD, Annotation, annotation
from spamca.io._sections import image_elements
from spamca.io._spots import REGION, circles

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
    """Give what was found in a MuData to a SpatialData, which can be written to Zarr.

    Parameters
    ----------
    mdata
        Tissue, with results or without. Never changed.
    sdata
        Object that the modalities were read from, by :func:`spamca.io.from_spatialdata`. Never changed. None makes a new
        one, in which circles stand for the spots, each modality is a table of its name, and the images of the tissue are
        images, where it is one section.
    tables
        Table of each modality in ``sdata``. None takes what :func:`spamca.io.from_spatialdata` noted, and for other
        modalities the table of their name. Results of a modality that has no table go into the joint one only.
    table_name
        Name of the table of joint results. One that an earlier call made is replaced.

    Returns
    -------
    A new SpatialData, which shares images, labels, points and shapes with ``sdata``, and has

    ``tables[table_name]``
        ``obs``, ``obsm``, ``obsp`` and ``uns`` of the MuData: domains, embedding, posterior, weights of the modalities,
        coordinates. It has no features. Its rows annotate what the rows of the modalities' tables annotate.
    a table for each modality
        As it was, with what the modality has and the table had not, or had otherwise, in ``obs``, ``obsm``, ``obsp`` and
        ``uns``: domains, colours, latent, weights, graphs. Rows that are not in the MuData hold missing values there. A
        table that was taken apart gets what the joint table has, and ``obs`` and ``obsm`` of each modality with its name
        in front.

    SpatialData allows letters, digits, ``_``, ``-`` and ``.`` in names only: ``"rna:spamca_weight"`` becomes
    ``"rna_spamca_weight"``.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``sdata`` not a SpatialData.
    KeyError
        If there are no coordinates to make circles from, or ``tables`` names what is not there.
    ValueError
        If rows of a modality and of its table do not match, no modality has a table, or ``table_name`` is taken.

    See Also
    --------
    spamca.io.from_spatialdata : the way in.

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
    if sdata is not None:
        check_spatialdata(sdata)
        return _returned(mdata, sdata, _table_of(mdata, sdata, tables), table_name)
    if tables is not None:
        msg = f"tables={tables!r} names tables of sdata, and there is none; pass sdata, or leave tables out"
        raise ValueError(msg)
    return _new(mdata, table_name)


def _new(mdata: MuData, table_name: str) -> SpatialData:
    from spatialdata import SpatialData

    _check_free(table_name, (*mdata.mod, REGION), "a modality or the circles")
    coords = _checks.check_coordinates(mdata)
    taken = {column for holder in (mdata, *mdata.mod.values()) for column in holder.obs}
    note = Annotation(
        free_name("region", taken),
        free_name("spot_id", taken),
        np.full(mdata.n_obs, REGION),
        mdata.obs_names.to_numpy(),
    )
    tables = {table_name: annotated(joint_table(mdata), note)}
    for name, modality in mdata.mod.items():
        position = _edge.spots(_edge.rows(mdata, name), modality.n_obs)
        copied = modality.to_memory() if modality.isbacked else modality.copy()
        tables[name] = annotated(copied, note.take(position))
    images = image_elements(mdata)
    _check_free(table_name, tuple(images), "an image")
    return SpatialData(images=images, shapes={REGION: circles(mdata, coords)}, tables=tables)


def _returned(mdata: MuData, sdata: SpatialData, of: dict[str, str], table_name: str) -> SpatialData:
    """``sdata`` with results added to its tables; ``of`` names the table of each modality."""
    from spatialdata import SpatialData

    elements = {kind: dict(getattr(sdata, kind)) for kind in ("images", "labels", "points", "shapes")}
    others = [name for held in elements.values() for name in held]
    # A table without features is one that an earlier call made.
    featured = [name for name, table in sdata.tables.items() if table.n_vars]
    _check_free(table_name, (*others, *of.values(), *featured), "something that sdata holds")

    tables, joint = dict(sdata.tables), joint_table(mdata)
    region, instance = (np.full(mdata.n_obs, None, dtype=object) for _ in range(2))
    notes = []
    for name in dict.fromkeys(of.values()):
        parts = [modality for modality in of if of[modality] == name]
        with repeating_names():
            table = sdata.tables[name].copy()
        note = annotation(table, name)
        spot = np.full(table.n_obs, -1)
        rows = {modality: _rows_of(table, note, mdata[modality], modality, name) for modality in parts}
        for modality, row in rows.items():
            position = _edge.spots(_edge.rows(mdata, modality), mdata[modality].n_obs)
            spot[row >= 0] = position[row[row >= 0]]
        if note is not None:
            notes.append(note)
            new = np.flatnonzero(spot >= 0)
            new = new[pd.isna(instance[spot[new]])]
            region[spot[new]], instance[spot[new]] = note.region[new], note.instance[new]
        if len(parts) == 1:
            add_results(table, mdata[parts[0]], rows[parts[0]])
        else:
            add_results(table, joint, spot)
            for modality in parts:
                add_results(table, mdata[modality], rows[modality], prefix=f"{modality}_")
        tables[name] = annotated(table, None)
    tables[table_name] = _joint_annotated(joint, notes, region, instance)
    return SpatialData(**elements, tables=tables, attrs=sdata.attrs)


def _joint_annotated(joint: AnnData, notes: list[Annotation], region: np.ndarray, instance: np.ndarray) -> AnnData:
    if not notes:
        return annotated(joint, None)
    known = ~pd.isna(instance)
    if not known.all():
        logger.info("to_spatialdata: %d spots are in no table of sdata and left out of the joint one", (~known).sum())
        joint = joint[known].copy()
    region_key, instance_key = (free_name(key, joint.obs) for key in (notes[0].region_key, notes[0].instance_key))
    kept = pd.Series(instance[known]).infer_objects().to_numpy()
    return annotated(joint, Annotation(region_key, instance_key, region[known].astype(str), kept))


def _table_of(mdata: MuData, sdata: SpatialData, tables: Any) -> dict[str, str]:
    """Table of each modality that has one."""
    there = list(sdata.tables)
    if tables is not None:
        _checks.check_modality_names("tables", tables, mdata)
        for table in tables.values():
            check_table(sdata, table)
        of = dict(tables)
    else:
        record = mdata.uns.get(RECORD)
        noted = record.get("tables", {}) if isinstance(record, Mapping) else {}
        of = {name: noted.get(name, name) for name in mdata.mod if noted.get(name, name) in there}
    if not of:
        msg = f"no modality of {list(mdata.mod)} has a table in sdata, which has {there}; name them with tables"
        raise ValueError(msg)
    if without := [name for name in mdata.mod if name not in of]:
        logger.info("to_spatialdata: %s have no table in sdata; their results go into the joint one only", without)
    return of


def _rows_of(table: AnnData, note: Annotation | None, modality: AnnData, name: str, table_name: str) -> np.ndarray:
    """Row of the modality for each row of the table, -1 where it has none: by instance, else by name."""
    other = annotation(modality, name)
    if note is None or other is None:
        row = modality.obs_names.get_indexer(table.obs_names)
    else:
        row = other.keys(with_region=True).get_indexer(note.keys(with_region=True))
    if (row < 0).all():
        msg = (
            f"no row of modality {name!r} is in table {table_name!r}: the modality's begin with "
            f"{modality.obs_names[0]!r}, the table's with {table.obs_names[0]!r}; name the right table with tables"
        )
        raise ValueError(msg)
    return row


def _check_free(table_name: str, taken: tuple[str, ...], what: str) -> None:
    if table_name in taken:
        msg = f"table_name={table_name!r} is the name of {what}; choose another, e.g. '{table_name}_domains'"
        raise ValueError(msg)
