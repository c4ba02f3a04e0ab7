"""Whether the processes that share a tissue agree on what is to be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _keys
from spamca.graph import SPATIAL_KINDS
from spamca.pp._shards import check_shards, code_of
from spamca.tissue import graph_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca._group import Group
    from spamca.model.shards import Place


def check_trained(mdata: MuData, group: Group, arguments: Mapping[str, Any]) -> None:
    """Whether arguments, modalities, features and graphs are the same in all processes, and each trains by itself (ValueError)."""
    from spamca.train.runtime import n_devices_of

    if group.size == 1:
        return
    devices, strategy = arguments["devices"], arguments["strategy"]
    if n_devices_of(devices) > 1 or strategy != "auto":
        msg = (
            f"devices={devices!r} with strategy={strategy!r} is for processes that share one training, and with sharded=True the "
            "first process trains; leave them out"
        )
        raise ValueError(msg)
    mend = "call spamca.pp.neighbors(mdata, ..., sharded=True) in every process, and name the sections"
    check_shards(mdata, group, arguments, _described, mend)
    records = graph_records(mdata)
    built = {f"{name} of the spatial graph": value for name, value in records["spatial"].items()}
    group.agree(mend, built | {f"feature graph of {name!r}": record for name, record in records["features"].items()})


def place_of(mdata: MuData, group: Group) -> Place | None:
    """Where the spots of a shard lie, and how its graph was built; None in a single process, of a graph that the user made, and where sections are gone."""
    from spamca.model.shards import Place

    params = _checks.graph_params(mdata)
    if group.size == 1 or params.get("kind") not in SPATIAL_KINDS:
        return None
    coords = _checks.check_coordinates(mdata, str(params.get("spatial_key", _keys.SPATIAL)), group)
    try:
        library = _checks.check_library(mdata, params.get("library_key"))
    except (KeyError, ValueError):  # lost since, as the caller warned
        return None
    options = {name: params[name] for name in ("kind", "n_neighbors", "radius", "n_rings") if name in params}
    return Place(coords, library, options)


def _described(modality: AnnData) -> str:
    """Features of a modality, and which preparation they are from."""
    record = modality.uns.get(_keys.MODALITY_RECORD, {})
    kind, use_rep, loadings = (record.get(name) for name in ("kind", "use_rep", "loadings"))
    width = modality.obsm[use_rep].shape[1] if use_rep in modality.obsm else 0
    if loadings not in modality.varm:
        return f"{width} in {use_rep!r} ({kind})"
    code = code_of(modality.var_names.astype(str).tolist(), modality.varm[loadings])
    return f"{width} in {use_rep!r} ({kind}, preparation {code})"
