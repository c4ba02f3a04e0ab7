"""What spots are coloured by: a column or a feature, found by name, and its colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap, to_hex, to_rgba_array
from scipy.optimize import linear_sum_assignment

from spamca import _edge, _palette
from spamca._checks import check_name, find_column, is_number
from spamca._colors import colors_of as stored
from spamca._colors import keep_colors
from spamca.tissue import denoised_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from mudata import MuData

    from spamca.pl._arguments import Palette
    from spamca.pl._opacity import Opacity


MISSING_NAME = "no value"
ALIKE, ALIKE_TRIED = (
    0.25,
    16,
)  # distance of colours in RGB below which they are alike; colours to try beyond those needed


@dataclass(frozen=True)
class Coloring:
    """Values of all spots and how to show them."""

    name: str
    values: np.ndarray  # (n_obs,): codes of categories, -1 where missing; or numbers, NaN where missing
    categories: list[str] = field(default_factory=list)  # none for numbers
    colors: list[str] = field(default_factory=list)  # of each category, hexadecimal
    column: tuple[MuData | AnnData, str] | None = None  # of categories: where it was found, and its name there
    rest: str = MISSING_NAME  # what the legend calls spots without a value
    opacity: Opacity | None = None  # None where all spots have that of the style
    outlined: Coloring | None = None  # the categories to outline

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

    A column may stand without its modality where the MuData has none of that name, a feature if only one modality has it.
    ``argument`` is the caller's word for messages. Raises KeyError for an unknown name or layer, and ValueError if the palette has
    too few colours.
    """
    column = find_column(mdata, name)
    if column is not None:
        return _from_column(column.holder, column.name, column.values, name, palette)
    modality, _, rest = name.partition(":")
    if modality in mdata.mod and rest in mdata[modality].var_names:
        return Coloring(name, _feature(mdata, modality, rest, layer))
    owners = [owner for owner, adata in mdata.mod.items() if name in adata.var_names]
    if len(owners) == 1:
        return Coloring(name, _feature(mdata, owners[0], name, layer))
    owned = [f"{key}:{one}" for key, adata in mdata.mod.items() for one in [*adata.obs, *adata.var_names]]
    close = get_close_matches(name, [*mdata.obs, *owned], n=3)
    hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else f"; columns are {list(mdata.obs)}"
    msg = f"{argument}={name!r} is neither a column of mdata.obs nor '<modality>:<column or feature>'{hint}"
    raise KeyError(msg)


def find_categories(mdata: MuData, name: str, argument: str, palette: Palette = None) -> Coloring:
    """Find a colouring that must have categories; raises ValueError where it holds numbers."""
    check_name(argument, name)
    found = find_coloring(mdata, name, argument=argument, palette=palette)
    if found.numeric:
        example = next((column for column in mdata.obs if mdata.obs[column].dtype == "category"), None)
        mend = f"name a column of categories{f' such as {example!r}' if example else ''}, or make it one"
        msg = f"{argument}={name!r} holds numbers, but must have categories; {mend}"
        raise ValueError(msg)
    return found


def colors_of(mdata: MuData, name: str, names: list[str]) -> list[str]:
    """Colours of some categories of a column, as it has them now; new ones where it does not know them."""
    column = find_column(mdata, name)
    if column is None:
        return stored(mdata.uns, name, names)
    if not is_number(column.values):
        now = [str(category) for category in pd.Categorical(column.values).categories]
        by_name = dict(zip(now, stored(column.holder.uns, column.name, now), strict=True))
        if set(names) <= set(by_name):
            return [by_name[one] for one in names]
    return stored(column.holder.uns, column.name, names)


def store_colors(coloring: Coloring) -> None:
    """Keep the colours of a column in ``uns`` next to it, where scanpy and squidpy look for them."""
    if coloring.column is not None:
        holder, column = coloring.column
        keep_colors(holder.uns, column, coloring.categories, coloring.colors)


def shared_spots(one: Coloring, other: Coloring) -> np.ndarray:
    """Spots in each pair of categories, (n_one, n_other)."""
    both = ~(one.missing | other.missing)
    counts = np.zeros((len(one.categories), len(other.categories)), dtype=np.int64)
    np.add.at(counts, (one.values[both], other.values[both]), 1)
    return counts


