"""Training, through Lightning."""

from __future__ import annotations

from spamca.train.arguments import check_devices, known_settings
from spamca.train.batches import blocks_of, embed
from spamca.train.fit import Fit, fit
from spamca.train.runtime import threads
