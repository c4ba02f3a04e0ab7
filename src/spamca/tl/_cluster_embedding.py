"""Domains in an embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spamca import _checks, _keys, _records
from spamca._logging import logger
from spamca.cluster import CLUSTERERS, SELECTIONS, estimate_number, principal_components, refine
from spamca.model.domains import log_edge
from spamca.model.parts import stored_readout
from spamca.tissue import Results
from spamca.tl._columns import embedding_of, neighbors_of

if TYPE_CHECKING:
    import numpy as np
    from mudata import MuData
    from scipy.sparse import csr_matrix

    from spamca.cluster import Clustering
    from spamca.cluster.reduction import Affine

RANGE = (2, 20)  # numbers of clusters that are tried by default
KEPT = 0.95  # share of the spots that tl.transform has to give the same domains; a smaller one is logged


@dataclass(frozen=True)
class Embedded:
    """How domains are found in an embedding; the arguments of :func:`spamca.tl.cluster`."""

    method: str
    resolution: float | None
    selection: str | None
    refine: bool
    n_clusters_range: tuple[int, int] | None
    n_comps: int
    use_rep: str | None
    neighbors_key: str | None
    key: str
    random_state: int

    def own_slot(self, mdata: MuData) -> str:
        """Key of ``obsm`` with the embedding of the result that is read."""
        return _keys.embedding(_records.source_of(mdata, self.key))

    def slot(self, mdata: MuData) -> str:
        """Key of ``obsm`` with the embedding to search: the one named, else that of the result."""
        return self.use_rep or self.own_slot(mdata)


def domains_in_embedding(mdata: MuData, number: dict[str, Any], search: Embedded) -> Results:
    """Domains in an embedding of a MuData; ``number`` is that of clusters and where it is from; empty, it is estimated."""
    number, found, components = clustering(mdata, number, search)
    n_found = found.posterior.shape[1]
    arguments: dict[str, Any] = {"use_rep": search.slot(mdata), "n_comps": search.n_comps, "refine": search.refine}
    arguments |= {"random_state": search.random_state}
    arguments |= {} if search.neighbors_key is None else {"neighbors_key": search.neighbors_key}
    record = {"method": search.method, **number, "n_found": n_found, **arguments, **found.record}
    readout: Any = found.readout
    record["readout"] = stored_readout(readout.behind(components))
    return Results((), {"cluster": record}, found)


def clustering(
    mdata: MuData, number: dict[str, Any], search: Embedded, which: np.ndarray | None = None
) -> tuple[dict[str, Any], Clustering, Affine]:
    """Number of clusters and its origin, clusters of the spots, or of those of ``which`` (n_obs,), and the components they lie in."""
    embedding = embedding_of(mdata, search.slot(mdata), search.key)
    record, random_state = mdata.uns.get(_keys.SPATIAL_NEIGHBORS, {}), search.random_state
    graph = mdata.obsp.get(record.get("connectivities_key", _keys.connectivities(_keys.SPATIAL)))
    _check_search(search, graph)
    options: dict[str, Any] = {} if search.selection is None else {"selection": search.selection}
    if search.method == "leiden" and search.neighbors_key is not None:
        options["neighbors"] = neighbors_of(mdata, search.neighbors_key, ("connectivities",))["connectivities"]
    if which is not None:
        embedding, graph = embedding[which], None if graph is None else graph[which][:, which]
        options |= {name: value[which][:, which] for name, value in options.items() if name == "neighbors"}
    points, components = principal_components(embedding, search.n_comps, random_state=random_state)
    by_resolution = search.method == "leiden" and not number and search.resolution is not None
    if by_resolution:
        options["resolution"] = search.resolution
    else:
        number = number or _estimated(points, search.n_clusters_range or RANGE, graph, random_state)
    wanted = number.get("n_clusters")
    found = CLUSTERERS[search.method](points, wanted, connectivities=graph, random_state=random_state, **options)
    found = (refine(found, graph) if search.refine else found).by_size()
    n_found = found.posterior.shape[1]
    if by_resolution:
        number = {"n_clusters": n_found, "n_clusters_from": "resolution"}
    elif n_found < number["n_clusters"]:
        logger.info("cluster: only %d of %d domains hold spots", n_found, number["n_clusters"])
    reached, best = (found.record.get(name, 0.0) for name in ("log_likelihood", "best_log_likelihood"))
    if best - reached > 1e-6 * abs(best):
        taken = "took the mixture of highest %s, log-likelihood %.8g; the highest found is %.8g"
        logger.info(f"cluster: {taken}", found.record["selection"], reached, best)
    if search.refine or search.method == "leiden":
        readout: Any = found.readout
        kept = float((readout.posterior(points).argmax(axis=1) == found.labels).mean())
        if kept < KEPT:
            same = "Gaussians, by which tl.transform reads domains out, give %.0f %% of these spots the same"
            logger.info(f"cluster: {same}", 100 * kept)
    return number, found, components


def _check_search(search: Embedded, graph: csr_matrix | None) -> None:
    """Whether the method takes the options, and the spatial graph that they need is there (ValueError, KeyError)."""
    if search.selection is not None:
        _checks.check_choice("selection", search.selection, SELECTIONS)
        if search.method != "mixture":
            msg = f"selection={search.selection!r} is for method='mixture', not {search.method!r}; leave it out"
            raise ValueError(msg)
    needed = {"selection='coherence'": search.selection == "coherence", "refine=True": search.refine}
    for argument, needs_graph in needed.items():
        if needs_graph and graph is None:
            msg = f"{argument} needs the spatial graph, which mdata does not have; call spamca.pp.neighbors(mdata)"
            raise KeyError(msg)


def _estimated(
    points: np.ndarray, between: tuple[int, int], graph: csr_matrix | None, random_state: int
) -> dict[str, Any]:
    """Estimated number of clusters and its criteria."""
    numbers = range(between[0], min(between[1], len(points)) + 1)
    estimate = estimate_number(points, numbers, connectivities=graph, random_state=random_state)
    logger.info(
        "cluster: n_clusters not given, estimated %d between %d and %d from the bend of the BIC and the %s",
        estimate.n_clusters,
        numbers[0],
        numbers[-1],
        "agreement between starts" if graph is None else "coherence in the tissue",
    )
    log_edge("cluster", estimate.n_clusters, numbers, len(points))
    criteria = {name: getattr(estimate, name) for name in ("tried", "bic", "explained", "coherence")}
    return {"n_clusters": estimate.n_clusters, "n_clusters_from": "estimate", **criteria}
