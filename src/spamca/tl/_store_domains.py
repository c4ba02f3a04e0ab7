"""Write domains into a MuData and its modalities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._palette import palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.cluster import Clustering


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
