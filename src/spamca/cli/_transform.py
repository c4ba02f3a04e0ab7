"""``spamca transform``: domains of new tissue from a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spamca.cli._job import Work, perform

if TYPE_CHECKING:
    import argparse

    from spamca.cli._signals import Interruption

FIGURES = ["domains", "modality_weights"]


def transform(call: argparse.Namespace, interruption: Interruption) -> None:
    """Apply a saved model.

    Parameters
    ----------
    call
        What was typed.
    interruption
        Signals that have arrived.
    """
    from spamca.cli._parser import TRANSFORM

    def steps(work: Work) -> None:
        from spamca import tl

        work.step("tl.transform", tl.transform, model=call.model)

    perform(call, interruption, TRANSFORM.functions, steps, FIGURES, model=Path(call.model))
