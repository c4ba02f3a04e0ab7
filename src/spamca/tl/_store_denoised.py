"""Write features without noise into a MuData, and take them away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._checks import check_name
from spamca.features import KINDS
from spamca.tl._preparation import feature_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.denoise import Restored
    from spamca.features import Fitted

RECORD = "denoise"
"""Entry of the record of :func:`spamca.tl.integrate`: by the name of what was written, what it is, by modality."""


def check_free(mdata: MuData, key: str, key_added: str, names: Iterable[str]) -> None:
    """Whether nothing but an earlier result of the same name would be replaced.

    Raises
    ------
    TypeError, ValueError
        If not.
    """
    check_name("key_added", key_added)
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


def store_denoised(
    mdata: MuData,
    name: str,
    found: Restored,
    fitted: Fitted,
    key: str,
    key_added: str,
    features: Sequence[str] | None,
) -> None:
    """Write a modality's features as a layer or a table, and what they are.

    Parameters
    ----------
    mdata
        The tissue.
    name
        Name of the modality.
    found
        Its components in all spots.
    fitted
        Its preparation.
    key
        Name of the result that the network is of.
    key_added
        Name of what is written.
    features
        Features asked for, or None for all.
    """
    modality, row = mdata[name], _edge.rows(mdata, name)
    _forget(mdata, name, key_added)
    if features is None:
        modality.layers[key_added] = fitted.to_features(found.values[_edge.spots(row, modality.n_obs)])
    if features is not None or (row < 0).any():
        known = feature_names(modality)
        chosen = np.flatnonzero(fitted.used()) if features is None else known.get_indexer(list(features))
        mdata.obsm[_keys.denoised_table(key_added, name)] = pd.DataFrame(
            fitted.take(chosen).to_features(found.values), mdata.obs_names, known[chosen]
        )
    record = dict(mdata.uns[key].get(RECORD, {}))
    own = {
        "units": KINDS[modality.uns[_keys.MODALITY_RECORD]["kind"]].units,
        "predicted": found.predicted,
        "own": found.own,
    }
    record[key_added] = {**record.get(key_added, {}), name: own}
    mdata.uns[key] = {**mdata.uns[key], RECORD: record}


def forget_denoised(mdata: MuData, key: str) -> None:
    """Remove what was denoised by the network of an earlier result of the same name."""
    record = mdata.uns.get(key)
    for key_added, written in (record.get(RECORD, {}) if isinstance(record, Mapping) else {}).items():
        for name in set(written).intersection(mdata.mod):
            _forget(mdata, name, key_added)


def _forget(mdata: MuData, name: str, key_added: str) -> None:
    table = _keys.denoised_table(key_added, name)
    if key_added in mdata[name].layers:
        del mdata[name].layers[key_added]
    if table in mdata.obsm:
        del mdata.obsm[table]
