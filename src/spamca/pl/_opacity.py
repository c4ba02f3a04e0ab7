"""Opacity of spots by a number, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

FAINTEST = 0.12  # opacity of spots with the lowest value


@dataclass(frozen=True)
class Opacity:
    """Numbers that make spots opaque where they are high."""

    name: str
    values: np.ndarray  # (n_obs,), NaN where missing
    low: float  # value of the faintest spots
    high: float  # value of fully opaque spots

    def alpha(self, rows: np.ndarray) -> np.ndarray:
        """Opacity of some spots, (n,); those without a value are the faintest."""
        share = np.clip((self.values[rows] - self.low) / (self.high - self.low), 0, 1)
        return FAINTEST + (1 - FAINTEST) * np.nan_to_num(share)

    def entries(self) -> list[tuple[str, Any]]:
        """Lines of a legend: the name, and three values with their opacity."""
        shown = [self.high, (self.low + self.high) / 2, self.low]
        digits = max(1, int(np.ceil(1 - np.log10(self.high - self.low))))
        alphas = [1.0, (1 + FAINTEST) / 2, FAINTEST]
        marks = [(f"{value:.{digits}f}", (0.15, 0.15, 0.15, alpha)) for value, alpha in zip(shown, alphas, strict=True)]
        return [(self.name, "none"), *marks]
