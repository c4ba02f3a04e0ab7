"""Domains found before the network is trained, which then guide it: a hidden Markov random field on the features."""

from __future__ import annotations

from spamca.guide.guide import Guide, guide
from spamca.guide.noise import noise_whitened

__all__ = ["Guide", "guide", "noise_whitened"]
