"""Domains in the tissue, and their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca._report.figures import figure
from spamca._report.tables import table
from spamca._report.words import count, number_of, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def domains(subject: Subject) -> Iterator[Block | None]:
    """The figure of the domains, and the table of their sizes."""
    names, sizes, n_obs = subject.names, subject.sizes, subject.mdata.n_obs
    library = subject.library
    among = "" if library is None else f" and {number_of(len(library.categories), 'section')}"
    largest = int(sizes.argmax())
    alt = (
        f"Tissue of {number_of(n_obs, 'spot')}{among} in {number_of(len(names), 'domain')}; "
        f"the largest, {names[largest]}, holds {share(sizes[largest] / n_obs)}."
    )
    yield figure(
        subject, "spatial_clusters", alt, "Domains in the tissue.", color=subject.key, ncols=3, **subject.place
    )
    frame = pd.DataFrame({"Domain": names, "Spots": sizes, "Share": sizes / n_obs})
    formats = {"Spots": count, "Share": share}
    if subject.confidence is not None:
        frame["Mean confidence"] = subject.by_domain(subject.confidence)
        formats["Mean confidence"] = "{:.2f}".format
    if library is not None:
        for code, section in enumerate(library.categories):
            here = library.codes == code
            of_section = np.bincount(subject.codes[here & (subject.codes >= 0)], minlength=len(names))
            frame[f"Share of {section}"] = of_section / here.sum()
            formats[f"Share of {section}"] = share
    yield table(frame, "Sizes of the domains", formats=formats, colors=subject.colors)
