"""What was found in a tissue, and the one place that writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _edge, _keys
from spamca._colors import colors_of, stored_colors
from spamca._logging import logger
from spamca._palette import palette
from spamca.features import KINDS
from spamca.tissue.forget import forget_domains, forget_explanations, forget_found_from, forget_neighbors
from spamca.tissue.labels import write_labels
from spamca.tissue.preparation import feature_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.cluster import Clustering
    from spamca.denoise import Restored
    from spamca.domains import BatchEffect
    from spamca.features import Fitted
    from spamca.nn import Latents


RECORD = "denoise"  # entry of the record of integrate: by the name of what was written, what it is, by modality


@dataclass(frozen=True)
class Results:
    """What was found, over all n spots; what is None stays as it is in the MuData.

    Parameters
    ----------
    names
        Names of the modalities, in the order of the arrays.
    record
        Entries of the record ``uns[key_added]``.
    domains, domain_names, colors
        Domains and their posterior, names and colours. Without names they are numbered; without colours they keep those that are stored
        if their number fits.
    weights
        Weight of each modality in each spot, (n, M).
    latents, views
        Embedding, latents and weights of the named views of a network. A new embedding replaces everything that is stored of an
        earlier one, the record too.
    corrected, effects
        Features of each modality without batch effects, and these effects, which are not written.
    novelty
        How far each spot is from the tissue of the training, (n,).
    estimate
        Estimated number of domains and its criteria, as they are stored.
    """

    names: Sequence[str]
    record: dict[str, Any] = field(default_factory=dict)
    domains: Clustering | None = None
    domain_names: Sequence[str] | None = None
    colors: Sequence[str] | None = None
    weights: np.ndarray | None = None
    latents: Latents | None = None
    views: Sequence[str] = ()
    corrected: Sequence[np.ndarray] | None = None
    effects: Sequence[BatchEffect] | None = None
    novelty: np.ndarray | None = None
    estimate: Mapping[str, Any] | None = None


def write(mdata: MuData, results: Results, key_added: str, caller: str) -> None:
    """Write results to a MuData and its modalities; modalities that it lacks are left out. ``caller`` is named in the log."""
    if results.latents is not None:
        _forget(mdata, key_added, caller)
        mdata.obsm[_keys.embedding(key_added)] = results.latents.fused.numpy()
    for m, name in enumerate(results.names):
        if name in mdata.mod:
            _write_modality(mdata, results, m, key_added)
    if results.novelty is not None:
        mdata.obs[_keys.novelty(key_added)] = results.novelty
    if results.estimate is not None:
        mdata.uns[_keys.n_clusters(key_added)] = dict(results.estimate)
    before = mdata.uns.get(key_added, {}) if results.latents is None else {}
    if caller == "cluster" and "transform" in before:  # what it says of domains is of those that are replaced
        kept = {name: value for name, value in before["transform"].items() if name not in ("moved", "n_new_domains")}
        before = {**before, "transform": kept}
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
    posterior, n_domains = domains.posterior, domains.posterior.shape[1]
    names = [str(k) for k in range(n_domains)] if results.domain_names is None else list(results.domain_names)
    labels = pd.Categorical.from_codes(domains.labels, names)
    kept = len(stored_colors(mdata.uns, key_added)) == n_domains
    found = colors_of(mdata.uns, key_added, names) if kept else palette(n_domains)
    colors = found if results.colors is None else results.colors

    forget_explanations(mdata, key_added)
    write_labels(mdata, labels, dict(zip(names, colors, strict=True)), key_added)
    mdata.obs[_keys.confidence(key_added)] = posterior[np.arange(len(labels)), domains.labels]
    mdata.obsm[_keys.posterior(key_added)] = pd.DataFrame(posterior, mdata.obs_names, _edge.storable(names))


def _forget(mdata: MuData, key_added: str, caller: str) -> None:
    """Remove what is stored of an earlier embedding of the same name: it would pass for that of the new one."""
    _forget_denoised(mdata, key_added)
    forget_neighbors(mdata, _keys.embedding(key_added), caller)
    for modality in mdata.mod.values():
        modality.obsm.pop(_keys.corrected(key_added), None)
    forget_found_from(mdata, key_added, caller)
    if "cluster" not in mdata.uns.get(key_added, {}):
        forget_explanations(mdata, key_added)
        return
    if caller == "integrate":
        logger.info("integrate: removing the domains of the earlier embedding %r", _keys.embedding(key_added))
    forget_domains(mdata, key_added)


def check_free(mdata: MuData, key: str, key_added: str, names: Iterable[str]) -> None:
    """Whether nothing but an earlier result of the same name would be replaced (TypeError, ValueError)."""
    _checks.check_name("key_added", key_added)
    if not key_added or "/" in key_added:
        msg = f"key_added must be a non-empty string without '/', got {key_added!r}"
        raise ValueError(msg)
    ours = mdata.uns[key].get(RECORD, {}).get(key_added, {})
    for name in names:
        table = _keys.denoised_table(key_added, name)
        places = {f"mdata[{name!r}].layers[{key_added!r}]": key_added in mdata[name].layers}
        places[f"mdata.obsm[{table!r}]"] = table in mdata.obsm or table in mdata.mod
        for place, taken in places.items():
            if taken and name not in ours:
                msg = f"key_added={key_added!r} would replace {place}, which spamca did not write; choose another key_added"
                raise ValueError(msg)


def write_denoised(
    mdata: MuData,
    name: str,
    found: Restored,
    fitted: Fitted,
    key: str,
    key_added: str,
    features: Sequence[str] | None,
) -> None:
    """Write a modality's features and what they are in the record of ``key``: as a layer where it has no others, else as a table."""
    modality, row, names = mdata[name], _edge.rows(mdata, name), {}
    _drop_denoised(mdata, name, key_added)
    used = fitted.used()
    whole = features is None and bool(used.all())
    if whole:
        modality.layers[key_added] = fitted.to_features(_edge.collect(found.values, row, modality.n_obs))
    if not whole or (row < 0).any():
        known = feature_names(modality)
        chosen = np.flatnonzero(used) if features is None else known.get_indexer(list(features))
        values = fitted.take(chosen).to_features(found.values)
        table = pd.DataFrame(values, mdata.obs_names, _edge.storable(known[chosen]))
        mdata.obsm[_keys.denoised_table(key_added, name)] = table
        if list(table) != list(known[chosen]):
            names["features"] = np.array(known[chosen], dtype=object)
    units = KINDS[modality.uns[_keys.MODALITY_RECORD]["kind"]].units
    record = dict(mdata.uns[key].get(RECORD, {}))
    own = {"units": units, "predicted": found.predicted, "own": found.own, **names}
    record[key_added] = {**record.get(key_added, {}), name: own}
    mdata.uns[key] = {**mdata.uns[key], RECORD: record}


def _forget_denoised(mdata: MuData, key: str) -> None:
    """Remove what was denoised by the network of an earlier result of the same name."""
    record = mdata.uns.get(key)
    for key_added, written in (record.get(RECORD, {}) if isinstance(record, Mapping) else {}).items():
        for name in set(written).intersection(mdata.mod):
            _drop_denoised(mdata, name, key_added)


def _drop_denoised(mdata: MuData, name: str, key_added: str) -> None:
    mdata[name].layers.pop(key_added, None)
    mdata.obsm.pop(_keys.denoised_table(key_added, name), None)
