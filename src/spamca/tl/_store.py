"""Write a trained network's results into a MuData."""

from __future__ import annotations

import sys
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.model.network import weights_of
from spamca.nn import VIEWS
from spamca.tl._joint_neighbors import joint_neighbors

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.guide import Guide
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
    guide: Guide | None = None,
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
    guide
        Domains that guided the training.
    """
    _forget_domains(mdata, key_added)
    latents, seen = result.latents, [view for view in VIEWS if view in result.network.settings.views]
    mdata.obsm[_keys.embedding(key_added)] = latents.fused.numpy()
    for m, (name, modality) in enumerate(mdata.mod.items()):
        row = _edge.rows(mdata, name)
        weight = latents.modality_weights[:, m].numpy()
        views = _edge.collect(latents.view_weights[m].numpy(), row, modality.n_obs)
        mdata.obs[_keys.modality_weight(name, key_added)] = weight
        modality.obs[_keys.weight(key_added)] = _edge.collect(weight, row, modality.n_obs)
        modality.obsm[_keys.embedding(key_added)] = _edge.collect(latents.modalities[m].numpy(), row, modality.n_obs)
        modality.obsm[_keys.view_weights(key_added)] = pd.DataFrame(views, modality.obs_names, list(seen))
    agreement = _keys.agreement(key_added)
    if guide is not None and given["n_runs"] > 1:
        mdata.obs[agreement] = guide.assignment.max(axis=1)
    elif agreement in mdata.obs and _had_runs(mdata, key_added):
        del mdata.obs[agreement]
    joint_neighbors(mdata, key_added, random_state=random_state)
    settings = asdict(result.network.settings)
    mdata.uns[key_added] = {
        "params": {**given, "n_threads": result.n_threads}
        | {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()},
        "history": {name: losses.numpy() for name, losses in result.history.items()},
        "guide": {} if guide is None else guide.record,
        "modalities": list(mdata.mod),
        "scale": scale,
        "network": weights_of(result.network),
        "random_state": random_state,
        "versions": {"python": sys.version.split()[0]} | {name: version(name) for name in PACKAGES},
    }


def _had_runs(mdata: MuData, key_added: str) -> bool:
    """Whether the earlier embedding of the same name had several runs: their agreement would pass for that of the new."""
    return mdata.uns.get(key_added, {}).get("params", {}).get("n_runs", 1) > 1


def _forget_domains(mdata: MuData, key_added: str) -> None:
    """Take away the domains of an earlier embedding of the same name: they would pass for those of the new one."""
    if "cluster" not in mdata.uns.get(key_added, {}):
        return
    _edge.drop_pulled(mdata, key_added)
    logger.info("integrate: removing the domains of the earlier embedding %r", _keys.embedding(key_added))
    for holder in (mdata, *mdata.mod.values()):
        for column in (key_added, _keys.confidence(key_added)):
            if column in holder.obs:
                del holder.obs[column]
        if _keys.posterior(key_added) in holder.obsm:
            del holder.obsm[_keys.posterior(key_added)]
