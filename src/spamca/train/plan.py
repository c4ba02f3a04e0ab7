"""The training step, as Lightning wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from lightning.pytorch import LightningModule

from spamca.nn import losses

if TYPE_CHECKING:
    from torch import Tensor

    from spamca.nn import Settings, SpaMCA, Tissue


class TrainingPlan(LightningModule):
    """One step: draw masks, run the network, weigh the losses.

    Parameters
    ----------
    network
        The network to train.
    settings
        Choices of the losses and the optimiser.
    random_state
        Seed of masks and negatives, drawn from generators of the plan's own.
    """

    def __init__(self, network: SpaMCA, settings: Settings, *, random_state: int) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.generator = torch.Generator().manual_seed(random_state)
        self.steps: list[dict[str, Tensor]] = []

    def training_step(self, batch: Tissue) -> Tensor:
        """Give the total loss; all losses are kept on the device, so that no step waits for their values."""
        masks = self.network.draw_masks(batch, self.generator)
        output = self.network(batch, masks)
        terms = losses(batch, output, masks, self.settings, self.generator)
        self.steps.append({name: term.detach() for name, term in terms.items()})
        return terms["total"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam (Kingma and Ba 2015)."""
        return torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate)

    def history(self) -> dict[str, Tensor]:
        """Each loss per step, float32 of shape (n_steps,), on the CPU."""
        if not self.steps:
            return {}
        return {name: torch.stack([step[name] for step in self.steps]).float().cpu() for name in self.steps[0]}
