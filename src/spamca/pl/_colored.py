"""The colours of a figure of tissue: looked up by name, matched, reduced to groups, outlined, faded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spamca import _keys
from spamca._checks import check_flag
from spamca.pl._arguments import check_names, check_palette
from spamca.pl._coloring import find_categories, find_coloring, matched
from spamca.pl._emphasis import check_groups, check_opacity, only, with_opacity, with_outlines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.pl._arguments import Palette
    from spamca.pl._coloring import Coloring


@dataclass(frozen=True)
class Colored:
    """What the caller says about colours; TypeError or ValueError if it is of the wrong kind."""

    names: Sequence[str]
    palette: Palette = None
    layer: str | None = None
    match: str | None = None
    groups: str | Sequence[str] | None = None
    outline: bool | str = False
    alpha: float | str = 1.0

    def __post_init__(self) -> None:
        check_palette(self.palette)
        if self.groups is not None:
            check_names("groups", self.groups)
        if not isinstance(self.outline, str):
            check_flag("outline", self.outline)

    def found(self, mdata: MuData, pending: Sequence[str]) -> dict[str, Coloring]:
        """Colourings that are there, those of results that are pending left out; KeyError or ValueError if something else is not."""
        there = [name for name in self.names if name not in pending]
        found = {name: find_coloring(mdata, name, layer=self.layer, palette=self.palette) for name in there}
        if self.match is not None and self.match not in pending:
            find_categories(mdata, self.match, "match")
        if isinstance(self.outline, str) and self.outline not in pending:
            find_categories(mdata, self.outline, "outline")
        if isinstance(self.alpha, str):
            check_opacity(mdata, self.alpha, self.names, pending)
        return found

    def dressed(self, mdata: MuData, found: dict[str, Coloring]) -> list[Coloring]:
        """The colourings, one for each name, as they are drawn."""
        colorings = [found[name] for name in self.names]
        if self.match is not None:
            reference = find_categories(mdata, self.match, "match")
            colorings = [one if one.numeric or one.name == self.match else matched(one, reference) for one in colorings]
        if self.outline:
            column = self.outline if isinstance(self.outline, str) else None
            colorings = [with_outlines(mdata, one, column) for one in colorings]
        if self.groups is not None:
            shown = check_names("groups", self.groups)
            check_groups(colorings, shown)
            colorings = [only(one, shown) for one in colorings]
        if isinstance(self.alpha, str):
            colorings = [with_opacity(mdata, one, self.alpha) for one in colorings]
        return colorings


def unclustered(mdata: MuData, names: Sequence[str]) -> list[str]:
    """Names of results that have no domains yet; ValueError where they could not be stored."""
    absent = [name for name in dict.fromkeys(names) if name not in mdata.obs]
    lacking = [name for name in absent if name == _keys.SPAMCA or _keys.embedding(name) in mdata.obsm]
    if lacking and (mdata.is_view or mdata.isbacked):
        is_what, mend = "is backed by a file", "read it into memory with mudata.read_h5mu(path)"
        if mdata.is_view:
            is_what, mend = "is a view", "call spamca.tl.cluster on the whole tissue first, or pass mdata.copy()"
        msg = f"color={lacking[0]!r} has no domains yet, and mdata {is_what}, which cannot take them; {mend}"
        raise ValueError(msg)
    return lacking