def matched(coloring: Coloring, reference: Coloring) -> Coloring:
    """Give each category the colour of the reference's category that it shares most spots with, one to one.

    The assignment is best over all (Hungarian method). Categories left over, and those that share no spot with any category of the
    reference that is left for them, get new colours that neither the reference nor another category has, those with spots first.
    """
    shared = shared_spots(coloring, reference)
    pairs = zip(*linear_sum_assignment(shared, maximize=True), strict=True)
    taken = {k: other for k, other in pairs if shared[k, other] > 0}
    spare = iter(new_colors(len(shared), reference.colors))
    n_spots = np.bincount(coloring.values[~coloring.missing], minlength=len(shared))
    colors = {k: reference.colors[other] for k, other in taken.items()}
    colors |= {k: next(spare) for k in np.argsort(n_spots == 0, kind="stable").tolist() if k not in taken}
    return replace(coloring, colors=[colors[k] for k in range(len(shared))])


def new_colors(n: int, taken: Sequence[str]) -> list[str]:
    """Colours that are not taken, (n,): first those of the palette that look like none that is."""
    known = to_rgba_array(taken)[:, :3]
    free = [
        color for color in _palette.palette(n + len(taken) + ALIKE_TRIED) if to_hex(color) not in map(to_hex, taken)
    ]
    distance = np.linalg.norm(to_rgba_array(free)[:, None, :3] - known, axis=2).min(axis=1, initial=np.inf)
    return [free[k] for k in np.argsort(distance < ALIKE, kind="stable")[:n]]


def _from_column(holder: MuData | AnnData, column: str, values: pd.Series, name: str, palette: Palette) -> Coloring:
    if is_number(values):
        return Coloring(name, values.to_numpy(dtype=np.float64, na_value=np.nan))
    categorical = pd.Categorical(values)
    categories = [str(category) for category in categorical.categories]
    colors = _colors(holder, column, categories, palette)
    return Coloring(name, categorical.codes.astype(np.int64), categories, colors, (holder, column))


def _colors(holder: MuData | AnnData, column: str, categories: list[str], palette: Palette) -> list[str]:
    """Colours of the palette, in order or by name or of a colour map, else those stored, else new ones."""
    return stored(holder.uns, column, categories) if palette is None else palette_colors(palette, categories, column)


def palette_colors(palette: Palette, categories: list[str], what: str) -> list[str]:
    """Colours of categories, of a palette in order or by name or of a colour map; ``what`` is their name in messages (ValueError)."""
    colors: Any = palette
    if isinstance(colors, str):
        found: Any = mpl.colormaps[colors]
        # Short lists are of categories, longer ones of shades.
        listed = isinstance(found, ListedColormap) and found.N < 64
        colors = list(found.colors if listed else found(np.linspace(0, 1, len(categories))))
    by_name = colors if isinstance(colors, Mapping) else dict(zip(categories, colors, strict=False))
    if lacking := [category for category in categories if category not in by_name]:
        msg = f"palette has no colour for {lacking} of the {len(categories)} categories of {what!r}, got {palette!r}; give more"
        raise ValueError(msg)
    return [to_hex(by_name[category]) for category in categories]


def _feature(mdata: MuData, modality: str, feature: str, layer: str | None) -> np.ndarray:
    """Values (n_obs,); spots that lack the modality have what :func:`spamca.tl.denoise` predicted in that layer, else NaN."""
    adata, row = mdata[modality], _edge.rows(mdata, modality)
    found = denoised_column(mdata, str(layer), modality, feature)
    predicted = np.full(mdata.n_obs, np.nan) if found is None else found
    if layer is None or layer in adata.layers:
        values = adata[:, feature].to_df(layer)[feature].to_numpy(dtype=np.float64)
        lacking = _edge.measured_rows(mdata, modality) < 0 if layer is None else row < 0
        return np.where(lacking, predicted, _edge.spread(values, row))
    if found is None:
        layers = sorted(key for key in adata.layers if key)
        msg = f"layer={layer!r} is not among {layers} of the modality of {feature!r}"
        raise KeyError(msg)
    return predicted
