"""Features with less noise: what the network predicts of a spot, and what the spot itself adds to that."""

from __future__ import annotations

from spamca.denoise.components import Restored, restore, signal_share
from spamca.denoise.hidden import held_out
