"""What a figure stresses: some categories only, spots by their confidence, outlines of domains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys
from spamca.pl._coloring import find_categories, find_coloring
from spamca.pl._opacity import Opacity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.pl._coloring import Coloring

OTHER = "other"  # what the legend calls spots of categories that are not shown
LIMITS = (1, 99)  # percentiles of the numbers that make spots faintest and fully opaque


def check_opacity(mdata: MuData, alpha: str, names: Sequence[str], pending: Sequence[str]) -> None:
    """Whether a name of numbers can set the opacity of some colours, of which some are yet to come (KeyError, ValueError)."""
    if _own(mdata, alpha):
        if not any(_keys.confidence(name) in mdata.obs for name in names) and not pending:
            wanted = " or ".join(repr(_keys.confidence(name)) for name in names)
            msg = f"alpha={alpha!r} needs {wanted} in mdata.obs, which spamca.tl.integrate writes; name another column"
            raise KeyError(msg)
    else:
        _numbers(mdata, alpha)


def with_opacity(mdata: MuData, coloring: Coloring, alpha: str) -> Coloring:
    """The colouring with spots as opaque as a column says; ``"confidence"`` is that of the colouring itself, if it has one."""
    name = _keys.confidence(coloring.name) if _own(mdata, alpha) else alpha
    if name != alpha and name not in mdata.obs:
        return coloring
    values = _numbers(mdata, name)
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, LIMITS) if len(known) else (0.0, 1.0)
    if high - low < 1e-3 * max(abs(high), 1e-12):  # all alike: nothing to tell apart
        low = high - 1.0
    return replace(coloring, opacity=Opacity(alpha.replace("_", " "), values, float(low), float(high)))


def with_outlines(mdata: MuData, coloring: Coloring, column: str | None) -> Coloring:
    """The colouring with a column of domains to outline; None for its own, which for numbers are those of the default key."""
    if column is not None:
        outlined = find_categories(mdata, column, "outline")
    elif coloring.numeric and _keys.SPAMCA not in mdata.obs:
        msg = (
            f"outline=True of {coloring.name!r}, which are numbers, needs domains in mdata.obs[{_keys.SPAMCA!r}]; run "
            "spamca.tl.integrate, or name a column of categories"
        )
        raise KeyError(msg)
    else:
        outlined = find_categories(mdata, _keys.SPAMCA, "outline") if coloring.numeric else coloring
    return replace(coloring, outlined=outlined)


def check_groups(colorings: Sequence[Coloring], groups: Sequence[str]) -> None:
    """Whether each group is a category of one of the colourings, or of what they outline (KeyError; ValueError where all hold numbers)."""
    every = [*colorings, *(one.outlined for one in colorings if one.outlined is not None)]
    known = list(dict.fromkeys(category for one in every for category in one.categories))
    if all(one.numeric for one in every):
        numbers = [one.name for one in colorings]
        msg = f"groups={list(groups)!r} are categories, and color={numbers} holds numbers; add outline= with a column of domains, or leave groups out"
        raise ValueError(msg)
    if unknown := [group for group in groups if group not in known]:
        msg = f"groups={list(groups)!r}: {unknown} are not among the categories {known}"
        raise KeyError(msg)


def only(coloring: Coloring, groups: Sequence[str]) -> Coloring:
    """The colouring with no other categories than these; numbers, and categories among which there is none of them, as they are."""
    if coloring.outlined is not None:
        coloring = replace(coloring, outlined=only(coloring.outlined, groups))
    kept = [code for code, category in enumerate(coloring.categories) if category in groups]
    if not kept:
        return coloring
    return replace(coloring, values=np.where(np.isin(coloring.values, kept), coloring.values, -1), rest=OTHER)


def _own(mdata: MuData, alpha: str) -> bool:
    """Whether the name stands for the confidence of each colour."""
    return alpha == "confidence" and alpha not in mdata.obs


def _numbers(mdata: MuData, name: str) -> np.ndarray:
    found = find_coloring(mdata, name, argument="alpha")
    if not found.numeric:
        msg = f"alpha={name!r} has categories, but must hold numbers, such as {_keys.confidence(_keys.SPAMCA)!r}"
        raise ValueError(msg)
    return found.values
