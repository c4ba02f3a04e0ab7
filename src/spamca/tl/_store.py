"""Write a trained network's results into a MuData."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.model.network import weights_of
from spamca.model.parts import stored_emissions
from spamca.nn import VIEWS
from spamca.tl._joint_neighbors import joint_neighbors
from spamca.tl._preparation import find_reach
from spamca.tl._store_denoised import forget_denoised
from spamca.tl._store_domains import store_weight

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mudata import MuData

    from spamca.domains import Emissions
    from spamca.nn import Latents, Settings
    from spamca.train import Fit

PACKAGES = ("spamca", "torch", "lightning", "torch-geometric", "anndata", "mudata", "scanpy", "numpy")
"""Packages whose versions are kept with the result."""


def store(
    mdata: MuData,
    result: Fit,
    key_added: str,
    random_state: int,
    given: dict[str, Any],
    *,
    scale: dict[str, float],
    emissions: Emissions | None = None,
) -> None:
    """Write embedding, weights, graph of the embedding and record.

    Parameters
    ----------
    mdata
        What the network was trained on.
    result
        The trained network and its latents.
    key_added
        Name of the result.
    random_state
        Seed of the call.
    given
        Its other arguments, for the record.
    scale
        What the features of each modality were divided by.
    emissions
        What the domains look like, or the whole tissue where none were sought; None where nothing is known.
    """
    _forget_domains(mdata, key_added)
    forget_denoised(mdata, key_added)
    store_latents(mdata, result.latents, list(mdata.mod), result.network.settings.views, key_added)
    joint_neighbors(mdata, key_added, random_state=random_state)
    mdata.uns[key_added] = {
        "params": {**given, "n_threads": result.n_threads} | stored_settings(result.network.settings),
        "history": {name: losses.numpy() for name, losses in result.history.items()},
        "modalities": list(mdata.mod),
        "scale": scale,
        "graphs": graphs_of(mdata),
        "network": weights_of(result.network),
        "unexplained": find_reach(mdata),
        **({} if emissions is None else {"field": stored_emissions(emissions)}),
        "random_state": random_state,
        "versions": versions(),
    }


def store_latents(
    mdata: MuData, latents: Latents, modalities: Sequence[str], views: Collection[str], key_added: str
) -> None:
    """Write embedding, latents of the modalities, and weights.

    Parameters
    ----------
    mdata
        The tissue.
    latents
        Latents of its spots.
    modalities
        Names of the modalities in the order of the latents; those that the tissue lacks are passed over.
    views
        Views that the network has.
    key_added
        Name of the result.
    """
    seen = [view for view in VIEWS if view in views]
    mdata.obsm[_keys.embedding(key_added)] = latents.fused.numpy()
    for m, name in enumerate(modalities):
        if name not in mdata.mod:
            continue
        modality, row = mdata[name], _edge.rows(mdata, name)
        weights = _edge.collect(latents.view_weights[m].numpy(), row, modality.n_obs)
        store_weight(mdata, name, latents.modality_weights[:, m].numpy(), key_added)
        modality.obsm[_keys.embedding(key_added)] = _edge.collect(latents.modalities[m].numpy(), row, modality.n_obs)
        modality.obsm[_keys.view_weights(key_added)] = pd.DataFrame(weights, modality.obs_names, seen)


def versions() -> dict[str, str]:
    """Versions of Python and of :data:`PACKAGES`."""
    return {"python": sys.version.split()[0]} | {name: version(name) for name in PACKAGES}


def stored_settings(settings: Settings) -> dict[str, Any]:
    """Settings as files keep them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}


def graphs_of(mdata: MuData) -> dict[str, Any]:
    """How the graphs were built that the network was trained on: ``spatial``, and ``features`` by modality, where there are such graphs."""
    record = mdata.uns.get(_keys.SPATIAL_NEIGHBORS, {})
    params = dict(record.get("params", {})) if isinstance(record, Mapping) else {}
    if "kind" not in params:  # the user's own, left as it is
        library = {name: params[name] for name in ("library_key",) if params.get(name) is not None}
        params = {"kind": "existing", "name": _keys.SPATIAL, **library}
    built = {name: modality.uns.get(_keys.FEATURE_NEIGHBORS) for name, modality in mdata.mod.items()}
    features = {name: dict(graph["params"]) for name, graph in built.items() if graph is not None}
    return {"spatial": params, "features": features}


def _forget_domains(mdata: MuData, key_added: str) -> None:
    """Remove the domains of an earlier embedding of the same name."""
    if "cluster" not in mdata.uns.get(key_added, {}):
        return
    _edge.drop_pulled(mdata, key_added)
    logger.info("integrate: removing the domains of the earlier embedding %r", _keys.embedding(key_added))
    for holder in (mdata, *mdata.mod.values()):
        for column in (key_added, _keys.confidence(key_added), _keys.novelty(key_added)):
            if column in holder.obs:
                del holder.obs[column]
        if _keys.posterior(key_added) in holder.obsm:
            del holder.obsm[_keys.posterior(key_added)]
