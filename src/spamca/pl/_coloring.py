"""What spots are coloured by: a column or a feature, found by name, and its colours."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _edge, _keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anndata import AnnData
    from mudata import MuData


@dataclass(frozen=True)
class Coloring:
    """Values of all spots and how to show them.

    Parameters
    ----------
    name
        What the values are.
    values
        Shape (n_obs,). With categories their codes, -1 where missing; else numbers, NaN where missing.
    categories
        Names of the categories, or None for numbers.
    colors
        Hexadecimal colour of each category.
    """

    name: str
    values: np.ndarray
    categories: list[str] | None = None
    colors: list[str] | None = None

    @property
    def missing(self) -> np.ndarray:
        """Spots without a value, booleans of shape (n_obs,)."""
        return self.values < 0 if self.categories is not None else ~np.isfinite(self.values)


def find_coloring(
    mdata: MuData,
    name: str,
    *,
    layer: str | None = None,
    palette: Sequence[str] | Mapping[str, str] | None = None,
) -> Coloring:
    """Find a column of the MuData (``"label"``), or of a modality (``"rna:leiden"``), or a feature (``"rna:GENE"``).

    Parameters
    ----------
    mdata
        Where to look. Colours of categories are kept in its ``uns``, or in that of the modality the column is from.
    name
        Name of the column or feature. A feature may stand without its modality if only one has it.
    layer
        Layer that features are read from; ``X`` if None.
    palette
        Colours of the categories, in order or by name; by default those stored, else new ones.

    Returns
    -------
    Values over all spots of the MuData.
    """
    if name in mdata.obs:
        return _from_column(mdata, name, mdata.obs[name], name, palette)
    modality, _, rest = name.partition(":")
    if modality in mdata.mod and rest:
        adata, row = mdata[modality], _edge.rows(mdata, modality)
        if rest in adata.obs:
            column = adata.obs[rest].iloc[np.maximum(row, 0)].reset_index(drop=True).mask(row < 0)
            return _from_column(adata, rest, column, name, palette)
        if rest in adata.var_names:
            return Coloring(name, _feature(adata, rest, row, layer))
    owners = [owner for owner, adata in mdata.mod.items() if name in adata.var_names]
    if len(owners) == 1:
        return Coloring(name, _feature(mdata[owners[0]], name, _edge.rows(mdata, owners[0]), layer))
    msg = f"color={name!r} is neither a column of mdata.obs nor '<modality>:<column or feature>'{_hint(mdata, name)}"
    raise KeyError(msg)


def _from_column(
    holder: MuData | AnnData,
    column: str,
    values: pd.Series,
    name: str,
    palette: Sequence[str] | Mapping[str, str] | None,
) -> Coloring:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return Coloring(name, values.to_numpy(dtype=np.float64, na_value=np.nan))
    categorical = values.array if isinstance(values.dtype, pd.CategoricalDtype) else pd.Categorical(values)
    categories = [str(category) for category in categorical.categories]
    colors = _colors(holder, column, categories, palette)
    return Coloring(name, np.asarray(categorical.codes, dtype=np.int64), categories, colors)


def _colors(
    holder: MuData | AnnData, column: str, categories: list[str], palette: Sequence[str] | Mapping[str, str] | None
) -> list[str]:
    """Colours given, stored or new; kept in ``uns`` for every later figure of squidpy, scanpy and ours."""
    from matplotlib.colors import to_hex

    from spamca._palette import palette as new_colors

    key = _keys.colors(column)
    if palette is None:
        stored = [str(color) for color in holder.uns.get(key, [])]
        colors = stored if len(stored) == len(categories) else new_colors(len(categories))
    elif isinstance(palette, str):
        msg = f"palette={palette!r} must be a list of colours, or a mapping from category to colour"
        raise ValueError(msg)
    else:
        by_name = palette if hasattr(palette, "keys") else dict(zip(categories, palette, strict=False))
        if lacking := [category for category in categories if category not in by_name]:
            msg = f"palette has no colour for {lacking} of {column!r}, which has {len(categories)} categories"
            raise ValueError(msg)
        colors = [to_hex(by_name[category]) for category in categories]
    if list(holder.uns.get(key, [])) != colors:
        holder.uns[key] = colors
    return colors


def _feature(adata: AnnData, feature: str, row: np.ndarray, layer: str | None) -> np.ndarray:
    if layer is not None and layer not in adata.layers:
        msg = (
            f"layer={layer!r} is not among {sorted(key for key in adata.layers if key)} of the modality of {feature!r}"
        )
        raise KeyError(msg)
    matrix: Any = adata.X if layer is None else adata.layers[layer]
    values = matrix[:, adata.var_names.get_loc(feature)]
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    return _edge.spread(values.ravel().astype(np.float64), row, np.nan)


def _hint(mdata: MuData, name: str) -> str:
    names = [*mdata.obs]
    for modality, adata in mdata.mod.items():
        names += [f"{modality}:{column}" for column in [*adata.obs, *adata.var_names]]
    close = get_close_matches(name, names, n=3)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else f"; columns are {list(mdata.obs)}"
