"""Denoised features written to a MuData, and removed from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _checks, _edge, _keys
from spamca.features import KINDS
from spamca.tissue.preparation import feature_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.denoise import Restored
    from spamca.features import Fitted

RECORD = "denoise"  # entry of the record of integrate: by the name of what was written, what it is, by modality


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
    """Write a modality's features as a layer, or those asked for as a table, and what they are in the record of ``key``."""
    modality, row = mdata[name], _edge.rows(mdata, name)
    _forget(mdata, name, key_added)
    if features is None:
        modality.layers[key_added] = fitted.to_features(_edge.collect(found.values, row, modality.n_obs))
    if features is not None or (row < 0).any():
        known = feature_names(modality)
        chosen = np.flatnonzero(fitted.used()) if features is None else known.get_indexer(list(features))
        values = fitted.take(chosen).to_features(found.values)
        mdata.obsm[_keys.denoised_table(key_added, name)] = pd.DataFrame(values, mdata.obs_names, known[chosen])
    units = KINDS[modality.uns[_keys.MODALITY_RECORD]["kind"]].units
    record = dict(mdata.uns[key].get(RECORD, {}))
    own = {"units": units, "predicted": found.predicted, "own": found.own}
    record[key_added] = {**record.get(key_added, {}), name: own}
    mdata.uns[key] = {**mdata.uns[key], RECORD: record}


def forget_denoised(mdata: MuData, key: str) -> None:
    """Remove what was denoised by the network of an earlier result of the same name."""
    record = mdata.uns.get(key)
    for key_added, written in (record.get(RECORD, {}) if isinstance(record, Mapping) else {}).items():
        for name in set(written).intersection(mdata.mod):
            _forget(mdata, name, key_added)


def _forget(mdata: MuData, name: str, key_added: str) -> None:
    mdata[name].layers.pop(key_added, None)
    mdata.obsm.pop(_keys.denoised_table(key_added, name), None)
