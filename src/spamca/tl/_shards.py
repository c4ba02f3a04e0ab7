"""Whether the processes that share a tissue agree on what is to be done with it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _keys
from spamca.graph import SPATIAL_KINDS
from spamca.tissue import graph_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca._group import Group
    from spamca.model.shards import Place


def check_shards(mdata: MuData, group: Group, arguments: Mapping[str, Any]) -> None:
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
    group.agree("run the same script in every process, with a number as random_state", arguments)
    group.agree(
        "give each process sections or tiles that together have all modalities", {"modalities": list(mdata.mod)}
    )
    built: dict[str, Any] = {"graphs": graph_records(mdata)}
    built |= {f"features of {name!r}": _described(modality) for name, modality in mdata.mod.items()}
    group.agree("call spamca.pp.neighbors(mdata, ..., sharded=True) in every process, and name the sections", built)


def place_of(mdata: MuData, group: Group) -> Place | None:
    """Where the spots of a shard lie, and how its graph was built; None in a single process, and of a graph that the user made."""
    from spamca.model.shards import Place

    params = _checks.graph_params(mdata)
    if group.size == 1 or params.get("kind") not in SPATIAL_KINDS:
        return None
    coords = _checks.check_coordinates(mdata, str(params.get("spatial_key", _keys.SPATIAL)), group)
    library = _checks.check_library(mdata, params.get("library_key"))
    options = {name: params[name] for name in ("kind", "n_neighbors", "radius", "n_rings") if name in params}
    return Place(coords, library, options)


def _described(modality: AnnData) -> str:
    """Features of a modality, and which preparation they are from."""
    record = modality.uns.get(_keys.MODALITY_RECORD, {})
    kind, use_rep, loadings = (record.get(name) for name in ("kind", "use_rep", "loadings"))
    width = modality.obsm[use_rep].shape[1] if use_rep in modality.obsm else 0
    if loadings not in modality.varm:
        return f"{width} in {use_rep!r} ({kind})"
    code = sha256("\n".join(modality.var_names.astype(str)).encode())
    code.update(np.ascontiguousarray(modality.varm[loadings]).tobytes())
    return f"{width} in {use_rep!r} ({kind}, preparation {code.hexdigest()[:8]})"
