"""Whether a matrix can be a graph of spots."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse


def check_graph(matrix: Any, slot: str, n_spots: int | None = None, what: str = "weights") -> sparse.csr_matrix:
    """A graph as CSR of floats, (n_spots, n_spots), of a matrix, sparse or not; ``slot`` names it, and ``what`` it holds.

    ValueError if it is no square matrix, of another number of spots, or holds anything but finite numbers of at least 0.
    """
    remedy = (
        "build it again, as with spamca.pp.neighbors(mdata, coord_type='generic') or squidpy.gr.spatial_neighbors_knn"
    )
    found = matrix if sparse.issparse(matrix) else np.asarray(matrix)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        msg = f"{slot} must have a row and a column for each spot, got shape {found.shape}; {remedy}"
        raise ValueError(msg)
    if n_spots is not None and found.shape[0] != n_spots:
        msg = f"{slot} has {found.shape[0]} rows for {n_spots} spots; {remedy}"
        raise ValueError(msg)
    if found.dtype.kind not in "biuf":
        msg = f"{slot} must hold numbers, got {found.dtype}; {remedy}"
        raise ValueError(msg)
    graph = found if isinstance(found, sparse.csr_matrix) else sparse.csr_matrix(found)
    if found.dtype.kind != "f" or found.dtype.itemsize < 4:
        graph = graph.astype(np.float32)
    if graph.nnz and not (np.isfinite(graph.data).all() and graph.data.min() >= 0):
        bad = graph.data[~(graph.data >= 0) | np.isinf(graph.data)][0]
        msg = f"{slot} must hold finite {what} of at least 0, got {bad}; {remedy}"
        raise ValueError(msg)
    return graph
