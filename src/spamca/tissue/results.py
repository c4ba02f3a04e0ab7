"""What was found in a tissue, and the one place that writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from spamca import _edge, _keys
from spamca._logging import logger
from spamca._palette import palette
from spamca.graph.fuzzy import fuzzy_connectivities
from spamca.graph.neighbors import nearest_neighbors
from spamca.tissue.denoised import forget_denoised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from mudata import MuData

    from spamca.cluster import Clustering
    from spamca.nn import Latents


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
        column, distance = nearest_neighbors(embedding, max(n_neighbors - 1, 1), random_state=random_state)
        column, distance = column.astype(np.int32), distance.astype(np.float64)
        start = np.arange(n + 1) * column.shape[1]
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


@dataclass(frozen=True)
class Results:
    """What was found, over all n spots; what is None stays as it is in the MuData.

    Parameters
    ----------
    names
        Names of the modalities, in the order of the arrays.
    record
        Entries of the record ``uns[key_added]``.
    domains
        Domains and their posterior.
    domain_names, colors
        Those of each domain; None numbers them, and takes the colours that are stored where their number fits, else new ones.
    weights
        Weight of each modality in each spot, (n, M).
    latents, views
        Embedding, latents and weights of the views of a network, and the names of these views. A new embedding replaces everything
        that is stored of an earlier one, the record too.
    neighbors
        Nearest neighbours in the embedding.
    corrected
        Features of each modality without batch effects.
    novelty
        How far each spot is from the tissue of the training, (n,).
    """

    names: Sequence[str]
    record: dict[str, Any] = field(default_factory=dict)
    domains: Clustering | None = None
    domain_names: Sequence[str] | None = None
    colors: Sequence[str] | None = None
    weights: np.ndarray | None = None
    latents: Latents | None = None
    views: Sequence[str] = ()
    neighbors: Neighbors | None = None
    corrected: Sequence[np.ndarray] | None = None
    novelty: np.ndarray | None = None


def write(mdata: MuData, results: Results, key_added: str, caller: str) -> None:
    """Write results to a MuData and its modalities; modalities that it lacks are left out. ``caller`` is named in the log."""
    if results.latents is not None:
        _forget(mdata, key_added, caller)
    if results.latents is not None:
        mdata.obsm[_keys.embedding(key_added)] = results.latents.fused.numpy()
    for m, name in enumerate(results.names):
        if name in mdata.mod:
            _write_modality(mdata, results, m, key_added)
    if results.neighbors is not None:
        results.neighbors.write(mdata, key_added, caller)
    if results.novelty is not None:
        mdata.obs[_keys.novelty(key_added)] = results.novelty
    before = mdata.uns.get(key_added, {}) if results.latents is None else {}
    mdata.uns[key_added] = {**before, **results.record}
    if results.domains is not None:
        _write_domains(mdata, results, results.domains, key_added)


def _write_modality(mdata: MuData, results: Results, m: int, key_added: str) -> None:
    name = results.names[m]
    modality, row = mdata[name], _edge.rows(mdata, name)

    def own(values: Any) -> Any:
        return _edge.collect(values, row, modality.n_obs)

    if results.weights is not None:
        mdata.obs[_keys.modality_weight(name, key_added)] = results.weights[:, m]
        modality.obs[_keys.weight(key_added)] = own(results.weights[:, m])
    if results.latents is not None:
        modality.obsm[_keys.embedding(key_added)] = own(results.latents.modalities[m].numpy())
        views = own(results.latents.view_weights[m].numpy())
        modality.obsm[_keys.view_weights(key_added)] = pd.DataFrame(views, modality.obs_names, list(results.views))
    if results.corrected is not None:
        modality.obsm[_keys.corrected(key_added)] = own(results.corrected[m])


def _write_domains(mdata: MuData, results: Results, domains: Clustering, key_added: str) -> None:
    """Labels, posterior, confidence and colours; labels and colours in each modality too."""
    posterior, given = domains.posterior, results.colors
    n_domains = posterior.shape[1]
    names = [str(k) for k in range(n_domains)] if results.domain_names is None else list(results.domain_names)
    labels = pd.Categorical.from_codes(domains.labels, names, ordered=True)
    colors = [str(color) for color in (mdata.uns.get(_keys.colors(key_added), ()) if given is None else given)]
    colors = colors if len(colors) == n_domains else palette(n_domains)

    mdata.obs[key_added] = labels
    mdata.obs[_keys.confidence(key_added)] = posterior[np.arange(len(labels)), domains.labels]
    mdata.obsm[_keys.posterior(key_added)] = pd.DataFrame(posterior, index=mdata.obs_names, columns=names)
    mdata.uns[_keys.colors(key_added)] = colors
    _edge.drop_pulled(mdata, key_added)
    for name, modality in mdata.mod.items():
        # squidpy wants no category without a spot, and as many colours as categories.
        own = _edge.collect(labels, _edge.rows(mdata, name), modality.n_obs).remove_unused_categories()
        modality.obs[key_added] = own
        modality.uns[_keys.colors(key_added)] = [colors[names.index(category)] for category in own.categories]


def _forget(mdata: MuData, key_added: str, caller: str) -> None:
    """Remove what is stored of an earlier embedding of the same name: it would pass for that of the new one."""
    forget_denoised(mdata, key_added)
    for modality in mdata.mod.values():
        _drop(modality, "obsm", _keys.corrected(key_added))
    if "cluster" not in mdata.uns.get(key_added, {}):
        return
    _edge.drop_pulled(mdata, key_added)
    if caller == "integrate":
        logger.info("integrate: removing the domains of the earlier embedding %r", _keys.embedding(key_added))
    for holder in (mdata, *mdata.mod.values()):
        for column in (key_added, _keys.confidence(key_added), _keys.novelty(key_added)):
            _drop(holder, "obs", column)
        _drop(holder, "obsm", _keys.posterior(key_added))


def _drop(holder: AnnData | MuData, slot: str, key: str) -> None:
    if key in getattr(holder, slot):
        del getattr(holder, slot)[key]
