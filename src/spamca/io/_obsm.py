"""Features in ``obsm`` of a table, such as those of an image, as a modality of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from spamca import _keys
from spamca._checks import check_name

if TYPE_CHECKING:
    from collections.abc import Iterable


def from_obsm(tables: Mapping[str, AnnData], obsm: Mapping[str, str]) -> dict[str, AnnData]:
    """Tables of the features that an ``obsm`` holds, with the spots and coordinates of the table that it is of.

    Parameters
    ----------
    tables
        Tables by name of the modality; not changed.
    obsm
        Key in ``obsm`` of the first table that has it, by the name of the new modality.

    Raises
    ------
    TypeError
        If it is not a mapping of names to names.
    KeyError
        If no table has the key.
    ValueError
        If a name is taken, or the features are no matrix of numbers.
    """
    if not isinstance(obsm, Mapping):
        msg = f"obsm must be a mapping of names of modalities to keys of obsm, such as {{'image': 'X_image'}}, got {obsm!r}"
        raise TypeError(msg)
    made = {}
    for name, key in obsm.items():
        check_name(f"obsm[{name!r}]", key)
        if name in tables:
            msg = f"obsm names modality {name!r}, which is a table already; choose another name"
            raise ValueError(msg)
        holder = next((table for table in tables.values() if key in table.obsm), None)
        if holder is None:
            held = {other: list(table.obsm) for other, table in tables.items()}
            msg = f"obsm[{name!r}]={key!r} is in obsm of no table; they hold {held}"
            raise KeyError(msg)
        made[name] = _table(holder, key)
    return made


def _table(holder: AnnData, key: str) -> AnnData:
    held = holder.obsm[key]
    columns = _names(key, held.columns if isinstance(held, pd.DataFrame) else range(np.shape(held)[-1]))
    values: Any = held.to_numpy() if isinstance(held, pd.DataFrame) else held
    values = values if sparse.issparse(values) else np.asarray(values)
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        msg = f"obsm[{key!r}] must be a matrix of numbers, got shape {values.shape} of {values.dtype}"
        raise ValueError(msg)
    values = sparse.csr_matrix(values, dtype=np.float32) if sparse.issparse(values) else values.astype(np.float32)
    table = AnnData(values, obs=pd.DataFrame(index=holder.obs_names), var=pd.DataFrame(index=pd.Index(columns)))
    if _keys.SPATIAL in holder.obsm:
        table.obsm[_keys.SPATIAL] = np.array(holder.obsm[_keys.SPATIAL])
    return table


def _names(key: str, columns: Iterable[Any]) -> list[str]:
    return [column if isinstance(column, str) else f"{key}_{column}" for column in columns]
