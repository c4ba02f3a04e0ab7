"""Write what a model found in new tissue."""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _keys
from spamca._palette import palette
from spamca.model.file import digest
from spamca.pp._existing import found_graph
from spamca.pp._store_graph import store_spatial
from spamca.tl._joint_neighbors import joint_neighbors
from spamca.tl._sections import store_corrected
from spamca.tl._store import store_latents, stored_settings, versions
from spamca.tl._store_denoised import forget_denoised
from spamca.tl._store_domains import store_domains, store_weight

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.model import StoredModel
    from spamca.model.apply import Applied
    from spamca.tl._new_tissue import NewTissue


def store_transformed(
    mdata: MuData,
    model: StoredModel,
    tissue: NewTissue,
    found: Applied,
    key_added: str,
    spatial_key: str,
    random_state: int,
) -> dict[str, Any]:
    """Write embedding, weights, domains, novelty and record.

    Parameters
    ----------
    mdata
        The new tissue.
    model
        The model.
    tissue
        Its arrays.
    found
        What the model finds in it.
    key_added
        Name of the result.
    spatial_key
        Name of the coordinates.
    random_state
        Seed of the call.

    Returns
    -------
    The summary that is in the record.
    """
    if found_graph(mdata, _keys.SPATIAL) is None:
        store_spatial(mdata, tissue.spatial, tissue.coords, spatial_key)
    store_latents(mdata, found.latents, model.modalities, model.settings.views, key_added)
    if found.shares is not None:
        for m, name in enumerate(model.modalities):
            if name in mdata.mod:
                store_weight(mdata, name, found.shares[:, m], key_added)
    _forget_training(mdata, key_added)
    joint_neighbors(mdata, key_added, random_state=random_state, caller="transform")
    mdata.obs[_keys.novelty(key_added)] = found.novelty
    summary = _summary(model, tissue, found)
    mdata.uns[key_added] = {
        "params": {"n_clusters": len(model.domains) + found.n_new, **stored_settings(model.settings)},
        "transform": summary,
        "random_state": random_state,
        "versions": versions(),
    }
    cluster = {
        "method": model.header["method"],
        "n_clusters": len(model.domains) + found.n_new,
        "n_clusters_from": "model",
    }
    cluster |= {"n_found": len(np.unique(found.clustering.labels)), "refine": model.header["refine"]}
    if model.readout is not None:
        cluster["use_rep"] = _keys.embedding(key_added)
    names, colors = _with_new(model, found.n_new)
    store_domains(mdata, found.clustering, key_added, cluster, names=names, colors=colors)
    return summary


def _with_new(model: StoredModel, n_new: int) -> tuple[list[str], list[str]]:
    """Names and colours of the domains of a model and of new ones."""
    names, colors = model.domains, model.colors
    free = (f"new {number}" for number in count(1) if f"new {number}" not in names)
    other = (color for color in palette(len(colors) + len(names) + n_new) if color not in colors)
    return names + list(islice(free, n_new)), colors + list(islice(other, n_new))


def _forget_training(mdata: MuData, key_added: str) -> None:
    """Remove what only a training leaves, of an earlier result of the same name."""
    forget_denoised(mdata, key_added)
    store_corrected(mdata, None, key_added)


def _summary(model: StoredModel, tissue: NewTissue, found: Applied) -> dict[str, Any]:
    summary: dict[str, Any] = {"n_spots_trained": model.header["n_spots"], "sha256": digest(model.header, model.arrays)}
    summary["n_new_domains"] = found.n_new
    if found.moved is not None:
        moved = zip(model.domains, found.moved, strict=False)
        summary["moved"] = {name: float(value) for name, value in moved if not np.isnan(value)}
    known = found.novelty[~np.isnan(found.novelty)]
    if len(known):
        summary |= {"share_beyond": float((known > 1).mean()), "median_novelty": float(np.median(known))}
    if tissue.missing:
        summary["missing_features"] = dict(tissue.missing)
    if tissue.absent:
        summary["absent_modalities"] = list(tissue.absent)
    return summary
