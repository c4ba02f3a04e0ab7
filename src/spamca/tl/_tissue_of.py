"""The tissue that a stored network was trained on, as it saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.tl._gather import features_of, gather, root_mean_squares
from spamca.tl._sections import stored_corrected

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.nn import Tissue
    from spamca.tl._network import Trained


def tissue_of(mdata: MuData, trained: Trained, key: str) -> Tissue:
    """Features and graphs of the spots of a MuData.

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
    ValueError
        If modalities or their features are not those of the training.
    """
    again = f"; call spamca.tl.integrate(mdata, key_added={key!r}) again"
    if list(mdata.mod) != trained.modalities:
        msg = f"mdata has modalities {list(mdata.mod)}, and the network of {key!r} was trained on {trained.modalities}{again}"
        raise ValueError(msg)
    check_features(mdata, trained, key)
    scale = dict(zip(trained.modalities, trained.scale, strict=True))
    return gather(mdata, scale, stored_corrected(mdata, key), views=trained.network.settings.views)


def check_features(mdata: MuData, trained: Trained, key: str) -> None:
    """Whether features are those of the training, by their number and, where they were scaled, their size.

    Raises
    ------
    ValueError
        If not.
    """
    scaled = trained.network.settings.scale_features
    found = root_mean_squares(mdata, stored_corrected(mdata, key)) if scaled else {}
    for name, token, scale in zip(trained.modalities, trained.network.tokens, trained.scale, strict=True):
        same = features_of(mdata[name]).shape[1] == len(token)
        if not same or (scaled and not np.isclose(found[name], scale, rtol=1e-5)):
            msg = (
                f"the features or the spots of modality {name!r} are no longer those that the network was trained on; call "
                f"spamca.tl.integrate(mdata, key_added={key!r}) again"
            )
            raise ValueError(msg)
