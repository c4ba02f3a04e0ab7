"""Which domains are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _keys
from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.subject import as_mapping
from spamca._report.tables import table
from spamca._report.words import count, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def hierarchy(subject: Subject) -> Iterator[Block | None]:
    """The tree of the domains, and how sure its levels are."""
    stored = as_mapping(subject.stored(_keys.hierarchy(subject.key)))
    if "levels" not in stored:
        return
    levels = np.asarray(stored["levels"])
    yield Text("Nested levels, from few large domains to many small ones; each domain is part of the one above it.")
    alt = f"Tree of {number_of(len(subject.names), 'domain')} in {number_of(len(levels), 'level')}, from {levels.min()} to {levels.max()} domains."
    yield figure(subject, "hierarchy", alt, "Tree of the domains: a row for each level.", key=subject.key)
    named = {"support": "Support", "agreement": "Agreement with a search for that number alone"}
    columns = {new: np.asarray(stored[old], dtype=np.float64) for old, new in named.items() if old in stored}
    yield table(pd.DataFrame({"Domains": levels} | columns), "Levels", formats={"Domains": count})
