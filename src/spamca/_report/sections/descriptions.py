"""Size, shape, neighbours and composition of the domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spamca import _keys
from spamca._report.blocks import Text
from spamca._report.subject import as_mapping
from spamca._report.tables import table
from spamca._report.words import count, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject

N_SHOWN = 3
"""Neighbours, and categories of the composition, of each domain."""

COLUMNS = {
    "section": "Section",
    "domain": "Domain",
    "n_spots": "Spots",
    "n_pieces": "Pieces",
    "largest_piece": "Largest piece",
    "area": "Area",
    "elongation": "Elongation",
    "curl": "Curl",
    "purity": "Purity",
    "neighbor": "Neighbour",
    "category": "Category",
    "share": "Share",
    "expected": "Expected",
    "log2_enrichment": "Log2 enrichment",
}
"""Columns of the stored tables that are shown, and their headings."""

FORMATS = {"Spots": count, "Pieces": count, "Largest piece": share, "Share": share, "Expected": share}


def descriptions(subject: Subject) -> Iterator[Block]:
    """The tables that ``tl.describe`` stored."""
    stored = as_mapping(subject.stored(_keys.description(subject.key)))
    tables = {name: _shown(stored.get(name), first) for name, first in FIRST.items()}
    if tables["domains"] is not None:
        yield Text(
            "Pieces are connected parts. Elongation is 0 for a disc and near 1 for a thin bar, curl 0 for straight and near 1 for "
            "coiled; purity is the share of the domain within its outlines."
        )
    for name, frame in tables.items():
        if frame is not None:
            yield table(frame, CAPTIONS[name], formats={one: write for one, write in FORMATS.items() if one in frame})


CAPTIONS = {
    "domains": "Size and shape of the domains",
    "neighbors": f"First {N_SHOWN} neighbours of each domain, by share of the edges that leave it",
    "composition": f"First {N_SHOWN} categories of each domain",
}
FIRST = {"domains": None, "neighbors": N_SHOWN, "composition": N_SHOWN}


def _shown(stored: object, most: int | None) -> pd.DataFrame | None:
    """The columns shown, of each domain the rows of the largest share; without the section where there is one."""
    if not isinstance(stored, pd.DataFrame) or stored.empty or "domain" not in stored:
        return None
    frame = stored
    if most is not None and "share" in frame:
        by = [name for name in ("section", "domain") if name in frame]
        ranked = (
            frame.sort_values("share", ascending=False, kind="stable").groupby(by, observed=True, sort=False).head(most)
        )
        order = frame[by].drop_duplicates().reset_index(drop=True)
        frame = order.merge(ranked, on=by, how="inner")
    alone = "section" in frame and frame["section"].nunique() < 2
    names = [name for name in COLUMNS if name in frame and not (alone and name == "section")]
    if most is None:
        names = [name for name in names if name != "share"]
    frame = frame[names].rename(columns=COLUMNS)
    first = [name for name in ("Domain", "Section") if name in frame]
    return frame[[*first, *(name for name in frame if name not in first)]]
