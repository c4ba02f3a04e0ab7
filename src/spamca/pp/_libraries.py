"""Columns of ``obs`` that may name the sections of a tissue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata import MuData

RECORDED, LIBRARY, TILE, OTHER, NAMES = "recorded", "library", "tile", "other", "names"
"""What a column is: one that ``uns`` says names the sections, one named as sections are, one named as sections or parts of them are,
another, and none at all but the beginnings or ends of ``obs_names``."""

_NUMBERED = r"(_?(id|ids|name|key|nr|no|number|label))?"
_LIBRARY = re.compile(
    r"(library|lib|(tissue_?)?sample|(tissue_?)?section|slice|slide|puck|specimen|donor|patient|subject|individual|mouse|animal"
    rf"|orig_?ident){_NUMBERED}"
)
_TILE = re.compile(
    r"(batch|fov|field_?of_?view|tile|roi|region|run|rep|replicate|dataset|experiment|core|block|capture_?area|array|chip|well)"
    + _NUMBERED
)
ENDS = {"ends": r"[-_.:#|]([^-_.:#|]+)$", "beginnings": r"^([^-_.:#|]+)[-_.:#|]"}

MOST_OTHER = 50
"""Most categories of a column of another name that are compared with the coordinates."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column, what it is, and its category of each spot, integers (n_obs,), -1 where it has none."""

    name: str
    what: str
    group: np.ndarray

    @property
    def is_in_blocks(self) -> bool:
        """Whether the rows of each category follow each other."""
        return bool(np.count_nonzero(np.diff(self.group)) == len(np.unique(self.group)) - 1)

    def refines(self, other: Column) -> bool:
        """Whether spots of one category here share one there."""
        pairs = np.unique(np.column_stack([self.group, other.group]), axis=0)
        return len(pairs) == len(np.unique(self.group))

    def equals(self, other: Column) -> bool:
        """Whether both part the spots alike."""
        return self.refines(other) and other.refines(self)


def columns(mdata: MuData) -> list[Column]:
    """All columns of ``obs``, of the MuData or modalities, that may name at least two sections; those of whole sections first."""
    recorded, found, seen = region_keys(mdata), [], set()
    libraries = library_ids(mdata)
    for holder in (mdata, *mdata.mod.values()):
        for name in holder.obs:
            pulled = holder is mdata and isinstance(name, str) and name.partition(":")[0] in mdata.mod
            if name in seen or pulled or not isinstance(name, str):
                continue
            seen.add(name)
            column = _column(mdata, name, holder.obs[name], recorded, libraries)
            found += [] if column is None else [column]
    order = (RECORDED, LIBRARY, TILE, OTHER)
    return sorted(found, key=lambda column: (bool((column.group < 0).any()), order.index(column.what)))


def _column(
    mdata: MuData, name: str, values: pd.Series, recorded: set[str], libraries: list[set[str]]
) -> Column | None:
    what = _kind(name)
    plain = isinstance(values.dtype, pd.CategoricalDtype) or values.dtype.kind in "OUTb" or str(values.dtype) == "str"
    if not plain and what == OTHER and name not in recorded:
        return None  # a measurement
    group, categories = _coded(mdata, name, values)
    if not 2 <= len(categories) <= max(2, mdata.n_obs // 2):
        return None
    if name in recorded or any(set(categories) <= ids for ids in libraries):
        what = RECORDED
    if what == OTHER and len(categories) > MOST_OTHER:
        return None
    return Column(name, what, group)


def _coded(mdata: MuData, name: str, values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Category of each spot, integers (n_obs,), -1 for none, and their names; of ``values`` (n,), if these are of all spots as they lie."""
    if len(values) != mdata.n_obs or not values.index.equals(mdata.obs_names) or values.isna().any():
        values = pd.Series(_checks.library_of(mdata, name), dtype=object)
    code, found = pd.factorize(values)
    number, names = pd.factorize(np.array([str(one) for one in found], dtype=object))
    return np.append(number, -1)[code], names


def _kind(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return LIBRARY if _LIBRARY.fullmatch(plain) else TILE if _TILE.fullmatch(plain) else OTHER


def library_ids(mdata: MuData) -> list[set[str]]:
    """Names in ``uns["spatial"]`` of the MuData and of modalities, where there are several (squidpy's images of each section)."""
    held = [holder.uns.get(_keys.SPATIAL) for holder in (mdata, *mdata.mod.values())]
    return [{str(name) for name in one} for one in held if isinstance(one, Mapping) and len(one) > 1]


def region_keys(mdata: MuData) -> set[str]:
    """Columns that spatialdata names as those of the annotated elements."""
    attributes: list[Any] = [holder.uns.get("spatialdata_attrs") for holder in (mdata, *mdata.mod.values())]
    return {
        str(one["region_key"]) for one in attributes if isinstance(one, Mapping) and one.get("region_key") is not None
    }


def parts_of_names(mdata: MuData) -> Iterator[Column]:
    """Beginnings and ends of ``obs_names`` that name blocks of rows, as those of objects that were joined do."""
    names = pd.Series(mdata.obs_names.astype(str))
    some = names[:: len(names) // 100 + 1]
    for where, pattern in ENDS.items():
        if some.str.extract(pattern, expand=False).isna().any():
            continue
        group, categories = pd.factorize(names.str.extract(pattern, expand=False))
        column = Column(where, NAMES, group)
        if (group >= 0).all() and column.is_in_blocks and 2 <= len(categories) <= mdata.n_obs // 2:
            yield column
