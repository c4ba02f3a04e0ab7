"""Train the network on a tissue and read its latents."""

from __future__ import annotations

import logging
import math
import signal
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from lightning.pytorch import Trainer
from torch.utils.data import DataLoader

from spamca.nn import Latents, SpaMCA
from spamca.train.callbacks import ProgressBar, StopWhenFlat
from spamca.train.plan import TrainingPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from spamca.nn import Settings, Tissue

SPOTS_PER_THREAD = 4_000
"""Below this many spots a second thread costs more in waiting than it saves in work."""


@dataclass(frozen=True)
class Fit:
    """A trained network.

    Parameters
    ----------
    network
        The network, in evaluation mode, on the CPU.
    latents
        Latents of all spots, on the CPU.
    history
        Each loss per epoch, (n_epochs,).
    n_threads
        Number of threads used: another one may round differently.
    """

    network: SpaMCA
    latents: Latents
    history: dict[str, Tensor]
    n_threads: int


def fit(
    tissue: Tissue,
    n_clusters: int,
    settings: Settings,
    *,
    random_state: int = 0,
    accelerator: str = "auto",
    devices: int | str | list[int] = "auto",
    precision: str = "32-true",
    progress_bar: bool = True,
) -> Fit:
    """Train on the whole tissue.

    Parameters
    ----------
    tissue
        Features and graphs.
    n_clusters
        Number of clusters of the head.
    settings
        Choices of the network and its training.
    random_state
        Seed of the weights, masks and negatives. The global random state is left as it was.
    accelerator, devices, precision
        As in :class:`lightning.pytorch.Trainer`. ``"auto"`` takes one CUDA device where there is one
        and else the CPU.
    progress_bar
        Whether to show one.

    Returns
    -------
    The trained network, its latents and the history of its losses.

    Raises
    ------
    FloatingPointError
        If the loss does not stay finite.
    """
    with torch.random.fork_rng(devices=[]), threads(tissue.n_spots) as n_threads:
        torch.default_generator.manual_seed(random_state)
        network = SpaMCA(tissue.n_features, n_clusters, settings)
        plan = TrainingPlan(network, settings, random_state=random_state)
        callbacks = ([ProgressBar()] if progress_bar else []) + ([StopWhenFlat()] if settings.early_stopping else [])
        if settings.max_epochs > 0:
            with quiet_lightning(), interruptible():
                trainer = Trainer(
                    accelerator=_accelerator(accelerator),
                    # The whole tissue is one batch: further devices would only repeat the work.
                    devices=1 if devices == "auto" else devices,
                    precision=precision,
                    max_epochs=settings.max_epochs,
                    callbacks=callbacks,
                    logger=False,
                    enable_checkpointing=False,
                    enable_model_summary=False,
                    enable_progress_bar=False,
                )
                trainer.fit(plan, DataLoader([tissue], batch_size=None))
        network = network.cpu().eval()
        _check_finite(network, plan.history(), settings)
        masks = network.draw_masks(tissue, plan.generator) if settings.mask_at_inference else None
        with torch.no_grad():
            latents = network.embed(tissue, masks)
        if settings.normalize:
            latents = replace(latents, fused=F.normalize(latents.fused, dim=1))
    return Fit(network, latents, plan.history(), n_threads)


def _check_finite(network: SpaMCA, history: dict[str, Tensor], settings: Settings) -> None:
    if all(parameter.isfinite().all() for parameter in network.parameters()):
        return
    epoch = int((~history["total"].isfinite()).int().argmax())
    msg = (
        f"training diverged: the loss was not finite from epoch {epoch} on; give a learning_rate below "
        f"{settings.learning_rate} in settings"
    )
    raise FloatingPointError(msg)


def _accelerator(accelerator: str) -> str:
    # Lightning's "auto" also takes MPS, which is slower than the CPU on sparse products.
    if accelerator != "auto":
        return accelerator
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def threads(n_spots: int) -> Iterator[int]:
    """As many threads as the size of the problem feeds, up to the caller's number; restored afterwards."""
    before = torch.get_num_threads()
    wanted = min(before, max(1, math.ceil(n_spots / SPOTS_PER_THREAD)))
    torch.set_num_threads(wanted)
    try:
        yield wanted
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning from telling about devices that are not used and workers that a batch in memory does not need."""
    log = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", message=".*lightning.*|.*does not have many workers.*")
            warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
            yield
    finally:
        log.setLevel(level)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt by the user reach the caller as such.

    Lightning answers it by leaving the interpreter, and ignores every further interrupt.
    """
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if main else None
    try:
        yield
    except SystemExit as error:
        raise KeyboardInterrupt from error
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
