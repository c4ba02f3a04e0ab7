"""The network, on tensors."""

from __future__ import annotations

from spamca.nn.batch import Inputs
from spamca.nn.filters import start
from spamca.nn.model import Latents, Output, SpaMCA
from spamca.nn.objective import losses
from spamca.nn.settings import PRESETS, VIEWS, Settings
