"""Colours of categories in ``uns``: in scanpy's place by position, and with a record of the names that they belong to.

scanpy keeps a list, ``uns["<column>_colors"]``, in the order of the categories. Once categories are removed, added or put in another
order, the list alone no longer says which colour is whose. The record says it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from spamca import _keys
from spamca._palette import palette


def colors_of(uns: Mapping[str, Any], column: str, names: Sequence[str]) -> list[str]:
    """Colours of the categories ``names`` of a column, (n,): those stored, by name, and else new ones.

    Without a record, or where the user has set other colours since, stored ones count by position if their number fits. A category that
    is new to the record has the colour of the one that it took the place of, if it was renamed, or else a colour that no other has.
    """
    names, stored = [str(name) for name in names], stored_colors(uns, column)
    known = _by_name(uns, column, names, stored)
    if not known:
        return stored if len(stored) == len(names) else palette(len(names))
    spare = iter(spare_colors(len(names), known.values()))
    return [known[name] if name in known else next(spare) for name in names]


def spare_colors(n: int, taken: Collection[str]) -> list[str]:
    """The first colours of the palette that are not taken, (n,)."""
    known = {color.lower() for color in taken}
    return [color for color in palette(n + len(known)) if color.lower() not in known][:n]


def write_colors(uns: MutableMapping[str, Any], column: str, names: Sequence[str], colors: Sequence[str]) -> None:
    """Store colours (n,) of the categories ``names``, and their record."""
    uns[_keys.colors(column)] = list(colors)
    uns[_keys.color_record(column)] = {"categories": [str(name) for name in names], "colors": list(colors)}


def keep_colors(uns: MutableMapping[str, Any], column: str, names: Sequence[str], colors: Sequence[str]) -> None:
    """Store the same unless they are stored already; those that the user set by name stay as they are."""
    if isinstance(uns.get(_keys.colors(column)), Mapping) and colors_of(uns, column, names) == list(colors):
        return
    record = {"categories": [str(name) for name in names], "colors": list(colors)}
    if stored_colors(uns, column) != list(colors):
        uns[_keys.colors(column)] = list(colors)
    if _record(uns, column) != record:
        uns[_keys.color_record(column)] = record


def drop_colors(uns: MutableMapping[str, Any], column: str) -> None:
    """Remove the colours of a column that is no longer there."""
    uns.pop(_keys.colors(column), None)
    uns.pop(_keys.color_record(column), None)


def stored_colors(uns: Mapping[str, Any], column: str) -> list[str]:
    """The list that is stored, of names of colours or of numbers as matplotlib takes them; empty if it holds anything else."""
    held = uns.get(_keys.colors(column))
    return _plain(list(held.values()) if isinstance(held, Mapping) else _listed(held))


def _by_name(uns: Mapping[str, Any], column: str, names: list[str], stored: list[str]) -> dict[str, str]:
    """Colours by the names of the categories as far as they are known."""
    held, record = uns.get(_keys.colors(column)), _record(uns, column)
    if isinstance(held, Mapping):
        return dict(zip(map(str, held), stored, strict=True)) if stored else {}
    owners = record["categories"]
    if not stored or len(owners) != len(stored) or (stored != record["colors"] and len(stored) == len(names)):
        return {}
    found = dict(zip(owners, stored, strict=True))
    if len(owners) == len(names):  # a new name in the place of one that is gone
        pairs = zip(names, owners, strict=True)
        found |= {name: found[old] for name, old in pairs if name not in owners and old not in names}
    return found if set(found) & set(names) else {}


def _record(uns: Mapping[str, Any], column: str) -> dict[str, list[str]]:
    """The record as lists, empty where there is none."""
    held = uns.get(_keys.color_record(column))
    held = held if isinstance(held, Mapping) else {}
    return {name: [str(one) for one in _listed(held.get(name))] for name in ("categories", "colors")}


def _listed(value: Any) -> list[Any]:
    """Entries of a list, or none of what is no list."""
    is_list = value.ndim > 0 if isinstance(value, np.ndarray) else isinstance(value, (list, tuple))
    return list(value) if is_list else []


def _plain(colors: Sequence[Any]) -> list[str]:
    """Colours as text, numbers as hexadecimal; empty if one is no colour."""
    if not colors:
        return []
    from matplotlib.colors import is_color_like, to_hex

    found = [str(one) if isinstance(one, str) else one for one in colors]
    if not all(map(is_color_like, found)):
        return []
    return [one if isinstance(one, str) else to_hex(one, keep_alpha=len(one) == 4) for one in found]
