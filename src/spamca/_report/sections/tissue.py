"""What tissue it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._report.blocks import Text
from spamca._report.subject import as_mapping
from spamca._report.tables import table
from spamca._report.words import NONE, count, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def tissue(subject: Subject) -> Iterator[Block]:
    """Spots, sections, modalities and their features."""
    mdata, library = subject.mdata, subject.library
    sections = None if library is None else len(library.categories)
    where = "" if sections is None else f" in {number_of(sections, 'section')}"
    yield Text(f"{number_of(mdata.n_obs, 'spot')}{where}, measured with {number_of(len(mdata.mod), 'modality')}.")
    rows = []
    for name, modality in mdata.mod.items():
        record = as_mapping(modality.uns.get(_keys.MODALITY_RECORD))
        n_spots = int((_edge.measured_rows(mdata, name) >= 0).sum())
        rows.append(
            {
                "Modality": name,
                "Kind": record.get("kind", NONE),
                "Spots": n_spots,
                "Features": modality.n_vars,
                "Prepared by": record.get("steps", NONE),
            }
        )
    yield table(pd.DataFrame(rows), "Modalities", formats={"Spots": count, "Features": count})
    if library is not None:
        sizes = np.bincount(library.codes, minlength=len(library.categories))
        frame = pd.DataFrame({"Section": library.categories.astype(str), "Spots": sizes})
        yield table(frame, "Sections", formats={"Spots": count})
