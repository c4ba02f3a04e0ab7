"""Patches of neighbouring spots, the units that are counted as independent."""

from __future__ import annotations

import numpy as np


def patches(position: np.ndarray, sections: np.ndarray | None = None) -> np.ndarray:
    """Cut each section into patches of about the same number of spots: strips of equal counts along x, cut along y.

    A patch holds about the square root of all n spots: both the number of patches and their size grow with the tissue.

    Parameters
    ----------
    position
        Coordinates, (n, 2).
    sections
        Section of each spot, integers (n,), or None where there is one.

    Returns
    -------
    Patch of each spot, integers (n,).
    """
    n = len(position)
    patch, size = np.zeros(n, dtype=np.int64), n**0.5
    for section in (None,) if sections is None else np.unique(sections):
        spots = np.arange(n) if section is None else np.flatnonzero(sections == section)
        n_strips = max(1, round((len(spots) / size) ** 0.5))
        first, done = patch.max() + 1, 0
        for strip in np.array_split(spots[np.argsort(position[spots, 0], kind="stable")], n_strips):
            parts = np.array_split(
                strip[np.argsort(position[strip, 1], kind="stable")], max(1, round(len(strip) / size))
            )
            for part in parts:
                patch[part] = first + done
                done += 1
    return np.unique(patch, return_inverse=True)[1]
