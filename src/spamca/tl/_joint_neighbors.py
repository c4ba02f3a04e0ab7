"""scanpy's neighbours of the fused embedding, where scanpy looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.graph.fuzzy import fuzzy_connectivities
from spamca.graph.neighbors import nearest_neighbors

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

N_NEIGHBORS = 15
"""scanpy's default; it counts the spot itself."""


def joint_neighbors(mdata: MuData, key_added: str, *, random_state: int, caller: str = "integrate") -> None:
    """Write what :func:`scanpy.pp.neighbors` writes of the embedding, on the MuData and on each modality.

    scanpy's own place, ``uns["neighbors"]``, is used unless it holds neighbours of another representation.

    Parameters
    ----------
    mdata
        With the embedding of ``key_added``.
    key_added
        Name of the result.
    random_state
        Seed of the approximate search in large tissue.
    caller
        Who asks, for the log.
    """
    use_rep, n = _keys.embedding(key_added), mdata.n_obs
    n_neighbors = min(N_NEIGHBORS, n - 1)
    column, distance = _nearest(mdata.obsm[use_rep], max(n_neighbors - 1, 1), random_state)
    start = np.arange(n + 1) * column.shape[1]
    graphs = {
        "connectivities": fuzzy_connectivities(column, distance),
        "distances": csr_matrix((distance.ravel(), column.ravel(), start), shape=(n, n)),
    }
    params = {
        "n_neighbors": n_neighbors,
        "method": "umap",
        "random_state": random_state,
        "metric": "euclidean",
        "use_rep": use_rep,
    }
    places = {name: _place(holder, use_rep, key_added) for name, holder in [("", mdata), *mdata.mod.items()]}
    elsewhere = [place for place in places.values() if place != _keys.NEIGHBORS]
    if elsewhere:
        text = "%s: %r holds other neighbours, writing those of %s to %r"
        logger.info(text, caller, _keys.NEIGHBORS, use_rep, elsewhere[0])
    _write(mdata, graphs, places[""], params)
    for name, modality in mdata.mod.items():
        spots = _edge.spots(_edge.rows(mdata, name), modality.n_obs)
        own = {graph: values[spots][:, spots] for graph, values in graphs.items()}
        _write(modality, own, places[name], params)


def _nearest(embedding: np.ndarray, n_neighbors: int, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours (n, k) of each spot and their distances, the nearest first."""
    _, column, distance = nearest_neighbors(embedding, n_neighbors, random_state=random_state)
    shape = (len(embedding), n_neighbors)
    return column.reshape(shape).astype(np.int32), distance.reshape(shape).astype(np.float64)


def _place(holder: AnnData | MuData, use_rep: str, key_added: str) -> str:
    theirs = holder.uns.get(_keys.NEIGHBORS)
    if theirs is None or theirs.get("params", {}).get("use_rep") == use_rep:
        return _keys.NEIGHBORS
    return _keys.joint_neighbors(key_added)


def _write(holder: AnnData | MuData, graphs: dict[str, csr_matrix], place: str, params: dict[str, object]) -> None:
    prefix = "" if place == _keys.NEIGHBORS else f"{place}_"
    for name, graph in graphs.items():
        holder.obsp[prefix + name] = graph
    holder.uns[place] = {
        "connectivities_key": f"{prefix}connectivities",
        "distances_key": f"{prefix}distances",
        "params": dict(params),
    }
