"""Which domains are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _keys
from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.words import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def hierarchy(subject: Subject) -> Iterator[Block | None]:
    """The tree of the domains."""
    if subject.stored(_keys.hierarchy(subject.key)) is None:
        return
    alt = f"Tree of {number_of(len(subject.names), 'domain')}; those that join first are most alike."
    drawn = figure(subject, "hierarchy", alt, "Tree of the domains.", vector=True, key=subject.key)
    if drawn is not None:
        yield Text("Domains that join low in the tree are alike, and would be one domain if fewer were sought.")
        yield drawn
