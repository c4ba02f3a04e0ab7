"""Training, through Lightning."""

from __future__ import annotations

from spamca.train.fit import Fit, fit

__all__ = ["Fit", "fit"]
