"""Columns of ``obs``, of a MuData or of its modalities, as one column over all spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spamca import _edge
from spamca._checks.arguments import check_name

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData


class Column(NamedTuple):
    """A column of ``obs``: where it is, its name there, and its values over all spots, (n_obs,), missing where a spot has none."""

    holder: MuData | AnnData
    name: str
    values: pd.Series


def is_number(values: pd.Series) -> bool:
    """Whether a column holds numbers, and no categories or flags."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return is_numeric_dtype(values) and not is_bool_dtype(values)


def find_column(mdata: MuData, name: str) -> Column | None:
    """The column of ``mdata.obs``, or the one called ``"<modality>:<column>"``, or that of the first modality that has it; else None."""
    if name in mdata.obs:
        return Column(mdata, name, mdata.obs[name])
    modality, _, rest = name.partition(":")
    places = [(modality, rest)] if modality in mdata.mod and rest else []
    for holder, own in [*places, *((one, name) for one in mdata.mod)]:
        if own in mdata[holder].obs:
            row = _edge.rows(mdata, holder)
            values = mdata[holder].obs[own].iloc[np.maximum(row, 0)]
            values.index = mdata.obs_names
            return Column(mdata[holder], own, values.mask(row < 0) if (row < 0).any() else values)
    return None


def check_column(mdata: MuData, argument: str, name: str, *, mend: str = "") -> Column:
    """The same, if there is one (KeyError); ``mend`` completes the message with what would make it."""
    check_name(argument, name)
    found = find_column(mdata, name)
    if found is None:
        held = f"{argument}={name!r} is not a column of mdata.obs, which has {list(mdata.obs)}, or of obs of a modality"
        msg = f"{held}; {mend}" if mend else held
        raise KeyError(msg)
    return found
