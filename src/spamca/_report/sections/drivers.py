"""Features that drive the domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spamca import _keys
from spamca._report import missing
from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.tables import table
from spamca._report.words import listed, share
from spamca.explain import not_found_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject

N_SHOWN = 5
"""Features of each domain in the table."""

SIGNIFICANT = 0.05
"""Largest q value of a feature that counts as significant."""

COLUMNS = {
    "domain": "Domain",
    "feature": "Feature",
    "modality": "Modality",
    "effect": "Effect",
    "log2_fold_change": "Log2 fold change",
    "share_in": "Share in",
    "share_out": "Share out",
    "q_value": "q value",
    "overlap": "Overlap",
}
"""Columns of the stored table that are shown, and their headings."""


def drivers(subject: Subject) -> Iterator[Block | None]:
    """The first features of each domain, in the order in which they are stored."""
    stored = subject.stored(_keys.drivers(subject.key))
    if stored is None and missing.n_values(subject.mdata) > missing.MOST_VALUES:
        yield Text(
            "Not stored, and not computed for a report because that takes long here: run spamca.tl.drivers first."
        )
    if not isinstance(stored, pd.DataFrame) or stored.empty:
        return
    first = stored[stored["effect"].notna()].groupby("domain", sort=False, observed=True).head(N_SHOWN)
    held_out = "overlap" in stored and stored["overlap"].notna().any()
    yield Text(
        "Features that set a domain apart from the rest of the tissue, by falling effect (in standard deviations). "
        + (
            "Each was tested in domains that were found without it, so that q values are not those of a test in the same data. Overlap is "
            "the share of spots that such a domain has in common with the one shown."
            if held_out
            else "They were compared in these categories as they are: q values hold only if these were not found in the same features."
        )
    )
    if lost := not_found_again(stored):
        yield Text(f"Left out: {lost}.")
    if first.empty:
        return
    if unclear := _without_significant(stored):
        yield Text(f"No feature is significant (q below {SIGNIFICANT:g}) in {listed(unclear)}.")
    leading = first.groupby("domain", sort=False, observed=True).head(1)
    pairs = zip(leading["domain"].astype(str), leading["feature"].astype(str), strict=True)
    alt = f"Strongest features of each domain; the first are {'; '.join(f'{feature} in {domain}' for domain, feature in pairs)}."
    yield figure(subject, "drivers", alt, "Strongest features of each domain.", key=subject.key)
    columns = [name for name in COLUMNS if name in first and (name != "overlap" or held_out)]
    frame = first[columns].rename(columns=COLUMNS)
    formats = {name: share for name in ("Share in", "Share out") if name in frame}
    yield table(frame, f"First {N_SHOWN} features of each domain", groupby="Domain", formats=formats)


def _without_significant(stored: pd.DataFrame) -> list[str]:
    """Domains that no feature sets apart beyond chance."""
    least = stored.groupby("domain", sort=False, observed=True)["q_value"].min()
    return [f"domain {name}" for name in least.index[~(least < SIGNIFICANT)]]
