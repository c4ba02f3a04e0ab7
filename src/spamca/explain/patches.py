"""Patches of neighbouring spots, the units that are counted as independent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def patches(position: np.ndarray, sections: np.ndarray | None = None) -> np.ndarray:
    """Cut each section into patches of about the same number of spots: strips of equal counts along x, cut along y, then z.

    A patch holds about the square root of all n spots: both the number of patches and their size grow with the tissue.

    Parameters
    ----------
    position
        Coordinates, (n, 2) or (n, 3).
    sections
        Section of each spot, integers (n,), or None where there is one.

    Returns
    -------
    Patch of each spot, integers (n,).
    """
    n = len(position)
    patch, n_done = np.zeros(n, dtype=np.int64), 0
    for section in (None,) if sections is None else np.unique(sections):
        spots = np.arange(n) if section is None else np.flatnonzero(sections == section)
        for part in _cut(position, spots, n**0.5, 0):
            patch[part] = n_done
            n_done += 1
    return np.unique(patch, return_inverse=True)[1]


def _cut(position: np.ndarray, spots: np.ndarray, size: float, axis: int) -> Iterator[np.ndarray]:
    """Cut spots along an axis and the next ones into patches of about a size."""
    n_axes = position.shape[1] - axis
    n_parts = max(1, round((len(spots) / size) ** (1 / n_axes)))
    for part in np.array_split(spots[np.argsort(position[spots, axis], kind="stable")], n_parts):
        if n_axes == 1:
            yield part
        else:
            yield from _cut(position, part, size, axis + 1)
