"""The components of one modality without noise, from a MuData."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca import _edge, _keys
from spamca.denoise import Restored, held_out, restore, signal_share
from spamca.tl._gather import feature_graph_of, features_of, positions
from spamca.tl._sections import stored_corrected
from spamca.train import blocks_of, threads

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca.nn import SpaMCA, Tissue

RECORDS = {"PCs": "pca", "LSI": "lsi"}
"""Where the variance of components is kept, by the name of their loadings."""


def denoised_components(
    mdata: MuData, network: SpaMCA, tissue: Tissue, name: str, *, key: str, random_state: int
) -> Restored:
    """Components of a modality in all spots; of several sections those without batch effects.

    Parameters
    ----------
    mdata
        With the results of :func:`spamca.tl.integrate`.
    network
        The trained network.
    tissue
        What it was trained on.
    name
        Name of the modality.
    key
        Name of the result of :func:`spamca.tl.integrate`.
    random_state
        Seed of which spots are hidden together.
    """
    rows = {other: _edge.rows(mdata, other) for other in mdata.mod}
    n, number = mdata.n_obs, list(mdata.mod).index(name)
    corrected = stored_corrected(mdata, key)
    if corrected is None:
        features = {other: features_of(modality) for other, modality in mdata.mod.items()}
    else:
        features = {other: one.values for other, one in corrected.items()}
    links = None
    if "feature" in network.settings.views:
        links = _edge.spread_graph(feature_graph_of(mdata[name], name, corrected), rows[name])
    blocks = blocks_of(tissue.spatial, positions(mdata))
    with threads(n if blocks is None else len(blocks[0])):
        seen = held_out(network, tissue, number, links, blocks=blocks, random_state=random_state)
    others = []
    for other, modality in mdata.mod.items():
        if other != name:
            share = share_of(modality)
            others.append(_edge.spread((features[other] * share)[:, share > 0], rows[other]))
    values = _edge.spread(features[name], rows[name])
    return restore(values, rows[name] >= 0, [seen, *others], share_of(mdata[name]))


def share_of(modality: AnnData) -> np.ndarray:
    """Share of signal in each component of a modality; ones where its features came from elsewhere."""
    record = modality.uns[_keys.MODALITY_RECORD]
    kept = modality.uns.get(RECORDS.get(record.get("loadings"), ""))
    if kept is None:
        return np.ones(features_of(modality).shape[1])
    variance, ratio = np.asarray(kept["variance"]), np.asarray(kept["variance_ratio"])
    used = int((np.asarray(modality.varm[record["loadings"]]) != 0).any(axis=1).sum())
    return signal_share(variance, float(variance.sum() / ratio.sum()), modality.n_obs, used)
