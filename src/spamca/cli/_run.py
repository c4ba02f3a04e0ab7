"""``spamca run``: from a tissue to its domains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spamca import _keys
from spamca._logging import logger
from spamca.cli import _process
from spamca.cli._job import Work, perform

if TYPE_CHECKING:
    import argparse

    from spamca.cli._signals import Interruption

FIGURES = ["domains", "modality_weights", "confidence"]


def run(call: argparse.Namespace, interruption: Interruption) -> None:
    """Features, graphs, training, domains.

    Parameters
    ----------
    call
        What was typed.
    interruption
        Signals that have arrived.
    """
    from spamca.cli._parser import RUN

    save_model = None if call.save_model is None else Path(call.save_model)
    perform(call, interruption, RUN.functions, _steps, FIGURES, save_model=save_model)


def _steps(work: Work) -> None:
    """Those steps that are wanted or needed."""
    from spamca import pp, tl

    if _wanted(work, "pp.prepare"):
        work.step("pp.prepare", pp.prepare)
    if _wanted(work, "pp.neighbors") or not _has_graphs(work):
        work.step("pp.neighbors", pp.neighbors)
    else:
        logger.info("run: taking the graphs that the input has; an option of pp.neighbors builds others")
    work.step("tl.integrate", tl.integrate)
    domains = _wanted(work, "tl.cluster") or work.given_to("tl.integrate").get("preset") == "paper"
    if domains and _process.is_first(work.values.get("devices", "auto")):
        work.step("tl.cluster", tl.cluster)


def _wanted(work: Work, name: str) -> bool:
    """Whether an option of a step was given; the seed is that of all."""
    return bool(work.given_to(name).keys() - {"random_state"})


def _has_graphs(work: Work) -> bool:
    return _keys.SPATIAL_NEIGHBORS in work.mdata.uns and any(
        _keys.MODALITY_RECORD in m.uns for m in work.mdata.mod.values()
    )
