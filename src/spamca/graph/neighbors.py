"""Searches for Euclidean nearest neighbours: exact, on the CPU or a GPU, and approximate for many points.

Each takes points (n_points, n_dimensions) and a number of neighbours less than n_points, and gives the neighbours of each point
and their distances, both (n_points, n_neighbors), the nearest first. A point is not its own neighbour.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

EXACT_UP_TO = 50_000
"""Number of points up to which all pairs are compared on the CPU: that takes time with their square."""

Neighbors = tuple[np.ndarray, np.ndarray]

_gpu = ContextVar("gpu", default=True)
_COMPARED = 2**28  # pairs of points at a time: a gigabyte of distances


def nearest_neighbors(
    points: np.ndarray, n_neighbors: int, *, approximate: bool | None = None, random_state: int = 0
) -> Neighbors:
    """Nearest neighbours by the search that fits the number of points.

    With ``approximate=None`` it is approximate for more than :data:`EXACT_UP_TO` points, unless there is a GPU (CUDA) that
    compares all pairs, has the memory for it, and may be used (:func:`without_gpu`).
    """
    many = len(points) > EXACT_UP_TO
    if approximate is None and many and (found := _on_gpu(points, n_neighbors)) is not None:
        return found
    if approximate or (approximate is None and many):
        return approximate_neighbors(points, n_neighbors, random_state=random_state)
    return exact_neighbors(points, n_neighbors)


def exact_neighbors(points: np.ndarray, n_neighbors: int) -> Neighbors:
    """Nearest neighbours by comparing all pairs, a block at a time (scikit-learn)."""
    from sklearn.neighbors import NearestNeighbors

    distance, column = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(points).kneighbors()
    return column, distance


def approximate_neighbors(points: np.ndarray, n_neighbors: int, *, random_state: int = 0) -> Neighbors:
    """Nearest neighbours by descent on a graph (pynndescent); the same seed gives the same neighbours."""
    with warnings.catch_warnings():  # numba and pynndescent warn about themselves, not about the data
        warnings.simplefilter("ignore")
        from pynndescent import NNDescent

        # Not its scikit-learn transformer, which goes on to prepare the index for queries and takes twice as long.
        search = NNDescent(points, n_neighbors=n_neighbors + 1, metric="euclidean", random_state=random_state)
        found, length = search.neighbor_graph
        del search  # it is several times as large as what it found
    # One more than wanted: most often, but where points coincide not always, the point itself.
    kept = found != np.arange(len(points))[:, None]
    kept[kept.all(axis=1), -1] = False
    shape = len(points), n_neighbors
    return found[kept].reshape(shape), length[kept].reshape(shape)


def compared_neighbors(points: np.ndarray, n_neighbors: int, device: torch.device | str) -> Neighbors:
    """Nearest neighbours by comparing all pairs on a device, a block of rows at a time: seconds on a GPU for a million points."""
    import torch

    # Far from the origin, squares would lose the differences between points.
    centred = np.asarray(points) - np.mean(points, axis=0, dtype=np.float64)
    all_points = torch.from_numpy(np.ascontiguousarray(centred, dtype=np.float32)).to(device)
    n, square = len(all_points), all_points.square().sum(dim=1)
    size = max(1, _COMPARED // n)
    columns, distances = [], []
    for begin in range(0, n, size):
        block = all_points[begin : begin + size]
        # Half the squared distance, without what all columns of a row have in common.
        with _full_precision():
            apart = torch.addmm(square[None, :] / 2, block, all_points.T, alpha=-1)
        row = torch.arange(len(block), device=device)
        apart[row, begin + row] = torch.inf
        found = apart.topk(n_neighbors, dim=1, largest=False).indices
        # From differences, as short distances would be lost in squares that nearly cancel.
        distance, order = (block[:, None] - all_points[found]).norm(dim=2).sort(dim=1, stable=True)
        columns.append(found.gather(1, order).cpu())
        distances.append(distance.cpu())
    return torch.cat(columns).numpy(), torch.cat(distances).numpy()


@contextmanager
def _full_precision() -> Iterator[None]:
    """Products on CUDA without TF32, whose three digits lose near neighbours; users may have allowed it for training."""
    import torch

    products = torch.backends.cuda.matmul
    # torch before 2.9 has only the second, and later versions refuse a mixture of both.
    name, full = ("fp32_precision", "ieee") if hasattr(products, "fp32_precision") else ("allow_tf32", False)
    before = getattr(products, name)
    setattr(products, name, full)
    try:
        yield
    finally:
        setattr(products, name, before)


def _on_gpu(points: np.ndarray, n_neighbors: int) -> Neighbors | None:
    import torch

    if not _gpu.get() or not torch.cuda.is_available():
        return None
    try:
        return compared_neighbors(points, n_neighbors, "cuda")
    except torch.cuda.OutOfMemoryError:
        message = "the GPU lacks memory to compare %d spots with each other, searching similar ones approximately"
        logger.info(message, len(points))
        return None


@contextmanager
def without_gpu(*, wanted: bool = True) -> Iterator[None]:
    """Search on the CPU only within this context, if ``wanted``: the user chose it, or the process is about to fork."""
    before = _gpu.set(not wanted and _gpu.get())
    try:
        yield
    finally:
        _gpu.reset(before)
