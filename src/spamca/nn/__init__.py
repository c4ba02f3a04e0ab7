"""The network: one operator a file, on tensors."""

from __future__ import annotations

from spamca.nn.model import Latents, Output, SpaMCA
from spamca.nn.objective import losses
from spamca.nn.settings import PRESETS, VIEWS, Settings
from spamca.nn.start import start
from spamca.nn.tissue import Tissue

__all__ = ["PRESETS", "VIEWS", "Latents", "Output", "Settings", "SpaMCA", "Tissue", "losses", "start"]
