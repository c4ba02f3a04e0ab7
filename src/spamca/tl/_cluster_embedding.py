"""Domains in an embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.cluster import CLUSTERERS, SELECTIONS, estimate_number, principal_components, refine
from spamca.model.parts import stored_readout
from spamca.tissue import Results

if TYPE_CHECKING:
    from mudata import MuData
    from scipy.sparse import csr_matrix

KEPT = 0.95  # share of the spots that tl.transform has to give the same domains; a smaller one is logged


def domains_in_embedding(
    mdata: MuData,
    number: dict[str, Any],
    method: str,
    *,
    selection: str | None,
    refines: bool,
    between: tuple[int, int],
    n_comps: int,
    use_rep: str | None,
    key_added: str,
    random_state: int,
) -> Results:
    """Domains in an embedding of a MuData; ``number`` is that of clusters and where it is from; empty, it is estimated.

    The other arguments are those of :func:`spamca.tl.cluster`.
    """
    use_rep = use_rep or _keys.embedding(key_added)
    embedding = _embedding_of(mdata, use_rep, key_added)
    record = mdata.uns.get(_keys.SPATIAL_NEIGHBORS, {})
    graph = mdata.obsp.get(record.get("connectivities_key", _keys.connectivities(_keys.SPATIAL)))
    if selection is not None:
        _checks.check_choice("selection", selection, SELECTIONS)
        if method != "mixture":
            msg = f"selection={selection!r} is for method='mixture', not {method!r}; leave it out"
            raise ValueError(msg)
    for argument, needs_graph in {"selection='coherence'": selection == "coherence", "refine=True": refines}.items():
        if needs_graph and graph is None:
            msg = f"{argument} needs the spatial graph, which mdata does not have; call spamca.pp.neighbors(mdata)"
            raise KeyError(msg)
    points, components = principal_components(embedding, n_comps, random_state=random_state)
    number = number or _estimated(points, between, graph, random_state)
    n_clusters = number["n_clusters"]
    options = {} if selection is None else {"selection": selection}
    found = CLUSTERERS[method](points, n_clusters, connectivities=graph, random_state=random_state, **options)
    found = (refine(found, graph) if refines else found).by_size()
    n_found = found.posterior.shape[1]
    if n_found < n_clusters:
        logger.info("cluster: only %d of %d domains hold spots", n_found, n_clusters)
    reached, best = (found.record.get(name, 0.0) for name in ("log_likelihood", "best_log_likelihood"))
    if best - reached > 1e-6 * abs(best):
        taken = "took the mixture of highest %s, log-likelihood %.8g; the highest found is %.8g"
        logger.info(f"cluster: {taken}", found.record["selection"], reached, best)
    readout: Any = found.readout
    if refines or method == "leiden":
        kept = float((readout.posterior(points).argmax(axis=1) == found.labels).mean())
        if kept < KEPT:
            same = "Gaussians, by which tl.transform reads domains out, give %.0f %% of these spots the same"
            logger.info(f"cluster: {same}", 100 * kept)
    arguments = {"use_rep": use_rep, "n_comps": n_comps, "refine": refines, "random_state": random_state}
    record = {"method": method, **number, "n_found": n_found, **arguments, **found.record}
    record["readout"] = stored_readout(readout.behind(components))
    return Results((), {"cluster": record}, found)


def _embedding_of(mdata: MuData, key: str, key_added: str) -> np.ndarray:
    """Finite numbers of shape (n_obs, d) in ``mdata.obsm[key]``."""
    if key not in mdata.obsm or key in mdata.mod:
        held = ", ".join(repr(name) for name in mdata.obsm if name not in mdata.mod) or "nothing"
        which = "" if key_added == _keys.SPAMCA else f", key_added={key_added!r}"
        made = f"call spamca.tl.integrate(mdata{which}) or " if key == _keys.embedding(key_added) else ""
        msg = f"mdata.obsm[{key!r}] does not exist; {made}name an embedding with use_rep: mdata.obsm holds {held}"
        raise KeyError(msg)
    values = _checks.dense(mdata.obsm[key])
    if values.ndim != 2 or values.shape[1] == 0 or values.dtype.kind != "f":
        msg = f"mdata.obsm[{key!r}] must be a table of numbers, got {values.dtype} of shape {values.shape}"
        raise ValueError(msg)
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        msg = (
            f"mdata.obsm[{key!r}] must be finite, {bad.sum()} spots have NaN or infinite values, first at row "
            f"{bad.argmax()}; call spamca.tl.integrate(mdata) again, or leave those spots out"
        )
        raise ValueError(msg)
    return values


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
    criteria = {name: getattr(estimate, name) for name in ("tried", "bic", "explained", "coherence")}
    return {"n_clusters": estimate.n_clusters, "n_clusters_from": "estimate", **criteria}
