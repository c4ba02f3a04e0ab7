"""A file that an interrupted training goes on from."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

if TYPE_CHECKING:
    from pathlib import Path

    from lightning.pytorch import Trainer

    from spamca.nn import Settings, Tissue
    from spamca.train.plan import TrainingPlan

EVERY = 30.0
"""Seconds between two checkpoints."""


class Checkpoint(Callback):
    """Write the state of the training at the end of a pass, every :data:`EVERY` seconds.

    The file is left for whoever stores what came of the training: only then is there nothing to go on with.

    Parameters
    ----------
    path
        The file; it is written under another name first, so that an interruption leaves the one before.
    fingerprint
        What the training is of: a file of another one is not gone on from.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint, self.last = path, fingerprint, time.monotonic()

    def on_save_checkpoint(self, trainer: Trainer, pl_module: TrainingPlan, checkpoint: dict[str, Any]) -> None:
        """Write what the training is of."""
        checkpoint["spamca_fingerprint"] = self.fingerprint

    def on_train_epoch_end(self, trainer: Trainer, pl_module: TrainingPlan) -> None:
        """Save, where the time has come."""
        if not trainer.strategy.broadcast(time.monotonic() - self.last >= EVERY):
            return
        unfinished = self.path.with_name(self.path.name + ".part")
        trainer.save_checkpoint(unfinished)
        if trainer.is_global_zero:
            unfinished.replace(self.path)
        self.last = time.monotonic()


def fingerprint(tissue: Tissue, settings: Settings, **given: Any) -> str:
    """What a training is of: features, graphs, settings and arguments, as a digest."""
    digest = hashlib.sha256(repr((sorted(asdict(settings).items()), sorted(given.items()))).encode())
    held = [*tissue.features, tissue.spatial.weights]
    held += [graph.indices for graph in (tissue.spatial, *tissue.feature_graphs)]
    for tensor in held:
        digest.update(np.ascontiguousarray(tensor.numpy()))
    return digest.hexdigest()


def check_checkpoint(path: Path, expected: str) -> None:
    """Whether a file is a checkpoint of this very training.

    Raises
    ------
    ValueError
        If not. Nothing that the file holds is run.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True).get("spamca_fingerprint")
    except Exception as error:
        msg = f"checkpoint={str(path)!r} cannot be read as a checkpoint of spamca; delete it, or name another file"
        raise ValueError(msg) from error
    if found != expected:
        msg = (
            f"checkpoint={str(path)!r} is of another training (other data, settings, or seed); delete it, or name another "
            "file"
        )
        raise ValueError(msg)
