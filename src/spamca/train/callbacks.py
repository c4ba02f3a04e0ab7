"""What watches the training: progress and early stopping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lightning.pytorch.callbacks import Callback
from tqdm.auto import tqdm

if TYPE_CHECKING:
    from lightning.pytorch import Trainer

    from spamca.train.plan import TrainingPlan

LOOK_EVERY = 10
"""Steps between two looks at the loss: each look waits for the device."""


class ProgressBar(Callback):
    """A single bar over all steps, with the loss; of several processes the first shows it."""

    def __init__(self) -> None:
        self.bar: tqdm | None = None

    def on_train_start(self, trainer: Trainer, pl_module: TrainingPlan) -> None:
        """Open the bar."""
        self.bar = tqdm(
            total=len(pl_module.record),
            initial=trainer.global_step,
            desc="integrate",
            unit="step",
            leave=True,
            disable=not trainer.is_global_zero,
        )

    def on_train_batch_end(self, trainer: Trainer, pl_module: TrainingPlan, *args: Any) -> None:
        """Step the bar."""
        if trainer.global_step % LOOK_EVERY == 0:
            loss = pl_module.record[trainer.global_step - 1, 0].item()
            self.bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
        self.bar.update(1)

    def on_train_end(self, trainer: Trainer, pl_module: TrainingPlan) -> None:
        """Close the bar."""
        self.bar.close()
        self.bar = None

    def on_exception(self, trainer: Trainer, pl_module: TrainingPlan, exception: BaseException) -> None:
        """Close the bar where it is."""
        if self.bar is not None:
            self.bar.close()


class StopWhenFlat(Callback):
    """Stop when the mean loss of the last steps is no longer below that of the steps before them.

    Masks differ from step to step and so does the loss: means of windows are compared, not single values.

    Parameters
    ----------
    window
        Number of steps in each of the two windows; larger ones stop later and more surely.
    tolerance
        Smallest relative fall that counts as progress.
    """

    def __init__(self, window: int = 25, tolerance: float = 1e-3) -> None:
        self.window = window
        self.tolerance = tolerance

    def on_train_batch_end(self, trainer: Trainer, pl_module: TrainingPlan, *args: Any) -> None:
        """Compare the last two windows every few steps."""
        done = trainer.global_step
        if done % LOOK_EVERY or done < 2 * self.window:
            return
        recent = pl_module.record[done - 2 * self.window : done, 0]
        before, after = recent[: self.window].mean().item(), recent[self.window :].mean().item()
        if before - after < self.tolerance * abs(before):
            trainer.should_stop = True
