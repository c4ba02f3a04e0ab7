"""Every choice that was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca._report.blocks import Facts
from spamca._report.subject import as_mapping
from spamca._report.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca._report.blocks import Block
    from spamca._report.subject import Subject

SHOWN = {
    "params": "Parameters of the result",
    "cluster": "Search for domains",
    "graphs": "Graphs",
    "transform": "Transfer from a model",
}
"""Entries of the record that are shown, and their captions."""

OF_TRAINING = frozenset(
    (
        *("mask_rate", "learnable_token", "independent_masks", "contrast", "n_contrasted", "target", "temperature"),
        *("reconstruction_weight", "contrast_weight", "cluster_weight", "alignment_weight", "learning_rate"),
        *("max_epochs", "early_stopping", "strategy", "precision"),
    )
)
"""Parameters that a network without a training makes no use of."""


def parameters(subject: Subject) -> Iterator[Block]:
    """Parameters, by the caller or by default, as they are stored; those of a training only if there was one."""
    trained = np.size(as_mapping(subject.record.get("history")).get("total", ()))
    for name, caption in SHOWN.items():
        held = subject.record.get(name, {})
        if name == "params" and not trained:
            held = {one: value for one, value in as_mapping(held).items() if one not in OF_TRAINING}
        rows = list(flat(held))
        if rows:
            yield Facts(rows, caption)


def flat(held: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Names, joined by dots where nested, and values as text; without the matrices of a read-out."""
    if not isinstance(held, Mapping):
        return
    for name, value in held.items():
        if isinstance(value, Mapping):
            yield from () if name == "readout" else flat(value, f"{before}{name}.")
        elif getattr(value, "ndim", 0) < 2:
            yield f"{before}{name}", plain(value)
