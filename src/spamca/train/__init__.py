"""Training, through Lightning."""

from __future__ import annotations

from spamca.train.arguments import check_devices, known_settings
from spamca.train.fit import Fit, fit

__all__ = ["Fit", "check_devices", "fit", "known_settings"]
