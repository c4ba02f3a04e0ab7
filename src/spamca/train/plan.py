"""What Lightning runs: the training step, and callbacks for progress, early stopping and checkpoints."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule
from tqdm.auto import tqdm

from spamca._logging import logger
from spamca.nn.objective import TERMS, losses

if TYPE_CHECKING:
    from pathlib import Path

    from lightning.pytorch import Trainer
    from torch import Tensor

    from spamca.nn import Inputs, Settings, SpaMCA
    from spamca.nn.batch import Batch


class TrainingPlan(LightningModule):
    """One step: run the network, weigh the losses. There is room for the losses of ``n_steps``."""

    record: Tensor
    n_done: Tensor

    def __init__(self, network: SpaMCA, *, n_steps: int, n_threads: int = 1) -> None:
        super().__init__()
        self.network, self.settings, self.n_threads = network, network.settings, n_threads
        # On the device, so that no step waits for its values, and as buffers, so that they go wherever weights go.
        self.register_buffer("record", torch.full((n_steps, len(TERMS)), torch.nan))
        self.register_buffer("n_done", torch.zeros((), dtype=torch.int64))

    def on_train_start(self) -> None:
        """Bring the tissue to where the network is."""
        torch.set_num_threads(self.n_threads)
        self._batches.place(self.device)

    def on_train_epoch_start(self) -> None:
        """Name the pass to the batches."""
        self._batches.epoch = self.current_epoch

    @property
    def _batches(self) -> Any:
        return self.trainer.train_dataloader

    def training_step(self, batch: Batch) -> Tensor:
        """Give the total loss."""
        output = self.network(batch)
        with torch.autocast(self.device.type, enabled=False):
            terms = losses(batch, output, self.settings)
        self.record[self.global_step] = torch.stack([terms[name].detach() for name in TERMS])
        self.n_done += 1
        return terms["total"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam (Kingma and Ba 2015)."""
        return torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate, fused=True)

    def history(self) -> dict[str, Tensor]:
        """Each loss per step, float32 of shape (n_steps,), on the CPU."""
        done = self.record[: int(self.n_done)].cpu()
        return dict(zip(TERMS, done.T.contiguous(), strict=True)) if len(done) else {}


class ProgressBar(Callback):
    """A single bar over all steps, with the loss; of several processes the first shows it."""

    bar: Any = None

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Open the bar."""
        n_steps, done, hidden = len(pl_module.record), trainer.global_step, not trainer.is_global_zero
        self.bar = tqdm(total=n_steps, initial=done, desc="integrate", unit="step", disable=hidden)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any, **kwargs: Any) -> None:
        """Step the bar."""
        if trainer.global_step % pl_module.settings.look_every == 0:
            loss = pl_module.record[trainer.global_step - 1, 0].item()
            self.bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
        self.bar.update(1)

    def on_train_end(self, *args: Any, **kwargs: Any) -> None:
        """Close the bar where it is."""
        if self.bar is not None:
            self.bar.close()
        self.bar = None

    on_exception = on_train_end


class StopWhenFlat(Callback):
    """Stop when the mean loss of the last steps is no longer below that of the steps before them.

    Masks differ from step to step, and so does the loss: Lightning's EarlyStopping would compare single values.
    """

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any, **kwargs: Any) -> None:
        """Compare the last two windows every few steps."""
        done, settings, window = trainer.global_step, pl_module.settings, pl_module.settings.flat_window
        if done % settings.look_every or done < 2 * window:
            return
        before, after = (part.mean().item() for part in pl_module.record[done - 2 * window : done, 0].chunk(2))
        if before - after < settings.flat_tolerance * abs(before):
            trainer.should_stop = True


class Checkpoint(Callback):
    """Write the state of the training now and then, at the end of a pass; the file stays until the result is stored.

    It is written under another name first, so that an interruption leaves the one before; Lightning's ModelCheckpoint
    writes in place. The digest is of all that the training depends on: features, graphs, settings and arguments.
    """

    def __init__(self, path: Path, tissue: Inputs, settings: Settings, given: dict[str, Any]) -> None:
        self.path, self.last = path, time.monotonic()
        digest = hashlib.sha256(repr((sorted(asdict(settings).items()), sorted(given.items()))).encode())
        graphs = (tissue.spatial, *tissue.feature_graphs)
        for tensor in (*tissue.features, tissue.spatial.weights, *(graph.indices for graph in graphs)):
            digest.update(np.ascontiguousarray(tensor.numpy()).data)
        self.fingerprint = digest.hexdigest()

    def resumed(self) -> Path | None:
        """The file to go on from, where it is there; a ValueError if it is of another training. Nothing in it runs."""
        if not self.path.exists():
            return None
        name = f"checkpoint={str(self.path)!r}"
        try:
            found = torch.load(self.path, map_location="cpu", weights_only=True).get("spamca_fingerprint")
        except Exception as error:
            msg = f"{name} cannot be read as a checkpoint of spamca; delete it, or name another file"
            raise ValueError(msg) from error
        if found != self.fingerprint:
            msg = f"{name} is of another training (other data, settings, or seed); delete it, or name another file"
            raise ValueError(msg)
        logger.info("integrate: going on from %s", self.path)
        return self.path

    def on_save_checkpoint(self, trainer: Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Write what the training is of."""
        checkpoint["spamca_fingerprint"] = self.fingerprint

    def on_train_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Save, where it is time."""
        if not trainer.strategy.broadcast(time.monotonic() - self.last >= pl_module.settings.checkpoint_every):
            return
        unfinished = self.path.with_name(self.path.name + ".part")
        trainer.save_checkpoint(unfinished)
        if trainer.is_global_zero:
            unfinished.replace(self.path)
        self.last = time.monotonic()
