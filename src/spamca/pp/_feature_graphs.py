"""Feature graphs of modalities: built, written and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _keys
from spamca._logging import logger
from spamca.pp._store_graph import write_graph

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca.graph import Graph

N_NEIGHBORS = 20
"""Neighbours in feature graphs where the caller gives no number."""

METRIC = "correlation"
"""Distance where the caller gives none."""

FEWEST_COLUMNS = 3
"""Two numbers correlate by 1 or -1 only."""


def number_of(given: int | None, n_spots: int) -> int:
    """Neighbours of each spot, where there are so many."""
    return max(1, min(N_NEIGHBORS, n_spots - 1)) if given is None else given


def built(
    name: str, values: np.ndarray, n_neighbors: int, *, metric: str, approximate: bool | None, random_state: int
) -> tuple[Graph, dict[str, Any]]:
    """Feature graph of a modality from its features (n, d), and how it was built."""
    from spamca.graph import feature_graph

    if metric != "euclidean" and values.shape[1] < FEWEST_COLUMNS:
        logger.info("neighbors: %r has %d features, too few for %s; using euclidean", name, values.shape[1], metric)
        metric = "euclidean"
    search = {"n_neighbors": n_neighbors, "metric": metric, "random_state": random_state}
    return feature_graph(values, approximate=approximate, **search), {**search, "method": "spamca"}


def store_feature_graph(modality: AnnData, graph: Graph, record: dict[str, Any], use_rep: str) -> None:
    """Write a feature graph to its modality."""
    write_graph(modality, _keys.FEATURE_NEIGHBORS, _keys.FEATURE_NEIGHBORS, graph, {**record, "use_rep": use_rep})


def has_feature_graph(modality: AnnData) -> bool:
    """Whether a modality has one."""
    return _keys.FEATURE_NEIGHBORS in modality.uns


def forget_feature_graph(modality: AnnData) -> bool:
    """Remove the feature graph of a modality, if there is one; whether there was."""
    if not has_feature_graph(modality):
        return False
    for key in (_keys.connectivities(_keys.FEATURE_NEIGHBORS), _keys.distances(_keys.FEATURE_NEIGHBORS)):
        modality.obsp.pop(key, None)
    del modality.uns[_keys.FEATURE_NEIGHBORS]
    return True


def add_feature_graphs(mdata: MuData, random_state: int) -> None:
    """Build the feature graph of each modality that has none, with the defaults of :func:`spamca.pp.neighbors`."""
    for name, modality in mdata.mod.items():
        if not has_feature_graph(modality):
            use_rep, n_neighbors = modality.uns[_keys.MODALITY_RECORD]["use_rep"], number_of(None, modality.n_obs)
            values = np.ascontiguousarray(modality.obsm[use_rep])
            found = built(name, values, n_neighbors, metric=METRIC, approximate=None, random_state=random_state)
            store_feature_graph(modality, *found, use_rep)
