"""One modality alone: its features as they are, or smoothed over the tissue's graph."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.methods import Fit, smoothed

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def fit(tissue: Tissue, seed: int, *, modality: str, hops: int = 0) -> Fit:
    """``seed`` is not used."""
    if not hops:
        return Fit(tissue.features[modality])
    return smoothed.fit(replace(tissue, features={modality: tissue.features[modality]}), seed, hops=hops)
