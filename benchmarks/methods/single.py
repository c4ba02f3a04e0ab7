"""One modality alone: its features as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.methods import Fit

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def fit(tissue: Tissue, seed: int, *, modality: str) -> Fit:
    """``seed`` is not used."""
    return Fit(tissue.features[modality])
