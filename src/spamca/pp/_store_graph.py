"""Graphs written to a tissue, in the layout that squidpy and scanpy share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.pp._existing import SOURCE, is_own

if TYPE_CHECKING:
    import numpy as np
    from anndata import AnnData
    from mudata import MuData

    from spamca.graph import Graph
    from spamca.pp._spatial import Spatial


def store_spatial(mdata: MuData, spatial: Spatial, coords: np.ndarray, spatial_key: str) -> None:
    """Write coordinates (n_obs, 2) and spatial graph to the MuData, and to the modalities that have none of their own."""
    params = {**spatial.params, "spatial_key": spatial_key, **SOURCE}
    nowhere = not any(_keys.SPATIAL in holder.obsm for holder in (mdata, *mdata.mod.values()))
    keys = {spatial_key, _keys.SPATIAL} if nowhere and _keys.SPATIAL not in mdata.mod else {spatial_key}
    for key in keys:
        mdata.obsm[key] = coords
    if spatial.in_place:
        _keep_graph(mdata, spatial)
    else:
        write_graph(mdata, _keys.SPATIAL_NEIGHBORS, _keys.SPATIAL, spatial.graph, params)
    for name, modality in mdata.mod.items():
        position = _edge.spots(_edge.rows(mdata, name), modality.n_obs)
        for key in keys:
            if key not in modality.obsm:
                modality.obsm[key] = coords[position]
        if _keys.connectivities(_keys.SPATIAL) not in modality.obsp or is_own(modality):
            write_graph(modality, _keys.SPATIAL_NEIGHBORS, _keys.SPATIAL, spatial.graph.take(position), params)
        else:
            logger.info("neighbors: mdata[%r] keeps the spatial graph of its own", name)


def _keep_graph(mdata: MuData, spatial: Spatial) -> None:
    """Leave the user's graph and its record what they are, but for edges between sections and the sections' column."""
    if spatial.cut:
        mdata.obsp[_keys.connectivities(_keys.SPATIAL)] = spatial.graph.connectivities
        mdata.obsp[_keys.distances(_keys.SPATIAL)] = spatial.graph.distances
    library_key, record = spatial.params["library_key"], mdata.uns.get(_keys.SPATIAL_NEIGHBORS, {})
    if library_key is not None and isinstance(record, Mapping):
        old = record.get("params", {})
        params = {**(old if isinstance(old, Mapping) else {}), "library_key": library_key}
        mdata.uns[_keys.SPATIAL_NEIGHBORS] = {**_names(_keys.SPATIAL), **record, "params": params}


def write_graph(holder: AnnData | MuData, record: str, name: str, graph: Graph, params: Mapping[str, Any]) -> None:
    """Write a graph in the layout that squidpy and scanpy share; parameters that are None are left out.

    ``record`` is the key in ``uns``, ``name`` what the keys in ``obsp`` begin with.
    """
    holder.obsp[_keys.connectivities(name)] = graph.connectivities
    holder.obsp[_keys.distances(name)] = graph.distances
    kept = {key: value for key, value in params.items() if value is not None}
    holder.uns[record] = {**_names(name), "params": kept}


def _names(name: str) -> dict[str, str]:
    return {"connectivities_key": _keys.connectivities(name), "distances_key": _keys.distances(name)}
