"""Rows of a modality that hold nothing: spots where it was not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.features._blocks import Blocks, depth
from spamca.features._rows import look_at_rows

if TYPE_CHECKING:
    from spamca.features._blocks import Matrix

FEWEST_ZEROS = 3
"""Features from which on zeros in all of them are no measurement."""

FEWEST = 5
"""Features from which on equal values in a row, or equal rows, are no chance."""

FILLED = 0.01
"""Share of the spots that have the same row, where it was filled in."""

FILLED_RATIO = 2.0
"""How many times more spots have it than have any other row: measurements that are repeated have similar numbers of spots."""


def holding(X: Matrix) -> np.ndarray:
    r"""Which rows of a modality hold something, booleans (n_spots,).

    Tables are often joined by filling rows of zeros, or of NaN, for spots that were not measured. Row i holds nothing where

    .. math:: x_{ij} \in \{0, \mathrm{NaN}\} \;\forall j, \qquad\text{or}\qquad x_{i1} = x_{i2} = \dots = x_{ip} \notin \mathbb{Z}

    (what normalising each spot makes of zeros). Where features were scaled, zeros have become some other row, the same in all of them:
    the most frequent row without a zero holds nothing if at least three spots, 1 % of them, and twice as many as have any other
    row, have it. The second and third rule need five features that are not whole numbers, and the third a matrix in memory. One or two features that are zero were measured.
    """
    look = X.look if isinstance(X, Blocks) else None
    filled, equal, whole = look_at_rows(X) if look is None else (look.filled, look.equal, look.whole)
    if X.shape[1] < FEWEST_ZEROS:
        return filled | ~np.isnan(depth(X))
    if whole or X.shape[1] < FEWEST:
        return filled
    held = filled & ~equal
    return held & ~_filled_in(X, held) if isinstance(X, np.ndarray) else held


def _filled_in(X: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Which rows are the most frequent one without a zero, where it is frequent enough to have been filled in."""
    same = np.zeros(len(X), dtype=bool)
    rows = np.flatnonzero(held & (X != 0).all(axis=1) & np.isfinite(X).all(axis=1))
    if len(rows) < 3:
        return same
    # Rows that are the same have the same sum of weighted values; rounding is compared with their size.
    along = X[rows].astype(np.float64) @ np.random.default_rng(0).normal(size=X.shape[1])
    _, group, size = np.unique(np.round(along / np.abs(along).max(), 9), return_inverse=True, return_counts=True)
    if size.max() < FILLED_RATIO * np.partition(np.append(size, 0), -2)[-2]:
        return same
    first = rows[int((group == size.argmax()).argmax())]
    alike = rows[np.isclose(X[rows], X[first], rtol=1e-5, atol=0).all(axis=1)]
    if len(alike) >= max(3, FILLED * len(X)):
        same[alike] = True
    return same
