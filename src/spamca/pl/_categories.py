"""Columns that must have categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca._checks import check_name
from spamca.pl._coloring import find_coloring

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.pl._coloring import Coloring


def find_categories(mdata: MuData, name: str, argument: str) -> Coloring:
    """Find a colouring that must have categories.

    Parameters
    ----------
    mdata
        Where to look; nothing is written.
    name
        Name of the column.
    argument
        What the caller names it by, for messages.

    Returns
    -------
    Values over all spots of the MuData.

    Raises
    ------
    TypeError
        If the name is not a string.
    KeyError
        If there is no such column.
    ValueError
        If it holds numbers.
    """
    check_name(argument, name)
    found = find_coloring(mdata, name, argument=argument)
    if found.categories is None:
        example = next((column for column in mdata.obs if mdata.obs[column].dtype == "category"), None)
        mend = f"name a column of categories{f' such as {example!r}' if example else ''}, or make it one"
        msg = f"{argument}={name!r} holds numbers, but must have categories; {mend}"
        raise ValueError(msg)
    return found
