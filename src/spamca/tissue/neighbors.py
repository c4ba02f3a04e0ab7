"""scanpy's neighbours of an embedding, where scanpy looks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True)
class Neighbors:
    """``connectivities`` and ``distances`` of all spots, as :func:`scanpy.pp.neighbors` would find them, and its arguments."""

    graphs: dict[str, csr_matrix]
    params: dict[str, Any]

    @classmethod
    def of(cls, embedding: np.ndarray, random_state: int) -> Neighbors:
        """From an embedding (n, d); the seed is that of the approximate search in large tissue."""
        n = len(embedding)
        n_neighbors = min(N_NEIGHBORS, n - 1)
        shape = n, max(n_neighbors - 1, 1)
        _, column, distance = nearest_neighbors(embedding, shape[1], random_state=random_state)
        column, distance = column.reshape(shape).astype(np.int32), distance.reshape(shape).astype(np.float64)
        start = np.arange(n + 1) * shape[1]
        graphs = {
            "connectivities": fuzzy_connectivities(column, distance),
            "distances": csr_matrix((distance.ravel(), column.ravel(), start), shape=(n, n)),
        }
        params = {"method": "umap", "random_state": random_state, "metric": "euclidean"}
        return cls(graphs, {"n_neighbors": n_neighbors, **params})

    def write(self, mdata: MuData, key_added: str, caller: str) -> None:
        """Write them as :func:`scanpy.pp.neighbors` does, on the MuData and on each modality.

        scanpy's own place, ``uns["neighbors"]``, is used unless it holds neighbours of another representation.
        """
        use_rep = _keys.embedding(key_added)
        places = [_place(holder, use_rep, key_added) for holder in (mdata, *mdata.mod.values())]
        elsewhere = [place for place in places if place != _keys.NEIGHBORS]
        if elsewhere:
            note = "%s: %r holds other neighbours, writing those of %s to %r"
            logger.info(note, caller, _keys.NEIGHBORS, use_rep, elsewhere[0])
        self._write_to(mdata, places[0], use_rep, None)
        for (name, modality), place in zip(mdata.mod.items(), places[1:], strict=True):
            self._write_to(modality, place, use_rep, _edge.spots(_edge.rows(mdata, name), modality.n_obs))

    def _write_to(self, holder: AnnData | MuData, place: str, use_rep: str, spots: np.ndarray | None) -> None:
        prefix = "" if place == _keys.NEIGHBORS else f"{place}_"
        for name, graph in self.graphs.items():
            holder.obsp[prefix + name] = graph if spots is None else graph[spots][:, spots]
        keys = {f"{name}_key": prefix + name for name in self.graphs}
        holder.uns[place] = {**keys, "params": {**self.params, "use_rep": use_rep}}


def _place(holder: AnnData | MuData, use_rep: str, key_added: str) -> str:
    theirs = holder.uns.get(_keys.NEIGHBORS)
    if theirs is None or theirs.get("params", {}).get("use_rep") == use_rep:
        return _keys.NEIGHBORS
    return _keys.joint_neighbors(key_added)
