"""Leiden communities of a given graph, at the resolution that gives a wanted number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scanpy

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

N_RUNS = 30
HIGHEST = 4.0


def leiden(graph: csr_matrix, n_clusters: int, seed: int) -> np.ndarray:
    """Communities nearest to ``n_clusters`` in number that bisection of the resolution meets, integers of shape (n,)."""
    adata = scanpy.AnnData(np.zeros((graph.shape[0], 1), dtype=np.float32))
    options = {"flavor": "igraph", "n_iterations": 2, "directed": False, "random_state": seed}
    low, high, best = 0.0, HIGHEST, None
    for _ in range(N_RUNS):
        resolution = (low + high) / 2
        scanpy.tl.leiden(adata, resolution, adjacency=graph, **options)
        labels = adata.obs["leiden"].to_numpy().astype(int)
        off = len(np.unique(labels)) - n_clusters
        if best is None or abs(off) < best[0]:
            best = abs(off), labels
        if off == 0:
            break
        low, high = (resolution, high) if off < 0 else (low, resolution)
    return best[1]
