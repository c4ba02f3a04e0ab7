"""Tiles: parts of a tissue whose spots lie together, so that few neighbours lie outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from spamca.nn.sparse import Adjacency


def tiles(spatial: Adjacency, n_tiles: int, position: np.ndarray | None = None) -> list[Tensor]:
    """Cut a tissue into tiles of equal size.

    Where positions are known, it is halved across its longer side again and again; where only the graph is, its spots are
    strung along it (reverse Cuthill-McKee order) and cut into pieces.

    Parameters
    ----------
    spatial
        Spatial graph.
    n_tiles
        Number of tiles, at most the number of spots.
    position
        Coordinates of the spots, (n_spots, n_dimensions), or None.

    Returns
    -------
    Spots of each tile, int64, rising; sizes differ by one at most.
    """
    n = spatial.n_spots
    if position is not None:
        parts = _halved(np.asarray(position), np.arange(n), n_tiles)
    else:
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import reverse_cuthill_mckee

        graph = csr_matrix((spatial.weights.numpy(), spatial.indices.numpy(), spatial.indptr.numpy()), shape=(n, n))
        parts = np.array_split(reverse_cuthill_mckee(graph, symmetric_mode=True), n_tiles)
    return [torch.from_numpy(np.sort(part).astype(np.int64)) for part in parts]


def _halved(position: np.ndarray, spots: np.ndarray, n_tiles: int) -> Iterator[np.ndarray]:
    if n_tiles == 1:
        yield spots
        return
    axis = int(np.ptp(position[spots], axis=0).argmax())
    first = n_tiles // 2
    # Sizes as if all tiles were cut at once: larger ones first.
    size = first * (len(spots) // n_tiles) + min(first, len(spots) % n_tiles)
    order = np.argpartition(position[spots, axis], size - 1)
    yield from _halved(position, spots[order[:size]], first)
    yield from _halved(position, spots[order[size:]], n_tiles - first)
