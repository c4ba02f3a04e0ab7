"""What spots are coloured by: a column or a feature, found by name, and its colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _edge, _keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from mudata import MuData

_SHADES = 64  # colours from which a map is one of shades


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
    column
        Modality and column that the categories are from; no modality for a column of the MuData, None for features.
    """

    name: str
    values: np.ndarray
    categories: list[str] | None = None
    colors: list[str] | None = None
    column: tuple[str | None, str] | None = None

    @property
    def missing(self) -> np.ndarray:
        """Spots without a value, booleans of shape (n_obs,)."""
        return self.values < 0 if self.categories is not None else ~np.isfinite(self.values)


def find_coloring(
    mdata: MuData,
    name: str,
    *,
    argument: str = "color",
    layer: str | None = None,
    palette: str | Sequence[str] | Mapping[str, str] | None = None,
) -> Coloring:
    """Find a column of the MuData (``"label"``), or of a modality (``"rna:leiden"``), or a feature (``"rna:GENE"``).

    Parameters
    ----------
    mdata
        Where to look; nothing is written.
    name
        Name of the column or feature. A feature may stand without its modality if only one has it.
    argument
        What the caller names it by, for messages.
    layer
        Layer that features are read from; ``X`` if None.
    palette
        Colours of the categories, in order or by name, or a colour map of matplotlib by its name; by default those stored, else
        new ones.

    Returns
    -------
    Values over all spots of the MuData.

    Raises
    ------
    KeyError
        If there is no such column, feature or layer.
    ValueError
        If the palette does not suffice.
    """
    if name in mdata.obs:
        return _from_column(mdata, (None, name), mdata.obs[name], name, palette)
    modality, _, rest = name.partition(":")
    if modality in mdata.mod and rest:
        adata, row = mdata[modality], _edge.rows(mdata, modality)
        if rest in adata.obs:
            column = adata.obs[rest].iloc[np.maximum(row, 0)].reset_index(drop=True).mask(row < 0)
            return _from_column(adata, (modality, rest), column, name, palette)
        if rest in adata.var_names:
            return Coloring(name, _feature(mdata, modality, rest, layer))
    owners = [owner for owner, adata in mdata.mod.items() if name in adata.var_names]
    if len(owners) == 1:
        return Coloring(name, _feature(mdata, owners[0], name, layer))
    msg = (
        f"{argument}={name!r} is neither a column of mdata.obs nor '<modality>:<column or feature>'{_hint(mdata, name)}"
    )
    raise KeyError(msg)


def _from_column(
    holder: MuData | AnnData,
    column: tuple[str | None, str],
    values: pd.Series,
    name: str,
    palette: str | Sequence[str] | Mapping[str, str] | None,
) -> Coloring:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return Coloring(name, values.to_numpy(dtype=np.float64, na_value=np.nan))
    categorical = values.array if isinstance(values.dtype, pd.CategoricalDtype) else pd.Categorical(values)
    categories = [str(category) for category in categorical.categories]
    colors = _colors(holder, column[1], categories, palette)
    return Coloring(name, np.asarray(categorical.codes, dtype=np.int64), categories, colors, column)


def _colors(
    holder: MuData | AnnData,
    column: str,
    categories: list[str],
    palette: str | Sequence[str] | Mapping[str, str] | None,
) -> list[str]:
    from matplotlib.colors import is_color_like, to_hex

    from spamca._palette import palette as new_colors

    if palette is None:
        stored = _stored(holder, column)
        fit = len(stored) == len(categories) and all(map(is_color_like, stored))
        return stored if fit else new_colors(len(categories))
    colors = _of_map(palette, len(categories)) if isinstance(palette, str) else palette
    by_name = colors if isinstance(colors, Mapping) else dict(zip(categories, colors, strict=False))
    if lacking := [category for category in categories if category not in by_name]:
        msg = (
            f"palette has no colour for {lacking} of {column!r}, which has {len(categories)} categories, got {palette!r}; "
            "give more colours"
        )
        raise ValueError(msg)
    return [to_hex(by_name[category]) for category in categories]


def _of_map(name: str, n: int) -> list:
    """So many colours of a colour map: the first of a list that is meant for categories, else from end to end."""
    import matplotlib as mpl

    found = mpl.colormaps[name]
    listed = isinstance(found, mpl.colors.ListedColormap) and found.N < _SHADES
    return list(found.colors if listed else found(np.linspace(0, 1, n)))


def _stored(holder: MuData | AnnData, column: str) -> list[str]:
    held = holder.uns.get(_keys.colors(column))
    return [str(color) for color in held] if isinstance(held, (list, tuple, np.ndarray)) else []


def store_colors(mdata: MuData, coloring: Coloring) -> None:
    """Keep colours in ``uns`` next to their column, for every later figure of squidpy, scanpy and ours.

    Parameters
    ----------
    mdata
        What the colouring was found in.
    coloring
        Numbers and features have nothing to keep.
    """
    if coloring.colors is None or coloring.column is None:
        return
    modality, column = coloring.column
    holder = mdata if modality is None else mdata[modality]
    if _stored(holder, column) != coloring.colors:
        holder.uns[_keys.colors(column)] = list(coloring.colors)


def _feature(mdata: MuData, modality: str, feature: str, layer: str | None) -> np.ndarray:
    """Of a layer that :func:`spamca.tl.denoise` wrote, spots that lack the modality have what it predicted of them."""
    adata, row = mdata[modality], _edge.rows(mdata, modality)
    table = mdata.obsm.get(_keys.denoised_table(str(layer), modality))
    predicted = (
        table[feature].to_numpy(dtype=np.float64) if isinstance(table, pd.DataFrame) and feature in table else None
    )
    if layer is not None and layer not in adata.layers:
        if predicted is not None:
            return predicted
        msg = (
            f"layer={layer!r} is not among {sorted(key for key in adata.layers if key)} of the modality of {feature!r}"
        )
        raise KeyError(msg)
    matrix: Any = adata.X if layer is None else adata.layers[layer]
    values = matrix[:, adata.var_names.get_loc(feature)]
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    values = _edge.spread(values.ravel().astype(np.float64), row, np.nan)
    return values if layer is None or predicted is None else np.where(row < 0, predicted, values)


def _hint(mdata: MuData, name: str) -> str:
    names = [*mdata.obs]
    for modality, adata in mdata.mod.items():
        names += [f"{modality}:{column}" for column in [*adata.obs, *adata.var_names]]
    close = get_close_matches(name, names, n=3)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else f"; columns are {list(mdata.obs)}"
