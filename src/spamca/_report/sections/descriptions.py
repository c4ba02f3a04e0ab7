"""Domains in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from spamca import _keys
from spamca._report.blocks import Facts, Text
from spamca._report.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def descriptions(subject: Subject) -> Iterator[Block]:
    """What ``tl.describe`` stored: a text, a text for each domain, or a table."""
    stored = subject.stored(_keys.description(subject.key))
    if isinstance(stored, str):
        yield Text(stored)
    elif isinstance(stored, pd.DataFrame):
        frame = stored if not stored.index.name else stored.reset_index()
        yield table(frame, "What the domains are like")
    elif isinstance(stored, Mapping) and all(isinstance(text, str) for text in stored.values()):
        yield Facts([(str(name), text) for name, text in stored.items()])
