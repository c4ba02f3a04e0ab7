"""Which rows of several tables are the same spot."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

JOINS = ("inner", "outer")
"""Spots that all modalities have, or spots that any has."""

N_EXAMPLES = 3
SUFFIX = r"[-_.]\d+$"


def match(names: Mapping[str, pd.Index], join: str, verb: str) -> pd.Index:
    """Names of the spots to keep.

    Parameters
    ----------
    names
        Names of the rows of each modality.
    join
        ``"inner"`` or ``"outer"``.
    verb
        What the log calls the caller.

    Returns
    -------
    Names in the order of the first modality; with ``"outer"`` those that it lacks follow.

    Raises
    ------
    ValueError
        If a name occurs twice in a modality, or modalities cannot be joined since they share no spot.
    """
    for name, index in names.items():
        if not index.is_unique:
            twice = index[index.duplicated()]
            msg = (
                f"obs_names of {name!r} must be unique, {len(twice)} occur again, e.g. {twice[0]!r}; spots are matched by "
                "name, so give each its own (several sections: put the section's name before them), in the same way in "
                "each modality"
            )
            raise ValueError(msg)
    shared, union = _intersection(names), _union(names)
    _check_overlap(names, shared, join)
    if join == "inner":
        lost = {name: index[~index.isin(shared)] for name, index in names.items()}
        found = [f"{len(rest)} of {name!r} ({_examples(rest)})" for name, rest in lost.items() if len(rest)]
        told = "left out " + " and ".join(found) if found else "none left out"
        logger.info("%s: %d spots in all of %s; %s", verb, len(shared), list(names), told)
        return shared
    lacking = {name: union[~union.isin(index)] for name, index in names.items()}
    found = [f"{len(rest)} lack {name!r} ({_examples(rest)})" for name, rest in lacking.items() if len(rest)]
    told = ", ".join(found) if found else "none lacks a modality"
    logger.info("%s: %d spots in any of %s; %s", verb, len(union), list(names), told)
    return union


def _intersection(names: Mapping[str, pd.Index]) -> pd.Index:
    first, *rest = names.values()
    for index in rest:
        first = first[first.isin(index)]
    return first


def _union(names: Mapping[str, pd.Index]) -> pd.Index:
    first, *rest = names.values()
    for index in rest:
        first = first.append(index[~index.isin(first)])
    return first


def _examples(index: pd.Index) -> str:
    return "e.g. " + ", ".join(map(repr, index[:N_EXAMPLES]))


def _check_overlap(names: Mapping[str, pd.Index], shared: pd.Index, join: str) -> None:
    apart = [(a, b) for a, b in combinations(names, 2) if not names[a].isin(names[b]).any()]
    if join == "inner" and len(shared):
        return
    if join == "inner" and not apart:
        msg = f"no spot is in all of {list(names)}, though each two share some; pass join='outer'"
        raise ValueError(msg)
    if join == "outer" and not _parts(names, apart):
        return
    a, b = apart[0]
    msg = (
        f"{a!r} and {b!r} have no spot in common: obs_names of {a!r} begin with {list(names[a][:2])}, those of {b!r} with "
        f"{list(names[b][:2])}; {_remedy(a, b, names[a], names[b])}"
    )
    raise ValueError(msg)


def _parts(names: Mapping[str, pd.Index], apart: list[tuple[str, str]]) -> bool:
    """Whether some modalities share no spot with the first, not even by way of others."""
    together, rest = [next(iter(names))], list(names)[1:]
    while near := [b for b in rest if any((a, b) not in apart and (b, a) not in apart for a in together)]:
        together += near
        rest = [b for b in rest if b not in near]
    return bool(rest)


def _remedy(a: str, b: str, one: pd.Index, other: pd.Index) -> str:
    """What would make the names agree."""
    bare = [pd.Index(index.astype(str).str.replace(SUFFIX, "", regex=True)) for index in (one, other)]
    n_same = int(bare[0].isin(bare[1]).sum())
    if n_same:
        return (
            f"without endings such as {_ending(one, bare[0]) or _ending(other, bare[1])!r} {n_same} of them agree, so "
            f"take the endings off both: adata.obs_names = adata.obs_names.str.replace({SUFFIX!r}, '', regex=True)"
        )
    if len(one) == len(other):
        return f"if their rows are the same spots in the same order, copy the names of {a!r} to {b!r}"
    return "give the same spot the same name in each"


def _ending(index: pd.Index, bare: pd.Index) -> str:
    first = next((i for i, (name, stem) in enumerate(zip(index, bare, strict=True)) if name != stem), None)
    return "" if first is None else str(index[first])[len(bare[first]) :]
