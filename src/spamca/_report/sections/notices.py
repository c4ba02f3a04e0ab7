"""Warnings of the run and of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca._report.blocks import Items, Text
from spamca._report.words import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def notices(subject: Subject) -> Iterator[Block]:
    """Warnings that the command stored, and those that were raised while the report was made."""
    from_run = subject.command.get("warnings")
    if from_run:
        yield Text(f"The command raised {number_of(len(from_run), 'warning')}:")
        yield Items([str(text) for text in from_run])
    if subject.notices:
        yield Text(f"Making this report raised {number_of(len(subject.notices), 'warning')}:")
        yield Items(list(subject.notices))
    if not from_run and not subject.notices:
        known = (
            ""
            if "warnings" in subject.command
            else " Those of the run itself are not stored; the command spamca stores them."
        )
        yield Text(f"No warning was raised while this report was made.{known}")
