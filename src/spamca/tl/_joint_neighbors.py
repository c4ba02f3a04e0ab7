"""scanpy's neighbours of the fused embedding, where scanpy looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from spamca import _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

N_NEIGHBORS = 15
"""scanpy's default."""


class Descent(TransformerMixin, BaseEstimator):
    """Neighbours in large tissue for scanpy, as the sparse matrix that all its versions take.

    Parameters
    ----------
    n_neighbors
        Number of neighbours of each spot.
    random_state
        Seed.
    """

    def __init__(self, n_neighbors: int, random_state: int) -> None:
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: None = None) -> Descent:
        """Do nothing: the search needs no preparation."""
        return self

    def transform(self, X: np.ndarray) -> csr_matrix:
        """Distances to the neighbours, (n_spots, n_spots), in each row the nearest first: scanpy relies on it."""
        from spamca.graph.neighbors import neighbors_of_many

        row, column, distance = neighbors_of_many(X, self.n_neighbors, random_state=self.random_state)
        order, n = np.lexsort((distance, row)), len(X)
        end = np.bincount(row, minlength=n).cumsum()
        return csr_matrix((distance[order], column[order], np.concatenate([[0], end])), shape=(n, n))


def joint_neighbors(mdata: MuData, key_added: str, *, random_state: int) -> None:
    """Run :func:`scanpy.pp.neighbors` on the embedding and copy the graph into each modality.

    scanpy's own place, ``uns["neighbors"]``, is used unless it holds neighbours of another representation.

    Parameters
    ----------
    mdata
        With the embedding of ``key_added``.
    key_added
        Name of the result.
    random_state
        Seed of the approximate search in large tissue.
    """
    from scanpy.pp import neighbors

    from spamca.graph.feature import EXACT_UP_TO

    use_rep = _keys.embedding(key_added)
    n_neighbors = min(N_NEIGHBORS, mdata.n_obs - 1)
    place = _place(mdata, use_rep, key_added)
    neighbors(
        mdata,
        n_neighbors=n_neighbors,
        use_rep=use_rep,
        transformer="sklearn" if mdata.n_obs <= EXACT_UP_TO else Descent(n_neighbors, random_state),
        random_state=random_state,
        key_added=None if place == _keys.NEIGHBORS else place,
    )
    record = mdata.uns[place]
    graphs = {name: mdata.obsp[record[f"{name}_key"]] for name in ("connectivities", "distances")}
    for name, modality in mdata.mod.items():
        _mirror(modality, graphs, _edge.rows(mdata, name), _place(modality, use_rep, key_added), record["params"])


def _place(holder: AnnData | MuData, use_rep: str, key_added: str) -> str:
    theirs = holder.uns.get(_keys.NEIGHBORS)
    if theirs is None or theirs.get("params", {}).get("use_rep") == use_rep:
        return _keys.NEIGHBORS
    place = _keys.joint_neighbors(key_added)
    logger.info("integrate: %r holds other neighbours, writing those of %s to %r", _keys.NEIGHBORS, use_rep, place)
    return place


def _mirror(
    modality: AnnData, graphs: dict[str, csr_matrix], row: object, place: str, params: dict[str, object]
) -> None:
    prefix = "" if place == _keys.NEIGHBORS else f"{place}_"
    spots = _edge.spots(row, modality.n_obs)
    for name, graph in graphs.items():
        modality.obsp[prefix + name] = graph[spots][:, spots]
    modality.uns[place] = {
        "connectivities_key": f"{prefix}connectivities",
        "distances_key": f"{prefix}distances",
        "params": dict(params),
    }
