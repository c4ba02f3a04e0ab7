"""Train the network on a tissue and read its latents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from spamca.nn import Latents, SpaMCA, start
from spamca.train.batches import Batches, embed, tiles
from spamca.train.runtime import n_devices_of, threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from torch import Tensor

    from spamca.nn import Inputs, Settings


@dataclass(frozen=True)
class Fit:
    """A trained network."""

    network: SpaMCA  #: in evaluation mode, on the CPU
    latents: Latents  #: of all spots, on the CPU
    history: dict[str, Tensor]  #: each loss per step, (n_steps,)
    n_threads: int  #: number of threads used: another one may round differently


def fit(
    tissue: Inputs,
    n_clusters: int,
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
    tissue, n_clusters, settings
        Features and graphs, on the CPU; number of clusters of the head, where the settings have one; choices of the
        network and its training.
    trust
        Weight of each modality in the fused latent, from 0 to 1; None is 1. Only for ``fusion="sum"``.
    position, batch_size, random_state
        As in :class:`~spamca.train.batches.Batches`; the seed is of the weights too. The global random state is left as
        it was.
    accelerator, devices, strategy, precision
        As in :class:`lightning.pytorch.Trainer`. ``"auto"`` takes one CUDA device where there is one and else the CPU.
    checkpoint
        File that the state of the training is written to now and then, and gone on from where it is there. It is left
        when the training has ended.
    progress_bar
        Whether to show one.

    Raises
    ------
    ValueError
        If the checkpoint is there and of another training.
    FloatingPointError
        If the loss does not stay finite.
    """
    n_devices = n_devices_of(devices)
    batches = Batches(
        tissue, settings, batch_size=batch_size, position=position, n_processes=n_devices, random_state=random_state
    )
    n_passes = batches.n_passes
    with torch.random.fork_rng(devices=[]), threads(-(-tissue.n_spots // len(batches))) as n_threads:
        torch.default_generator.manual_seed(random_state)
        network = SpaMCA(tissue.n_features, n_clusters, settings)
        if trust is not None:
            network.fusion.get_buffer("trust").copy_(torch.as_tensor(trust))
        n_blocks = -(-tissue.n_spots // settings.spots_per_batch)
        blocks = tiles(tissue.spatial, n_blocks, position) if batches.parted else None
        if settings.start == "structure":
            start(network, tissue, blocks if tissue.n_spots > settings.whole_tissue else None)
        history: dict[str, Tensor] = {}
        if n_passes > 0:
            from spamca.train.run import run

            history = run(
                network,
                batches,
                n_threads=n_threads,
                accelerator=accelerator,
                devices=devices,
                strategy=strategy,
                precision=precision,
                progress_bar=progress_bar,
                checkpoint=None if checkpoint is None else Path(checkpoint),
                given={
                    "n_clusters": n_clusters,
                    "random_state": random_state,
                    "batch_size": batch_size,
                    "trust": trust,
                },
            )
        torch.set_num_threads(n_threads)
        _check_finite(network, history, settings)
        masks = batches.masks(n_passes) if settings.mask_at_inference else None
        latents = embed(network.to(batches.tissue.device).eval(), batches.tissue, blocks, masks)
    return Fit(network.cpu(), latents, history, n_threads)


def _check_finite(network: SpaMCA, history: dict[str, Tensor], settings: Settings) -> None:
    if all(parameter.isfinite().all() for parameter in network.parameters()):
        return
    # the number of steps where only the weights are not finite
    step = int(history["total"].isfinite().cumprod(0).sum())
    remedy = f"give a learning_rate below {settings.learning_rate} in settings"
    msg = f"training diverged: the loss was not finite from step {step} on; {remedy}"
    raise FloatingPointError(msg)
