"""Bounded samples of points, so that cost stays linear."""

from __future__ import annotations

import numpy as np


def subsample(n: int, n_most: int, rng: np.random.Generator) -> np.ndarray | slice:
    """Index of all of n points, or of ``n_most`` drawn from them, in their order."""
    return slice(None) if n <= n_most else np.sort(rng.choice(n, n_most, replace=False))
