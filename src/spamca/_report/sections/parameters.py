"""Every choice that was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spamca._report.blocks import Facts
from spamca._report.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject

SHOWN = {
    "params": "Parameters of the result",
    "cluster": "Search for domains",
    "graphs": "Graphs",
    "transform": "Transfer from a model",
}
"""Entries of the record that are shown, and their captions."""


def parameters(subject: Subject) -> Iterator[Block]:
    """Parameters, by the caller or by default, as they are stored."""
    for name, caption in SHOWN.items():
        rows = list(flat(subject.record.get(name, {})))
        if rows:
            yield Facts(rows, caption)


def flat(held: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Names, joined by dots where nested, and values as text; without the matrices of a read-out."""
    if not isinstance(held, Mapping):
        return
    for name, value in held.items():
        if isinstance(value, Mapping):
            yield from () if name == "readout" else flat(value, f"{before}{name}.")
        elif getattr(value, "ndim", 0) < 2:
            yield f"{before}{name}", plain(value)
