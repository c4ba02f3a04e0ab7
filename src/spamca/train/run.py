"""The steps of a training, by Lightning; imported only where there are some, as Lightning takes seconds to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lightning.pytorch import Trainer

from spamca.train.plan import Checkpoint, ProgressBar, StopWhenFlat, TrainingPlan
from spamca.train.runtime import accelerator_of, n_devices_of, quiet_lightning, strategy_of

if TYPE_CHECKING:
    from pathlib import Path

    from lightning.pytorch import Callback
    from torch import Tensor

    from spamca.nn import SpaMCA
    from spamca.train.batches import Batches

OWN = ("logger", "enable_checkpointing", "enable_model_summary", "enable_progress_bar", "use_distributed_sampler")
OFF: dict[str, Any] = dict.fromkeys(OWN, False)
"""What Lightning's trainer does by itself and is done here otherwise, or not at all."""


def run(
    network: SpaMCA,
    batches: Batches,
    *,
    n_threads: int,
    accelerator: str,
    devices: int | str | list[int],
    strategy: str,
    precision: str,
    progress_bar: bool,
    checkpoint: Path | None,
    given: dict[str, Any],
) -> dict[str, Tensor]:
    """Train a network, which ends on the CPU, and give each loss per step; arguments as of :func:`spamca.train.fit`.

    ``n_threads`` are those of all processes, ``given`` what a checkpoint depends on but for tissue and settings.
    """
    settings, n_devices = network.settings, n_devices_of(devices)
    plan = TrainingPlan(network, n_steps=batches.n_passes * len(batches), n_threads=max(1, n_threads // n_devices))
    callbacks: list[Callback] = [ProgressBar()] if progress_bar else []
    callbacks += [StopWhenFlat()] if settings.early_stopping else []
    resumed = None
    if checkpoint is not None:
        kept = Checkpoint(checkpoint, batches.tissue, settings, given)
        callbacks.append(kept)
        resumed = kept.resumed()
    strategy = strategy_of(strategy, n_devices)
    with quiet_lightning():
        Trainer(
            max_epochs=batches.n_passes,
            callbacks=callbacks,
            **OFF,
            accelerator=accelerator_of(accelerator),
            devices=1 if devices == "auto" else devices,
            # Some settings leave parameters without a loss; processes must not wait for their gradients.
            strategy=strategy if strategy == "auto" else f"{strategy}_find_unused_parameters_true",
            precision=precision,  # type: ignore[arg-type]  # one of its names
        ).fit(plan, batches, ckpt_path=resumed, weights_only=True)
    plan.cpu()
    return plan.history()
