"""Write domains into a MuData and its modalities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._palette import palette
from spamca.cluster import Clustering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.domains import Domains

FIELD = "field"
"""Name of the method that finds domains in the features, in records."""


def store_found(
    mdata: MuData, found: Domains, key_added: str, *, n_clusters: int, origin: str, random_state: int
) -> None:
    """Write domains that were found in the features, weights of the modalities, and what speaks for them.

    Parameters
    ----------
    mdata
        The tissue.
    found
        The domains.
    key_added
        Name of the result, whose record is there.
    n_clusters
        Number of domains asked for.
    origin
        Where that is from.
    random_state
        Seed of the search.
    """
    names = list(mdata.mod)
    mdata.uns[key_added]["domains"] = {
        **found.record,
        "weights": dict(zip(names, found.weights.tolist(), strict=True)),
        "inflation": dict(zip(names, found.inflation.tolist(), strict=True)),
        "hops": list(found.hops),
    }
    for m, name in enumerate(names):
        store_weight(mdata, name, found.shares[:, m], key_added)
    record = {"method": FIELD, "n_clusters": int(n_clusters), "n_clusters_from": origin}
    record |= {"n_found": found.assignment.shape[1], "refine": False, "random_state": random_state}
    store_domains(mdata, Clustering(found.assignment.argmax(axis=1), found.assignment), key_added, record)


def store_weight(mdata: MuData, name: str, weight: np.ndarray, key_added: str) -> None:
    """Write the weight of a modality in each spot, float64 of shape (n_obs,), also to the modality."""
    mdata.obs[_keys.modality_weight(name, key_added)] = weight
    modality = mdata[name]
    modality.obs[_keys.weight(key_added)] = _edge.collect(weight, _edge.rows(mdata, name), modality.n_obs)


def store_domains(
    mdata: MuData,
    found: Clustering,
    key_added: str,
    record: dict[str, Any],
    *,
    names: Sequence[str] | None = None,
    colors: Sequence[str] | None = None,
) -> None:
    """Write labels, posterior, confidence, colours and record; labels and colours into each modality as well.

    Parameters
    ----------
    mdata
        What was clustered.
    found
        Clusters of all spots by falling size.
    key_added
        Name of the result.
    record
        How they were found.
    names
        Names of the domains; None numbers them.
    colors
        Their colours; None takes those that are stored, where their number fits, and else new ones.
    """
    n_domains = found.posterior.shape[1]
    names = [str(k) for k in range(n_domains)] if names is None else list(names)
    labels = pd.Categorical.from_codes(found.labels, names, ordered=True)
    stored = [str(color) for color in mdata.uns.get(_keys.colors(key_added), ())] if colors is None else list(colors)
    colors = stored if len(stored) == n_domains else palette(n_domains)

    mdata.obs[key_added] = labels
    mdata.obs[_keys.confidence(key_added)] = found.posterior[np.arange(len(labels)), found.labels]
    mdata.obsm[_keys.posterior(key_added)] = pd.DataFrame(found.posterior, index=mdata.obs_names, columns=names)
    mdata.uns[_keys.colors(key_added)] = colors
    mdata.uns[key_added] = {**mdata.uns.get(key_added, {}), "cluster": record}
    _edge.drop_pulled(mdata, key_added)
    for name, modality in mdata.mod.items():
        # squidpy wants no category without a spot, and as many colours as categories.
        own = _edge.collect(labels, _edge.rows(mdata, name), modality.n_obs).remove_unused_categories()
        modality.obs[key_added] = own
        modality.uns[_keys.colors(key_added)] = [colors[names.index(category)] for category in own.categories]
