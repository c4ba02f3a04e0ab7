"""What a page is made of. The template has a macro for the ``kind`` of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Facts:
    """Names and their values, under a heading if there is a ``label``; short ones stand side by side."""

    kind: ClassVar[str] = "facts"
    rows: list[tuple[str, str]]
    label: str | None = None


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    kind: ClassVar[str] = "items"
    items: list[str]


@dataclass(frozen=True)
class Code:
    """Lines to run, or to read as they are."""

    kind: ClassVar[str] = "code"
    text: str
    label: str


@dataclass(frozen=True)
class Figure:
    """An image, ``width`` times ``height`` pixels of the page, in the page itself (``source`` is a data URI)."""

    kind: ClassVar[str] = "figure"
    source: str
    alt: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True)
class Rows:
    """Rows of a table, of which the first cell is the heading, under a heading of their own if they have a name."""

    rows: list[list[str]]
    name: str | None = None
    colors: list[str | None] = field(default_factory=list)  # of a mark before each row, hexadecimal


@dataclass(frozen=True)
class Table:
    """A table; ``numeric`` says which columns are aligned as numbers."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: list[str]
    numeric: list[bool]
    groups: list[Rows]


Block = Text | Facts | Items | Code | Figure | Table


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; ``name`` is its anchor."""

    name: str
    title: str
    blocks: list[Block]
