"""Weights of modalities, as figures and tables compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca import _edge, _keys, _records

if TYPE_CHECKING:
    from mudata import MuData


def compared_weights(mdata: MuData, key: str) -> tuple[dict[str, np.ndarray], int]:
    """Weight of each modality in each spot, (n_obs,), NaN where the spot lacks it or has no other; and the number of spots with one only.

    A weight is a share among the modalities that a spot has. That of a single one is 1 whatever it says, so it is left out. Modalities
    without weights are, too. Domains without weights have those of the result that they were found from.
    """
    # Not those of mdata.obs: files leave out columns that modalities hold too, and reading need not restore them.
    held = {column for modality in mdata.mod.values() for column in modality.obs}
    column = _keys.weight(key) if _keys.weight(key) in held else _keys.weight(_records.source_of(mdata, key))
    weights = {
        name: _edge.spread(modality.obs[column].to_numpy(dtype=np.float64), _edge.rows(mdata, name), np.nan)
        for name, modality in mdata.mod.items()
        if column in modality.obs
    }
    if len(weights) < 2:
        return weights, 0
    alone = np.sum([np.isfinite(values) for values in weights.values()], axis=0) == 1
    return {name: np.where(alone, np.nan, values) for name, values in weights.items()}, int(alone.sum())
