r"""Features of all modalities side by side, smoothed over the spatial graph: :math:`\hat A^h [X^1; \dots; X^M]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.arrays import concatenated, nearest, normalised
from benchmarks.methods import Fit

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def fit(tissue: Tissue, seed: int, *, hops: int, k: int | None = None) -> Fit:
    """Over exactly the ``k`` nearest spots, or over the tissue's graph. ``seed`` is not used."""
    values = concatenated(tissue)
    if hops:
        operator = normalised(tissue.graph if k is None else nearest(tissue.coordinates, k))
        for _ in range(hops):
            values = operator @ values
    return Fit(values)
