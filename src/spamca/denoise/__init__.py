"""Features with less noise: what the network foresees of a spot, and what the spot itself adds to that."""

from __future__ import annotations

from spamca.denoise.restore import Restored, restore

__all__ = ["Restored", "restore"]
