"""The tissue that a stored network was trained on, as it saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys
from spamca.tl._gather import gather, weigh
from spamca.tl._sections import stored_corrected

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.nn import Tissue
    from spamca.tl._network import Trained


def tissue_of(mdata: MuData, trained: Trained, key: str) -> Tissue:
    """Features and graphs of the spots of a MuData, edges weighed by the domains that guided the training.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    trained
        The network that :func:`spamca.tl.integrate` left in it.
    key
        Name of that result.

    Raises
    ------
    KeyError
        If the domains of the guide are gone.
    ValueError
        If modalities or their features are not those of the training.
    """
    again = f"; call spamca.tl.integrate(mdata, key_added={key!r}) again"
    if list(mdata.mod) != trained.modalities:
        msg = f"mdata has modalities {list(mdata.mod)}, and the network of {key!r} was trained on {trained.modalities}{again}"
        raise ValueError(msg)
    tissue = gather(mdata, dict(zip(trained.modalities, trained.scale, strict=True)), stored_corrected(mdata, key))
    expected = [len(token) for token in trained.network.tokens]
    if tissue.n_features != expected:
        msg = f"the modalities have {tissue.n_features} features, and the network of {key!r} was trained on {expected}{again}"
        raise ValueError(msg)
    if not trained.network.settings.domain_graph:
        return tissue
    if _keys.guide(key) not in mdata.obsm:
        msg = f"mdata.obsm[{_keys.guide(key)!r}], the domains that guided the training, is not there{again}"
        raise KeyError(msg)
    assignment = np.asarray(mdata.obsm[_keys.guide(key)])
    return weigh(tissue, assignment, mdata.obsp[_keys.connectivities(_keys.SPATIAL)])
