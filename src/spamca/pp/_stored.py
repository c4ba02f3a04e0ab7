"""Graphs in a MuData and its modalities, found and written, in the layout that squidpy and scanpy share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.graph import existing_graph

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca.graph import Graph

SOURCE = "spamca"
"""``params["source"]`` of spatial graphs that this package wrote."""

SECTIONS = ("library_key", "one_section")
"""Keys of ``params`` that say which spots are of one section: the column, or True where the caller said that there is one."""


@dataclass(frozen=True)
class Spatial:
    """A spatial graph of all spots, and how it came about.

    ``in_place``: it is the user's own graph on the MuData, under its own name. ``cut``: edges between sections were left out.
    """

    graph: Graph
    params: dict[str, Any]
    in_place: bool = False
    cut: bool = False


def found_graph(mdata: MuData, name: str, *, foreign: bool = False) -> tuple[Graph, str] | None:
    """Spatial graph of all spots under squidpy's ``key_added``, and where it was: on the MuData, or joined from modalities.

    With ``foreign`` only graphs count that this package did not write.
    """

    def fits(holder: AnnData | MuData) -> bool:
        return _keys.connectivities(name) in holder.obsp and not (foreign and is_own(holder, name))

    if fits(mdata):
        return existing_graph(*_matrices(mdata, name, "mdata")), "mdata"
    rows = {modality: _edge.rows(mdata, modality) for modality in mdata.mod if fits(mdata[modality])}
    if not np.any([row >= 0 for row in rows.values()], axis=0).all():
        return None
    spread = [
        [_edge.spread_graph(matrix, row) for matrix in _matrices(mdata[modality], name, f"mdata[{modality!r}]")]
        for modality, row in rows.items()
    ]
    weights, lengths = (reduce(csr_matrix.maximum, matrices) for matrices in zip(*spread, strict=True))
    return existing_graph(weights, lengths), " and ".join(f"mdata[{modality!r}]" for modality in rows)


def _matrices(holder: AnnData | MuData, name: str, where: str) -> tuple[csr_matrix, csr_matrix]:
    weight, length = _keys.connectivities(name), _keys.distances(name)
    weights = _checks.check_graph(holder.obsp[weight], f"{where}.obsp[{weight!r}]")
    # Without lengths every edge is one step long.
    lengths = holder.obsp.get(length, weights != 0)
    lengths = _checks.check_graph(lengths, f"{where}.obsp[{length!r}]", what="lengths")
    return weights, csr_matrix(lengths, dtype=np.float64)


def is_own(holder: AnnData | MuData, name: str) -> bool:
    """Whether this package wrote the spatial graph of a MuData or modality."""
    return bool(_checks.graph_params(holder, name).get("source") == SOURCE)


def store_spatial(mdata: MuData, spatial: Spatial, coords: np.ndarray, spatial_key: str) -> None:
    """Write coordinates (n_obs, 2) and spatial graph to the MuData, and to the modalities that have none of their own, without lengths."""
    params = {**spatial.params, "spatial_key": spatial_key, "source": SOURCE}
    nowhere = not any(_keys.SPATIAL in holder.obsm for holder in (mdata, *mdata.mod.values()))
    keys = {spatial_key, _keys.SPATIAL} if nowhere and _keys.SPATIAL not in mdata.mod else {spatial_key}
    for key in keys:
        mdata.obsm[key] = coords
    if spatial.in_place:
        _keep_graph(mdata, spatial)
    else:
        if _keys.connectivities(_keys.SPATIAL) in mdata.obsp and not is_own(mdata, _keys.SPATIAL):
            logger.info("neighbors: replacing the spatial graph of mdata, which spamca did not build")
        write_graph(mdata, _keys.SPATIAL_NEIGHBORS, _keys.SPATIAL, spatial.graph, params)
    for name, modality in mdata.mod.items():
        position = _edge.spots(_edge.rows(mdata, name), modality.n_obs)
        for key in keys:
            if key not in modality.obsm:
                modality.obsm[key] = coords[position]
        if _keys.connectivities(_keys.SPATIAL) not in modality.obsp or is_own(modality, _keys.SPATIAL):
            # squidpy's functions of features need it there; lengths of edges are those of the MuData.
            write_graph(modality, _keys.SPATIAL_NEIGHBORS, _keys.SPATIAL, spatial.graph.take(position), params)
            del modality.obsp[_keys.distances(_keys.SPATIAL)]
        else:
            logger.info("neighbors: mdata[%r] keeps its own spatial graph", name)


def _keep_graph(mdata: MuData, spatial: Spatial) -> None:
    """Change nothing of the user's graph and record but edges between sections and the name of the sections' column."""
    if spatial.cut:
        mdata.obsp[_keys.connectivities(_keys.SPATIAL)] = spatial.graph.connectivities
        mdata.obsp[_keys.distances(_keys.SPATIAL)] = spatial.graph.distances
    said = {name: value for name in SECTIONS if (value := spatial.params.get(name)) is not None}
    record = mdata.uns.get(_keys.SPATIAL_NEIGHBORS, {})
    if said and isinstance(record, Mapping):
        kept = {name: value for name, value in _checks.graph_params(mdata).items() if name not in SECTIONS}
        mdata.uns[_keys.SPATIAL_NEIGHBORS] = {**_names(_keys.SPATIAL), **record, "params": {**kept, **said}}


def write_graph(holder: AnnData | MuData, record: str, name: str, graph: Graph, params: Mapping[str, Any]) -> None:
    """Write a graph under a name in ``obsp`` and its record in ``uns``, without the parameters that are None."""
    holder.obsp[_keys.connectivities(name)] = graph.connectivities
    holder.obsp[_keys.distances(name)] = graph.distances
    kept = {key: value for key, value in params.items() if value is not None}
    holder.uns[record] = {**_names(name), "params": kept}


def _names(name: str) -> dict[str, str]:
    return {"connectivities_key": _keys.connectivities(name), "distances_key": _keys.distances(name)}
