"""Results of one table added to another that holds the same spots, in another order or some of them only."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from spamca import _edge, _keys
from spamca.io._regions import ATTRS

if TYPE_CHECKING:
    from anndata import AnnData


def add_results(table: AnnData, holder: AnnData, row: np.ndarray, *, prefix: str = "") -> None:
    """Write what the holder has and the table has not, or has otherwise.

    Parameters
    ----------
    table
        Where to write.
    holder
        Where from.
    row
        Row of the holder for each row of the table, -1 where it has none, (n_table,).
    prefix
        What to put in front of names. With one, graphs and ``uns`` are left out: they name one another.
    """
    has = row >= 0
    for key in holder.obs:
        if key not in table.obs or not _same(table.obs[key][has], holder.obs[key].iloc[row[has]]):
            table.obs[prefix + key] = _spread_column(holder.obs[key], row).set_axis(table.obs_names)
    for key, values in holder.obsm.items():
        if sparse.issparse(values):
            continue  # features of the user's own, which have no mark for rows that are missing
        new = _spread(values, row, table.obs_names)
        if key not in table.obsm or not _same(table.obsm[key][has], new[has]):
            table.obsm[prefix + key] = new
    if prefix:
        return
    if has.sum() == holder.n_obs:
        for key, graph in holder.obsp.items():
            table.obsp[key] = _edge.spread_graph(sparse.csr_matrix(graph), row)
    for key, value in holder.uns.items():
        if key != ATTRS and not (key == _keys.SPATIAL and key in table.uns):
            table.uns[key] = deepcopy(value)


def _spread_column(column: pd.Series, row: np.ndarray) -> pd.Series:
    if column.dtype == bool and (row < 0).any():
        column = column.astype("boolean")  # else a file could not store what is missing
    return column.reset_index(drop=True).reindex(np.where(row < 0, len(column), row))


def _spread(values: Any, row: np.ndarray, names: pd.Index) -> Any:
    if isinstance(values, pd.DataFrame):
        columns = {key: _spread_column(values[key], row).to_numpy() for key in values}
        return pd.DataFrame(columns, index=names)
    values = np.asarray(values)
    if (row >= 0).all():
        return values[row]
    return _edge.spread(values if values.dtype.kind == "f" else values.astype(np.float64), row, np.nan)


def _same(one: Any, other: Any) -> bool:
    """Whether two columns or matrices of the same rows hold the same, whatever their dtype."""
    if len(np.shape(one)) != len(np.shape(other)) or np.shape(one) != np.shape(other):
        return False
    one, other = (pd.DataFrame(np.asarray(values)) for values in (one, other))
    return bool(((one == other) | (one.isna() & other.isna())).to_numpy().all())
