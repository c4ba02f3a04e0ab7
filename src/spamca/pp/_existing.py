"""Spatial graphs that a MuData or its modalities hold already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca import _edge, _keys
from spamca.graph import existing_graph

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca.graph import Graph

SOURCE = {"source": "spamca"}
"""Part of ``params`` that marks graphs of our own."""


def found_graph(mdata: MuData, name: str, *, foreign: bool = False) -> tuple[Graph, str] | None:
    """Spatial graph of all spots under squidpy's ``key_added``, and where it was: on the MuData, or joined from modalities.

    With ``foreign`` only graphs count that this package did not write.
    """

    def fits(holder: AnnData | MuData) -> bool:
        return _keys.connectivities(name) in holder.obsp and not (foreign and is_own(holder, name))

    if fits(mdata):
        return existing_graph(*_matrices(mdata, name)), "mdata"
    covered, joined, holders = np.zeros(mdata.n_obs, dtype=bool), None, []
    for modality in filter(lambda modality: fits(mdata[modality]), mdata.mod):
        row = _edge.rows(mdata, modality)
        pair = [_edge.spread_graph(matrix, row) for matrix in _matrices(mdata[modality], name)]
        joined = pair if joined is None else [a.maximum(b) for a, b in zip(joined, pair, strict=True)]
        covered |= row >= 0
        holders.append(f"mdata[{modality!r}]")
    return (existing_graph(*joined), " and ".join(holders)) if covered.all() else None


def is_own(holder: AnnData | MuData, name: str = _keys.SPATIAL) -> bool:
    """Whether this package wrote the spatial graph that a MuData or modality holds."""
    record = holder.uns.get(_keys.spatial_record(name))
    params = record.get("params") if isinstance(record, Mapping) else None
    return isinstance(params, Mapping) and params.get("source") == SOURCE["source"]


def _matrices(holder: AnnData | MuData, name: str) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    weights = sparse.csr_matrix(holder.obsp[_keys.connectivities(name)])
    # Without lengths every edge is one step long.
    return weights, sparse.csr_matrix(holder.obsp.get(_keys.distances(name), weights != 0), dtype=np.float64)
