"""Training, through Lightning."""

from __future__ import annotations

from spamca.train.batches import blocks_of, embed
from spamca.train.fit import Fit, fit
from spamca.train.runtime import threads

__all__ = ["Fit", "blocks_of", "embed", "fit", "threads"]
