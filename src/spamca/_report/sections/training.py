"""The losses of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca._report.blocks import Text
from spamca._report.figures import figure
from spamca._report.subject import as_mapping
from spamca._report.words import decimal, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject


def training(subject: Subject) -> Iterator[Block | None]:
    """Each loss by step; nothing where the network was not trained."""
    history = as_mapping(subject.record.get("history"))
    total = np.asarray(history.get("total", []), dtype=np.float64)
    if not total.size:
        return
    said = f"{number_of(len(total), 'step')} took the total loss from {decimal(total[0])} to {decimal(total[-1])}."
    yield Text(f"The network was trained: {said}")
    alt = f"Each loss by step; {said}"
    caption = "Losses by step. A total that still falls at the end asks for more steps."
    yield figure(subject, "training_history", alt, caption, vector=True, key=subject.key)
