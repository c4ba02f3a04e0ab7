"""What spots are coloured by: a column or a feature, found by name, and its colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._checks import check_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from mudata import MuData

    Palette = str | Sequence[str] | Mapping[str, str] | None


@dataclass(frozen=True)
class Coloring:
    """Values of all spots and how to show them."""

    name: str
    values: np.ndarray  # (n_obs,): codes of categories, -1 where missing; or numbers, NaN where missing
    categories: list[str] = field(default_factory=list)  # none for numbers
    colors: list[str] = field(default_factory=list)  # of each category, hexadecimal
    column: tuple[str | None, str] | None = None  # of categories; the modality is None for a column of the MuData

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers and not codes."""
        return self.values.dtype.kind == "f"

    @property
    def missing(self) -> np.ndarray:
        """Spots without a value, booleans of shape (n_obs,)."""
        return ~np.isfinite(self.values) if self.numeric else self.values < 0


def find_coloring(
    mdata: MuData, name: str, *, argument: str = "color", layer: str | None = None, palette: Palette = None
) -> Coloring:
    """Find a column of the MuData (``"label"``), or of a modality (``"rna:leiden"``), or a feature (``"rna:GENE"``).

    A feature may stand without its modality if only one has it. ``argument`` is the caller's word for messages. Raises
    KeyError for an unknown name or layer, and ValueError if the palette has too few colours.
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
    owned = [f"{key}:{one}" for key, adata in mdata.mod.items() for one in [*adata.obs, *adata.var_names]]
    close = get_close_matches(name, [*mdata.obs, *owned], n=3)
    hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else f"; columns are {list(mdata.obs)}"
    msg = f"{argument}={name!r} is neither a column of mdata.obs nor '<modality>:<column or feature>'{hint}"
    raise KeyError(msg)


def find_categories(mdata: MuData, name: str, argument: str) -> Coloring:
    """Find a colouring that must have categories; raises ValueError where it holds numbers."""
    check_name(argument, name)
    found = find_coloring(mdata, name, argument=argument)
    if found.numeric:
        example = next((column for column in mdata.obs if mdata.obs[column].dtype == "category"), None)
        mend = f"name a column of categories{f' such as {example!r}' if example else ''}, or make it one"
        msg = f"{argument}={name!r} holds numbers, but must have categories; {mend}"
        raise ValueError(msg)
    return found


def store_colors(mdata: MuData, coloring: Coloring) -> None:
    """Keep the colours of a column in ``uns`` next to it, for every later figure of squidpy, scanpy and ours."""
    if coloring.column is None:
        return
    modality, column = coloring.column
    holder = mdata if modality is None else mdata[modality]
    if _stored(holder, column) != coloring.colors:
        holder.uns[_keys.colors(column)] = list(coloring.colors)


def matched(coloring: Coloring, reference: Coloring) -> Coloring:
    """Give each category the colour of the reference's category that it shares most spots with, one to one.

    The assignment is best over all (Hungarian method); categories left over get colours of their own.
    """
    from scipy.optimize import linear_sum_assignment

    from spamca._palette import palette

    shape = len(coloring.categories), len(reference.categories)
    both = ~(coloring.missing | reference.missing)
    shared = np.zeros(shape, dtype=np.int64)
    np.add.at(shared, (coloring.values[both], reference.values[both]), 1)
    taken = dict(zip(*linear_sum_assignment(-shared), strict=True))
    spare = (color for color in palette(sum(shape)) if color not in reference.colors)
    colors = [reference.colors[taken[k]] if k in taken else next(spare) for k in range(shape[0])]
    return replace(coloring, colors=colors)


def _from_column(
    holder: MuData | AnnData, column: tuple[str | None, str], values: pd.Series, name: str, palette: Palette
) -> Coloring:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return Coloring(name, values.to_numpy(dtype=np.float64, na_value=np.nan))
    categorical = values.array if isinstance(values.dtype, pd.CategoricalDtype) else pd.Categorical(values)
    categories = [str(category) for category in categorical.categories]
    colors = _colors(holder, column[1], categories, palette)
    return Coloring(name, np.asarray(categorical.codes, dtype=np.int64), categories, colors, column)


def _colors(holder: MuData | AnnData, column: str, categories: list[str], palette: Palette) -> list[str]:
    """Colours of the palette, in order or by name or of a colour map, else those stored, else new ones."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap, is_color_like, to_hex

    from spamca._palette import palette as new_colors

    n = len(categories)
    colors: Any = palette
    if colors is None:
        stored = _stored(holder, column)
        return stored if len(stored) == n and all(map(is_color_like, stored)) else new_colors(n)
    if isinstance(colors, str):
        found: Any = mpl.colormaps[colors]
        # Short lists are of categories, longer ones of shades.
        listed = isinstance(found, ListedColormap) and found.N < 64
        colors = list(found.colors if listed else found(np.linspace(0, 1, n)))
    by_name = colors if isinstance(colors, Mapping) else dict(zip(categories, colors, strict=False))
    if lacking := [category for category in categories if category not in by_name]:
        msg = f"palette has no colour for {lacking} of the {n} categories of {column!r}, got {palette!r}; give more"
        raise ValueError(msg)
    return [to_hex(by_name[category]) for category in categories]


def _stored(holder: MuData | AnnData, column: str) -> list[str]:
    held = holder.uns.get(_keys.colors(column))
    return [str(color) for color in held] if isinstance(held, (list, tuple, np.ndarray)) else []


def _feature(mdata: MuData, modality: str, feature: str, layer: str | None) -> np.ndarray:
    """Of a layer that :func:`spamca.tl.denoise` wrote, spots that lack the modality have what it predicted of them."""
    adata, row = mdata[modality], _edge.rows(mdata, modality)
    table, predicted = mdata.obsm.get(_keys.denoised_table(str(layer), modality)), None
    if isinstance(table, pd.DataFrame) and feature in table:
        predicted = table[feature].to_numpy(dtype=np.float64)
    if layer is not None and layer not in adata.layers:
        if predicted is not None:
            return predicted
        layers = sorted(key for key in adata.layers if key)
        msg = f"layer={layer!r} is not among {layers} of the modality of {feature!r}"
        raise KeyError(msg)
    matrix: Any = adata.X if layer is None else adata.layers[layer]
    values = matrix[:, adata.var_names.get_loc(feature)]
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    values = _edge.spread(values.ravel().astype(np.float64), row, np.nan)
    return values if layer is None or predicted is None else np.where(row < 0, predicted, values)
