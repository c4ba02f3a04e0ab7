"""Feature graphs of modalities: built, written and removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _edge, _keys
from spamca._group import ALONE
from spamca._logging import logger
from spamca.graph import feature_graph
from spamca.pp._stored import write_graph

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca._group import Group
    from spamca.graph import Graph

N_NEIGHBORS = 20
"""Neighbours in feature graphs where the caller gives no number."""

FEWEST_COLUMNS = 3
"""Two numbers correlate by 1 or -1 only."""


def numbers_of(given: int | None, mdata: MuData, group: Group = ALONE) -> dict[str, int]:
    """Neighbours of each spot by modality: those given, else the default, or all there are; ValueError where no modality has as many.

    Of several processes, spots of all count.
    """
    everywhere = group.gather({name: modality.n_obs for name, modality in mdata.mod.items()})
    sizes = {name: sum(own.get(name, 0) for own in everywhere) for name in mdata.mod}
    if given is not None:
        largest = max(sizes, key=lambda name: sizes[name])
        where = f"modality {largest!r}" + (", the largest" if len(sizes) > 1 else "")
        _checks.check_neighbors("n_neighbors", given, sizes[largest], where=where)
        if (small := {name: size for name, size in sizes.items() if size <= given}) and group.rank == 0:
            logger.info("neighbors: modalities of at most n_neighbors=%d spots, all linked: %s", given, small)
    wanted = N_NEIGHBORS if given is None else given
    return {name: max(1, min(wanted, size - 1)) for name, size in sizes.items()}


def built(
    name: str,
    values: np.ndarray,
    measured: np.ndarray,
    n_neighbors: int,
    random_state: int,
    *,
    metric: str = "correlation",
    approximate: bool | None = None,
    group: Group = ALONE,
) -> tuple[Graph, dict[str, Any]]:
    """Feature graph of a modality from its features (n, d), and how it was built; spots not ``measured`` (n,) have no edges."""
    if metric != "euclidean" and values.shape[1] < FEWEST_COLUMNS:
        if group.rank == 0:
            logger.info("neighbors: %r has %d features, too few for %s; using euclidean", name, values.shape[1], metric)
        metric = "euclidean"
    own = values if measured.all() else values[measured]
    n_neighbors = max(1, min(n_neighbors, sum(group.gather(len(own))) - 1))
    search: dict[str, Any] = {"metric": metric, "approximate": approximate, "random_state": random_state}
    graph = feature_graph(own, n_neighbors=max(1, min(n_neighbors, len(own) - 1)), **search).spread(measured)
    return graph, {"n_neighbors": n_neighbors, "metric": metric, "random_state": random_state, "method": "spamca"}


def store_feature_graph(modality: AnnData, graph: Graph, record: dict[str, Any], use_rep: str) -> None:
    """Write a feature graph to its modality."""
    write_graph(modality, _keys.FEATURE_NEIGHBORS, _keys.FEATURE_NEIGHBORS, graph, {**record, "use_rep": use_rep})


def add_feature_graphs(mdata: MuData, random_state: int, group: Group = ALONE) -> None:
    """Build the feature graph of each modality that has none, with the defaults of :func:`spamca.pp.neighbors`."""
    counts = numbers_of(None, mdata, group)
    for name, modality in mdata.mod.items():
        if _keys.FEATURE_NEIGHBORS not in modality.uns:
            use_rep = modality.uns[_keys.MODALITY_RECORD]["use_rep"]
            values, which = _checks.dense(modality.obsm[use_rep]), _edge.measured(modality)
            made = built(name, values, which, counts[name], random_state, group=group)
            store_feature_graph(modality, *made, use_rep)


def forget_feature_graph(modality: AnnData) -> None:
    """Remove the feature graph of a modality, if there is one."""
    if _keys.FEATURE_NEIGHBORS in modality.uns:
        modality.obsp.pop(_keys.connectivities(_keys.FEATURE_NEIGHBORS), None)
        modality.obsp.pop(_keys.distances(_keys.FEATURE_NEIGHBORS), None)
        del modality.uns[_keys.FEATURE_NEIGHBORS]


def is_stale(modality: AnnData, key: str, values: np.ndarray) -> bool:
    """Whether a modality has a feature graph, and another one than of these features (n, d) under this name in ``obsm``."""
    record = modality.uns.get(_keys.FEATURE_NEIGHBORS)
    if not isinstance(record, Mapping):
        return False
    same = record.get("params", {}).get("use_rep") == key and key in modality.obsm
    return not (same and np.array_equal(_checks.dense(modality.obsm[key]), values))
