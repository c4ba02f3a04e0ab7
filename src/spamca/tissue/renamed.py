"""Domains of a MuData under other names, several under one, with all that is stored of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._colors import colors_of
from spamca._logging import logger
from spamca.tissue.components import NAMES, components_of, summed
from spamca.tissue.forget import described, forget_explanations
from spamca.tissue.labels import write_labels

if TYPE_CHECKING:
    from mudata import MuData

COLUMNS = ("domain", "neighbor", "parent")  # columns of tables that hold names of domains
NOT_DOMAINS = ("all", "")  # what they hold besides


def write_renamed(mdata: MuData, names: Mapping[str, str], key: str) -> None:
    """Give domains other names, and merge those that get the same: labels, colours, posterior, confidence, results.

    ``names`` are the new ones by the old ones, all of them. What describes the domains follows a new name, and is removed where domains
    are merged. ValueError where the labels no longer fit the posterior.
    """
    labels = pd.Categorical(mdata.obs[key])
    old = [str(name) for name in labels.categories]
    held = components_of(mdata, key) if "cluster" in mdata.uns.get(key, {}) else None
    if held is not None:
        held.check(key)
    after = list(dict.fromkeys(names[name] for name in old))
    place = np.array([after.index(names[name]) for name in old], dtype=np.int64)
    codes = np.where(labels.codes >= 0, place[labels.codes], -1)
    found = pd.Categorical.from_codes(codes, after, ordered=bool(labels.ordered))
    colors = _colors(mdata, key, old, place, labels.codes)
    kept = None if len(after) < len(old) else _followed(mdata, key, names)
    before = described(mdata, key)
    if kept is None:
        forget_explanations(mdata, key)
        if before:
            logger.info("rename_domains: removed %s, which described the domains before they were merged", before)
    else:
        lost = [name for name in before if name in mdata.uns and name not in kept]
        for name in lost:
            del mdata.uns[name]
        if lost:
            logger.info("rename_domains: removed %s, which described other domains", lost)
        mdata.uns.update(kept)
        _rename_levels(mdata, key, names)
    write_labels(mdata, found, dict(zip(after, colors, strict=True)), key)
    if held is None:
        return
    of = [after.index(names.get(held.names[m], held.names[m])) for m in held.members]
    posterior = summed(held.posterior, of, len(after))
    mdata.obsm[_keys.posterior(key)] = pd.DataFrame(posterior, mdata.obs_names, _edge.storable(after))
    mdata.obsm.pop(_keys.components(key), None)
    if of != list(range(len(after))):
        columns = [str(k) for k in range(len(of))]
        mdata.obsm[_keys.components(key)] = pd.DataFrame(held.posterior, mdata.obs_names, columns)
    if _keys.confidence(key) in mdata.obs:
        sure = posterior[np.arange(len(codes)), codes]
        mdata.obs[_keys.confidence(key)] = np.where(codes >= 0, sure, np.nan).astype(posterior.dtype)
    record = dict(mdata.uns[key])
    record["cluster"] = {**record["cluster"], NAMES: np.array([after[d] for d in of], dtype=object)}
    if isinstance(record.get("transform"), Mapping):  # it says by the old names how far each has moved
        record["transform"] = {name: value for name, value in record["transform"].items() if name != "moved"}
    mdata.uns[key] = record


def _colors(mdata: MuData, key: str, old: list[str], place: np.ndarray, codes: np.ndarray) -> list[str]:
    """Colour of each new domain: that of the largest of the old ones."""
    own, size = colors_of(mdata.uns, key, old), np.bincount(codes[codes >= 0], minlength=len(old))
    largest = [max(np.flatnonzero(place == d), key=lambda one: size[one]) for d in range(int(place.max()) + 1)]
    return [own[one] for one in largest]


def _followed(mdata: MuData, key: str, names: Mapping[str, str]) -> dict[str, Any]:
    """What describes the domains under their new names, by its key in ``uns``; without what holds names that no domain has."""
    found = {}
    for name in described(mdata, key):
        held = mdata.uns.get(name)
        if held is None or name == _keys.hierarchy(key):
            continue
        known = {**names, **{one: one for one in NOT_DOMAINS}}
        if name == _keys.paga(key) and held.get("groups") != key:
            found[name] = held
        elif (new := _with_names(held, known)) is not None:
            found[name] = new
    tree = mdata.uns.get(_keys.hierarchy(key))
    of_tree = _names_of_tree(tree, names) if isinstance(tree, Mapping) else None
    if of_tree is not None:
        found[_keys.hierarchy(key)] = {
            **tree,
            "nodes": _with_names(tree["nodes"], {**of_tree, "": ""}),
            "domains": [of_tree[str(name)] for name in tree["domains"]],
        }
    return found


def _with_names(held: Any, names: Mapping[str, str]) -> Any:
    """A table, or a record with tables, under other names of domains; None where it holds a name that is not known."""
    if isinstance(held, Mapping):
        new = dict(held)
        for name, value in held.items():
            if isinstance(value, pd.DataFrame):
                new[name] = _with_names(value, names)
            elif name == "names":
                new[name] = [names.get(str(one)) for one in value]
                new[name] = None if None in new[name] else new[name]
            if new[name] is None and value is not None:
                return None
        return new
    if not isinstance(held, pd.DataFrame):
        return held
    columns = [column for column in COLUMNS if column in held]
    if not all(str(one) in names for column in columns for one in held[column].unique()):
        return None
    return held.assign(**{column: _renamed(held[column], names) for column in columns})


def _renamed(column: pd.Series[Any], names: Mapping[str, str]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.rename_categories({name: names.get(str(name), str(name)) for name in column.cat.categories})
    return column.map(lambda name: names[str(name)])


def _names_of_tree(tree: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str] | None:
    """New name of each domain of a tree, those of other levels as they are; None where two would have one."""
    known = [str(name) for name in tree["domains"]]
    new = {name: names.get(name, name) for name in known}
    return new if set(names) <= set(known) and len(set(new.values())) == len(known) else None


def _rename_levels(mdata: MuData, key: str, names: Mapping[str, str]) -> None:
    """Give the levels of a tree, and those of its columns in ``obs``, the new names, if the tree has them already."""
    tree, place = mdata.uns.get(_keys.hierarchy(key)), _keys.hierarchy(key)
    if not isinstance(tree, Mapping):
        mdata.obsm.pop(place, None)
        return
    if place in mdata.obsm:
        table = mdata.obsm[place]
        mdata.obsm[place] = table.assign(**{level: _renamed(table[level], names) for level in table})
    for number in tree.get("stored", ()):
        column = _keys.level(key, int(number))
        if column in mdata.obs:
            old = pd.Categorical(mdata.obs[column])
            colors = colors_of(mdata.uns, column, [str(name) for name in old.categories])
            new = old.rename_categories({name: names.get(str(name), str(name)) for name in old.categories})
            write_labels(mdata, new, dict(zip(new.categories, colors, strict=True)), column)
