"""The training step, as Lightning wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from lightning.pytorch import LightningModule

from spamca.nn import losses
from spamca.nn.objective import TERMS

if TYPE_CHECKING:
    from torch import Tensor

    from spamca.nn import Settings, SpaMCA
    from spamca.nn.batch import Batch


class TrainingPlan(LightningModule):
    """One step: run the network, weigh the losses.

    Parameters
    ----------
    network
        The network to train.
    settings
        Choices of the losses and the optimiser.
    n_steps
        Number of steps that the history has room for.
    n_threads
        Threads of each process.
    """

    def __init__(self, network: SpaMCA, settings: Settings, *, n_steps: int, n_threads: int = 1) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.n_threads = n_threads
        # Kept on the device, so that no step waits for its values, and as buffers, so that they come along wherever weights go.
        self.register_buffer("record", torch.full((n_steps, len(TERMS)), torch.nan))
        self.register_buffer("n_done", torch.zeros((), dtype=torch.int64))

    def on_train_start(self) -> None:
        """Bring the tissue to where the network is."""
        torch.set_num_threads(self.n_threads)
        self.trainer.train_dataloader.place(self.device)

    def on_train_epoch_start(self) -> None:
        """Tell the batches which pass it is."""
        self.trainer.train_dataloader.epoch = self.current_epoch

    def training_step(self, batch: Batch) -> Tensor:
        """Give the total loss."""
        output = self.network(batch)
        with torch.autocast(self.device.type, enabled=False):  # sums over many spots are beyond half precision
            terms = losses(batch, output.float(), self.settings)
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
