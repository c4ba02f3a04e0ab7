"""Nearest spots within each section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def sections(library: np.ndarray | None, n_spots: int) -> Iterator[np.ndarray]:
    """Rows of each section.

    Parameters
    ----------
    library
        Section of each spot, (n_spots,), or None where all lie in one.
    n_spots
        Number of spots.

    Yields
    ------
    Integers, the rows of one section.
    """
    if library is None:
        yield np.arange(n_spots)
        return
    for section in np.unique(library):
        yield np.flatnonzero(library == section)


def nearest(spatial: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Nearest other spots.

    Parameters
    ----------
    spatial
        Coordinates of one section, (n_spots, 2), two spots at least.
    k
        Number of neighbours; where the section has fewer, all others.

    Returns
    -------
    Distances and rows, each (n_spots, min(k, n_spots - 1)).
    """
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=min(k, len(spatial) - 1)).fit(spatial).kneighbors()
