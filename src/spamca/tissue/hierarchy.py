"""The one place that writes a tree of domains to a MuData."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _edge, _keys, _records
from spamca._colors import colors_of, drop_colors, spare_colors
from spamca.tissue.labels import write_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.domains import Hierarchy


def write_hierarchy(mdata: MuData, tree: Hierarchy, stored: Sequence[int], key: str, params: dict[str, Any]) -> None:
    """Write all levels as a table, the tree, and some levels, which the tree must have, as columns of domains.

    Levels that an earlier tree stored are written again, or removed where the new tree lacks them.
    """
    known = [str(name) for name in mdata.obs[key].cat.categories]
    names = _names(known, int(tree.partitions.max()) + 1)
    held = colors_of(mdata.uns, key, known)
    colors = dict(zip(names, [*held, *spare_colors(len(names) - len(held), held)], strict=True))
    place = _keys.hierarchy(key)
    levels = {}
    for number, partition in zip(tree.numbers.tolist(), tree.partitions.T, strict=True):
        domains, codes = np.unique(partition, return_inverse=True)
        levels[number] = pd.Categorical.from_codes(codes, [names[d] for d in domains])
    mdata.obsm[place] = pd.DataFrame({str(number): own for number, own in levels.items()}, index=mdata.obs_names)
    stored = sorted({*stored, *(number for number in _held(mdata, key) if number in levels)})
    forget_levels(mdata, key)
    mdata.uns[place] = {
        "levels": tree.numbers,
        "agreement": tree.agreement,
        "support": tree.support,
        "n_clusters": len(known),
        "nodes": _nodes(tree, names),
        "domains": list(colors),
        "colors": list(colors.values()),
        "stored": stored,
        "params": params,
    }
    for number in stored:
        write_labels(mdata, levels[number], colors, _keys.level(key, number))


def check_levels_free(mdata: MuData, key: str, numbers: Sequence[int]) -> None:
    """Whether the columns of ``obs`` for these levels are free, or hold levels stored before (ValueError)."""
    held = _held(mdata, key)
    holders = {"mdata": mdata, **{f"mdata[{name!r}]": modality for name, modality in mdata.mod.items()}}
    for number in numbers:
        column = _keys.level(key, number)
        taken = [f"{where}.obs[{column!r}]" for where, holder in holders.items() if column in holder.obs]
        if taken and number not in held:
            maker = _records.written_by(mdata, column)
            wrote = (
                f"domains that {maker} wrote, with their record in mdata.uns[{column!r}]"
                if maker
                else "which spamca did not write"
            )
            msg = (
                f"store={number} would replace {taken[0]}, {wrote}; rename or remove that column, or leave {number} out of store: "
                f"mdata.obsm[{_keys.hierarchy(key)!r}] holds all levels"
            )
            raise ValueError(msg)


def forget_levels(mdata: MuData, key: str) -> None:
    """Remove the levels that a tree of this name stored in ``obs``, and their colours: without the tree they mean nothing."""
    for number in _held(mdata, key):
        column = _keys.level(key, number)
        _edge.drop_pulled(mdata, column)
        for holder in (mdata, *mdata.mod.values()):
            if column in holder.obs:
                del holder.obs[column]
            drop_colors(holder.uns, column)


def _held(mdata: MuData, key: str) -> list[int]:
    """Numbers of domains of the levels that the tree of this name stored in ``obs``."""
    record = mdata.uns.get(_keys.hierarchy(key))
    return [int(number) for number in record.get("stored", ())] if isinstance(record, Mapping) else []


def _names(known: Sequence[str], n: int) -> list[str]:
    """Names of n domains: the known ones, and then numbers that are none of them."""
    spare = (str(number) for number in count(len(known)) if str(number) not in known)
    return [*known, *(next(spare) for _ in range(n - len(known)))]


def _nodes(tree: Hierarchy, names: Sequence[str]) -> pd.DataFrame:
    """A row for each domain of each level, with the domain of the level before that holds it; none at the first."""
    rows, before = [], None
    for number, partition, support in zip(tree.numbers.tolist(), tree.partitions.T, tree.domain_support, strict=True):
        domains, position, sizes = np.unique(partition, return_index=True, return_counts=True)
        for domain, spot, size in zip(domains.tolist(), position, sizes.tolist(), strict=True):
            parent = "" if before is None else names[before[spot]]
            rows.append((number, names[domain], parent, size, support[domain]))
        before = partition
    nodes = pd.DataFrame(rows, columns=["level", "domain", "parent", "n_spots", "support"])
    return nodes.set_index(pd.Index([str(row) for row in range(len(nodes))]))
