"""Train the network on a tissue and read its latents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import Trainer

from spamca._logging import logger
from spamca.nn import Latents, SpaMCA, losses, start
from spamca.nn.batch import draw
from spamca.train.batches import JOINED, SPOTS, Batches
from spamca.train.callbacks import ProgressBar, StopWhenFlat
from spamca.train.checkpoint import Checkpoint, check_checkpoint, fingerprint
from spamca.train.embed import embed
from spamca.train.plan import TrainingPlan
from spamca.train.quiet import interruptible, quiet_lightning
from spamca.train.strategy import accelerator_of, n_devices_of, strategy_of
from spamca.train.threads import threads
from spamca.train.tiles import tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from torch import Tensor

    from spamca.nn import Settings, Tissue

LEAST_PASSES = 3
"""Passes over tissue of several batches, however few steps it would need."""


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
        Each loss per step, (n_steps,).
    n_threads
        Number of threads used: another one may round differently.
    """

    network: SpaMCA
    latents: Latents
    history: dict[str, Tensor]
    n_threads: int


def fit(
    tissue: Tissue,
    n_clusters: int | None,
    settings: Settings,
    *,
    trust: Sequence[float] | None = None,
    position: np.ndarray | None = None,
    batch_size: int | None = None,
    random_state: int = 0,
    accelerator: str = "auto",
    devices: int | str | list[int] = "auto",
    strategy: str = "auto",
    precision: str = "32-true",
    checkpoint: str | Path | None = None,
    progress_bar: bool = True,
) -> Fit:
    """Train on a tissue.

    Parameters
    ----------
    tissue
        Features and graphs.
    n_clusters
        Number of clusters of the head, if the settings ask for one.
    settings
        Choices of the network and its training.
    trust
        Weight of each modality in the fused latent, from 0 to 1; None trusts all in full. Only for
        ``fusion="sum"``.
    position
        Coordinates of the spots, (n_spots, n_dimensions): tiles are cut by them. None cuts along the spatial graph.
    batch_size
        Spots of a step, over all devices; None takes the whole tissue while it is small.
    random_state
        Seed of the weights, masks and negatives. The global random state is left as it was.
    accelerator, devices, strategy, precision
        As in :class:`lightning.pytorch.Trainer`. ``"auto"`` takes one CUDA device where there is one
        and else the CPU.
    checkpoint
        File that the state of the training is written to now and then, and gone on from where it is there. It is left when the
        training has ended.
    progress_bar
        Whether to show one.

    Returns
    -------
    The trained network, its latents and the history of its losses.

    Raises
    ------
    ValueError
        If the checkpoint is there and of another training.
    FloatingPointError
        If the loss does not stay finite.
    """
    devices, n_devices = 1 if devices == "auto" else devices, n_devices_of(devices)
    batches = Batches(
        tissue,
        settings,
        batch_size=batch_size,
        position=position,
        n_processes=n_devices,
        random_state=random_state,
    )
    n_passes = batches.n_passes(LEAST_PASSES)
    with torch.random.fork_rng(devices=[]), threads(-(-tissue.n_spots // len(batches))) as n_threads:
        torch.default_generator.manual_seed(random_state)
        network = SpaMCA(tissue.n_features, n_clusters, settings)
        if trust is not None:
            if settings.fusion != "sum":
                msg = f"trust={list(trust)!r} needs fusion='sum', got {settings.fusion!r}; leave trust out"
                raise ValueError(msg)
            network.fusion.trust.copy_(torch.as_tensor(trust))
        if settings.start == "structure":
            start(network, tissue)
        plan = TrainingPlan(
            network, settings, n_steps=n_passes * len(batches), n_threads=max(1, n_threads // n_devices)
        )
        if n_devices > 1 or strategy != "auto":
            freeze_unused(network, batches)
        if n_passes > 0:
            marked = {"n_clusters": n_clusters, "random_state": random_state, "batch_size": batch_size, "trust": trust}
            with quiet_lightning(), interruptible():
                _train(
                    plan,
                    batches,
                    n_passes,
                    checkpoint=checkpoint,
                    marked=marked,
                    progress_bar=progress_bar,
                    accelerator=accelerator_of(accelerator),
                    devices=devices,
                    strategy=strategy_of(strategy, n_devices),
                    precision=precision,
                )
        torch.set_num_threads(n_threads)
        plan.cpu()
        _check_finite(network, plan.history(), settings)
        masks = batches.masks(n_passes) if settings.mask_at_inference else None
        blocks = None if batches.tiles is None else tiles(tissue.spatial, -(-tissue.n_spots // SPOTS), position)
        latents = embed(network.to(batches.tissue.device).eval(), batches.tissue, blocks, masks)
    return Fit(network.cpu(), latents, plan.history(), n_threads)


def _train(
    plan: TrainingPlan,
    batches: Batches,
    n_passes: int,
    *,
    checkpoint: str | Path | None,
    marked: dict[str, Any],
    progress_bar: bool,
    **given: Any,
) -> None:
    callbacks = [ProgressBar()] if progress_bar else []
    if plan.settings.early_stopping:
        callbacks.append(StopWhenFlat())
    resumed = None
    if checkpoint is not None:
        path, mark = Path(checkpoint), fingerprint(batches.tissue, plan.settings, **marked)
        if path.exists():
            check_checkpoint(path, mark)
            logger.info("integrate: going on from %s", path)
            resumed = path
        callbacks.append(Checkpoint(path, mark))
    trainer = Trainer(
        max_epochs=n_passes,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        use_distributed_sampler=False,
        **given,
    )
    trainer.fit(plan, batches, ckpt_path=resumed, weights_only=True)


def freeze_unused(network: SpaMCA, batches: Batches) -> None:
    """Take parameters out of the training that no loss depends on: processes would wait for their gradients.

    They are the encoders of views that are left out, and the projectors of a single modality.
    """
    some = torch.arange(min(batches.tissue.n_spots, 2 * JOINED))
    batch = draw(batches.tissue, network.settings, batches.masks(0), torch.Generator(), some)
    network.eval()
    losses(batch, network(batch), network.settings)["total"].backward()
    network.train()
    for parameter in network.parameters():
        parameter.requires_grad_(parameter.grad is not None)
        parameter.grad = None


def _check_finite(network: SpaMCA, history: dict[str, Tensor], settings: Settings) -> None:
    if all(parameter.isfinite().all() for parameter in network.parameters()):
        return
    step = int(history["total"].isfinite().cumprod(0).sum())  # the number of steps where the last one led there
    msg = (
        f"training diverged: the loss was not finite from step {step} on; give a learning_rate below "
        f"{settings.learning_rate} in settings"
    )
    raise FloatingPointError(msg)
