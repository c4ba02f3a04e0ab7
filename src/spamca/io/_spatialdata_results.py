"""Results that ``io.to_spatialdata`` put into a SpatialData, back in a MuData."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from scipy import sparse

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.io._join import copied
from spamca.io._spatialdata_parts import ATTRS, PARTS, RECORD, original_names, spread_values

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData
    from spatialdata import SpatialData


def results_in(sdata: SpatialData) -> AnnData | None:
    """The table of joint results, the one of the usual name where there are several; None where there is none."""
    found = {
        name: table
        for name, table in sdata.tables.items()
        if not table.n_vars and isinstance(table.uns.get(RECORD), Mapping) and "modalities" in table.uns[RECORD]
    }
    if len(found) > 1:
        chosen = _keys.SPAMCA if _keys.SPAMCA in found else next(iter(found))
        logger.info("from_spatialdata: tables %s hold results, taking those of %r", list(found), chosen)
        return found[chosen]
    return next(iter(found.values()), None)


def named_as_before(joint: AnnData, sdata: SpatialData) -> dict[str, str]:
    """Table of each modality that the results are of; empty where one is gone."""
    record = joint.uns[RECORD]
    before = dict(zip(map(str, record["modalities"]), map(str, record["tables"]), strict=True))
    return before if set(before.values()) <= set(sdata.tables) else {}


def put_back(mdata: MuData, joint: AnnData, verb: str) -> None:
    """Write joint results to a MuData that was read from the tables of its modalities, and give those their names again."""
    table = original_names(copied(joint))
    for name, modality in mdata.mod.items():
        _own_names(modality, name, table)
    row = table.obs_names.get_indexer(mdata.obs_names)
    if (row < 0).all():
        logger.warning("%s: the results are of other spots and left out", verb)
        return
    if n_lacking := int((row < 0).sum()):
        logger.warning("%s: %d spots have no results, which hold missing values there", verb, n_lacking)
    attrs = table.uns.get(ATTRS, {})
    notes = {str(attrs.get(key)) for key in ("region_key", "instance_key")}
    has = row >= 0
    for column in table.obs:
        if column not in notes:
            mdata.obs[column] = _plain(spread_values(table.obs[[column]], row, mdata.obs_names)[column])
    for key, values in table.obsm.items():
        if not sparse.issparse(values):
            mdata.obsm[key] = spread_values(values, row, mdata.obs_names)
    for key, graph in table.obsp.items():
        own = sparse.csr_matrix(graph)[row[has]][:, row[has]]
        mdata.obsp[key] = _edge.spread_graph(own, _edge.places(has))
    for key, value in table.uns.items():
        if key not in (ATTRS, RECORD):
            mdata.uns[key] = deepcopy(value)


def _own_names(modality: AnnData, name: str, joint: AnnData) -> None:
    """Names as they were; of a table that several modalities were in, what is the modality's own, and not what the MuData holds."""
    record = modality.uns.get(RECORD, {})
    original_names(modality)
    for slot in ("obs", "var"):
        frame = getattr(modality, slot)
        for column in frame:
            frame[column] = _plain(frame[column])
    if PARTS not in record:
        return
    parts = {part: {slot: list(map(str, names)) for slot, names in own.items()} for part, own in record[PARTS].items()}
    for key in [key for key in joint.obsp if key in modality.obsp and key != _keys.connectivities(_keys.SPATIAL)]:
        del modality.obsp[key]
    for slot in ("uns", "obsm"):
        for key in getattr(joint, slot):
            if key not in (ATTRS, _keys.SPATIAL):
                getattr(modality, slot).pop(key, None)
    for part, own in parts.items():
        for slot, names in own.items():
            held = getattr(modality, slot)
            for key in names:
                long = f"{part}_{key}"
                if long not in held:
                    continue
                if part == name:
                    held[key] = held[long]
                del held[long]


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of booleans that may be missing, and of which none is, as plain ones."""
    whole = str(column.dtype) == "boolean" and not column.isna().any()
    return column.astype(bool) if whole else column
