"""How much each modality says about the domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.subject import as_mapping
from spamca._report.tables import table
from spamca._report.words import decimal, listed, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def weights(subject: Subject) -> Iterator[Block | None]:
    """Weights in the tissue, by domain and over all."""
    if not subject.weights:
        return
    names, means = list(subject.weights), [float(np.nanmean(one)) for one in subject.weights.values()]
    yield Text(
        "The weight of a modality in a spot is its share in what all modalities say about the domain of the spot; "
        f"equal shares would be {1 / len(names):.2f} each."
    )
    if subject.n_alone:
        left = f"{number_of(subject.n_alone, 'spot')} with one modality only"
        yield Text(f"Left out here: {left}. There the weight is 1 whatever the modality says.")
    said = listed(f"{name} (mean {mean:.2f})" for name, mean in zip(names, means, strict=True))
    alt = f"Weight of {said}, in the tissue and as boxes for each of {number_of(len(subject.names), 'domain')}."
    yield figure(
        subject, "modality_weights", alt, "Weights in the tissue, and in each domain.", key=subject.key, **subject.place
    )
    by_domain = {name: subject.by_domain(values) for name, values in subject.weights.items()}
    frame = pd.DataFrame(
        {"Domain": [*subject.names, "all spots"]} | {n: [*by_domain[n], m] for n, m in zip(names, means, strict=True)}
    )
    formats = dict.fromkeys(names, "{:.2f}".format)
    yield table(frame, "Mean weight in each domain", formats=formats, colors=[*subject.colors, None])
    of_all = as_mapping(as_mapping(subject.record.get("domains")).get("weights"))
    if of_all:
        powers = listed(f"{decimal(of_all[name])} for {name}" for name in names if name in of_all)
        yield Text(
            f"In the search for domains the likelihood of a modality was raised to a power: {powers}. With 1 it counts in full."
        )
