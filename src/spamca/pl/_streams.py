"""Where the blocks and streams of an alluvial figure lie, from counts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def orders(counts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Order of the categories of each column that makes few spots cross.

    Categories of the first column keep their order. Those of each next one are put at the mean place of their spots in the column
    before (Sugiyama et al. 1981), then neighbours change places as long as fewer pairs of spots cross.

    Parameters
    ----------
    counts
        Spots in each pair of categories of neighbouring columns, (k_j, k_j+1).

    Returns
    -------
    For each column, its categories from top to bottom, (k_j,).
    """
    found = [np.arange(counts[0].shape[0])]
    for between in counts:
        sorted_by = between[found[-1]]
        size = np.maximum(sorted_by.sum(axis=0), 1)
        mean = (np.arange(len(sorted_by)) @ sorted_by) / size
        order = np.argsort(mean, kind="stable")
        before = crossings(sorted_by)
        for _ in range(len(order) ** 2):
            swap = [i for i in range(len(order) - 1) if before[order[i], order[i + 1]] > before[order[i + 1], order[i]]]
            if not swap:
                break
            order[swap[0]], order[swap[0] + 1] = order[swap[0] + 1], order[swap[0]]
        found.append(order)
    return found


def crossings(counts: np.ndarray) -> np.ndarray:
    """Pairs of spots that cross if category a of the second column stands above b, (k, k), of counts (m, k) in the order of the first."""
    above = np.cumsum(counts, axis=0) - counts  # spots of b in categories of the first column above
    return counts.T @ above


def blocks(sizes: np.ndarray, order: np.ndarray, gap: float) -> np.ndarray:
    """Upper ends of the blocks of a column, (k,), whose heights are sizes (k,), from zero downwards."""
    top = np.empty(len(sizes))
    ends = np.cumsum(sizes[order] + gap)
    top[order] = np.r_[0, ends[:-1]]
    return top


def apart(places: np.ndarray, gap: float) -> np.ndarray:
    """The places nearest to these, (k,), that lie at least a gap apart, in the same order (isotonic regression)."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    out = np.empty(len(places))
    out[order] = isotonic_regression(places[order] - steps).x + steps
    return out
