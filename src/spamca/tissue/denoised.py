"""Features without noise, as they are stored, read by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _keys
from spamca.tissue.results import RECORD

if TYPE_CHECKING:
    from mudata import MuData


def denoised_column(mdata: MuData, key_added: str, name: str, feature: str) -> np.ndarray | None:
    """A feature of a modality in the table of what :func:`spamca.tl.denoise` wrote, (n_obs,), None where it is not in it."""
    table = mdata.obsm.get(_keys.denoised_table(key_added, name))
    if not isinstance(table, pd.DataFrame):
        return None
    names = list(table.columns)
    for record in mdata.uns.values():
        written = record.get(RECORD, {}).get(key_added, {}).get(name, {}) if isinstance(record, Mapping) else {}
        names = list(written.get("features", names))
    return table.iloc[:, names.index(feature)].to_numpy(dtype=np.float64) if feature in names else None
