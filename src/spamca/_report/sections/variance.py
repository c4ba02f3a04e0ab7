"""How much of each modality the domains explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spamca import _keys
from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.tables import table
from spamca._report.words import listed, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def variance(subject: Subject) -> Iterator[Block | None]:
    """Variance of each modality that domains explain, by domain."""
    stored = subject.stored(_keys.variance_explained(subject.key))
    if not isinstance(stored, pd.DataFrame) or stored.empty:
        return
    yield Text(
        "Share of the variance of the features of a modality that each domain explains, and all of them together."
    )
    wide = stored.pivot_table(
        index="domain", columns="modality", values="variance_explained", sort=False, observed=True, aggfunc="first"
    )
    single = wide[wide.index.astype(str) != "all"]
    best = (single if len(single) else wide).stack().sort_values(ascending=False).index[0]
    alt = f"Variance explained in {listed(wide.columns)}, by domain; most is explained in {best[1]}, by {best[0]}."
    yield figure(subject, "variance_explained", alt, "Variance explained by the domains.", vector=True, key=subject.key)
    frame = wide.reset_index().rename(columns={"domain": "Domain"})
    frame.columns = [str(name) for name in frame.columns]
    frame["Domain"] = frame["Domain"].astype(str)
    yield table(frame, "Variance explained", formats=dict.fromkeys(map(str, wide.columns), share))
