"""Domains of a tissue: what each modality is worth, a consensus over scales and starts, and the model that they belong to."""

from __future__ import annotations

from spamca.guide.consensus import consensus
from spamca.guide.guide import Guide, guide
from spamca.guide.noise import noise_whitened
from spamca.guide.number import NumberOfDomains, number_of_domains
from spamca.guide.shift import without_batch_effects

__all__ = [
    "Guide",
    "NumberOfDomains",
    "consensus",
    "guide",
    "noise_whitened",
    "number_of_domains",
    "without_batch_effects",
]
