"""Data frames as tables of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spamca._report.blocks import Rows, Table
from spamca._report.words import decimal, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Formats = Mapping[str, Callable[[Any], str]]


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    formats: Formats | None = None,
    groupby: str | None = None,
    colors: Sequence[str | None] = (),
) -> Table:
    """A table of a frame whose first column heads the rows; rows of one value of ``groupby`` stand under it and its name.

    ``formats`` turns the values of a column into text; by default numbers get three digits. ``colors`` has a mark for each row.
    """
    names = [str(name) for name in frame if name != groupby]
    formats = formats or {}
    numeric = [name in formats or pd.api.types.is_numeric_dtype(frame[name]) for name in names]
    write = [formats.get(name, decimal if is_number else plain) for name, is_number in zip(names, numeric, strict=True)]

    def rows(part: pd.DataFrame) -> list[list[str]]:
        values = part[names].itertuples(index=False, name=None)
        return [[one(value) for one, value in zip(write, row, strict=True)] for row in values]

    if groupby is None:
        groups = [Rows(rows(frame), colors=list(colors))]
    else:
        parts = frame.groupby(groupby, sort=False, observed=True)
        groups = [Rows(rows(part), name=f"{groupby} {name}") for name, part in parts]
    return Table(caption, names, numeric, groups)
