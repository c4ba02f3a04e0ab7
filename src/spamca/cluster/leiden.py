"""Leiden communities of the neighbour graph, at the resolution that gives a wanted number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix, identity

from spamca._logging import logger
from spamca.cluster.kmeans import fit_kmeans
from spamca.cluster.readout import Clustering, alike

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import spmatrix

N_NEIGHBORS = 15
"""Neighbours of each point in the graph, scanpy's default."""

N_RUNS = 24
"""Runs of leiden that the search for a resolution may take."""


def leiden(
    points: np.ndarray,
    n_clusters: int | None,
    *,
    connectivities: spmatrix | None = None,
    random_state: int = 0,
    resolution: float | None = None,
    neighbors: csr_matrix | None = None,
) -> Clustering:
    """Cluster points by leiden (Traag, Waltman and van Eck 2019), through scanpy and igraph; arguments as in :func:`mixture`.

    ``neighbors`` is a graph (n, n) of the points; None builds one. At a ``resolution`` the number follows. Otherwise the resolution is
    found by bisection. Where none gives the wanted number, the most similar clusters of the nearest partition are
    merged, or its widest split; this is logged. The posterior of a cluster is its share among a point and its neighbours.
    The record holds ``resolution`` and ``n_communities``, the number found there.
    """
    from spamca.graph import feature_graph

    graph = neighbors
    if graph is None:
        search: dict[str, Any] = {"n_neighbors": min(N_NEIGHBORS, len(points) - 1), "metric": "euclidean"}
        graph = feature_graph(points, random_state=random_state, **search).connectivities
    if n_clusters is None:
        resolution = 1.0 if resolution is None else resolution
        labels = communities(graph, resolution, random_state)
        n_found = int(labels.max()) + 1
    else:
        resolution, found = bisect(lambda value: communities(graph, value, random_state), n_clusters)
        n_found = int(found.max()) + 1
        if n_found != n_clusters:
            change = "merging" if n_found > n_clusters else "splitting"
            logger.info("leiden: no resolution gave %d clusters; %s those of %d", n_clusters, change, n_found)
        labels = to_number(points, found, n_clusters, random_state=random_state)
    indicator = csr_matrix((np.ones(len(points)), (np.arange(len(points)), labels)), (len(points), labels.max() + 1))
    votes = ((graph + identity(len(points), format="csr")) @ indicator).toarray()  # (n, K)
    posterior = votes / votes.sum(axis=1, keepdims=True)
    record = {"resolution": resolution, "n_communities": n_found}
    return Clustering(labels, posterior, record, alike(points, labels, posterior.shape[1]))


def bisect(run: Callable[[float], np.ndarray], n_clusters: int) -> tuple[float, np.ndarray]:
    """Resolution that gives a wanted number of clusters or one near it, and labels (n,) from 0 on.

    ``run`` goes from a resolution to labels; there are more clusters at higher resolutions, roughly.
    """
    low, high, resolution = 0.0, np.inf, 1.0
    best = (np.inf, resolution, np.empty(0, dtype=np.int64))
    for _ in range(N_RUNS):
        labels = run(resolution)
        n_found = int(labels.max()) + 1
        best = min(best, (abs(n_found - n_clusters), resolution, labels), key=lambda one: one[0])
        if n_found == n_clusters:
            break
        low, high = (resolution, high) if n_found < n_clusters else (low, resolution)
        # Doubling and halving first bracket the number, however far it is.
        resolution = 2 * low if np.isinf(high) else high / 2 if low == 0 else (low * high) ** 0.5
    return best[1], best[2]


def communities(graph: csr_matrix, resolution: float, random_state: int) -> np.ndarray:
    """Leiden communities of a graph (n, n), integers from 0 of shape (n,)."""
    from anndata import AnnData
    from scanpy.tools import leiden as scanpy_leiden

    adata, options = AnnData(shape=graph.shape), {"flavor": "igraph", "n_iterations": 2, "directed": False}
    scanpy_leiden(adata, resolution, adjacency=graph, random_state=random_state, **options)
    return adata.obs["leiden"].cat.codes.to_numpy(dtype=np.int64)


def to_number(points: np.ndarray, labels: np.ndarray, n_clusters: int, *, random_state: int = 0) -> np.ndarray:
    """Bring a partition (n,) of points (n, d), integers from 0 with none left out, to a number of clusters, at most n.

    Too many are merged by Ward's criterion, the pair first whose union adds least variance, so small and similar clusters
    go first. Of too few the one with most variance is split in two by k-means, unless its points coincide.
    """
    while labels.max() + 1 > n_clusters:
        labels = _merge(points, labels)
    while labels.max() + 1 < n_clusters and (split := _split(points, labels, random_state)) is not None:
        labels = split
    return labels


def _merge(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    size = np.bincount(labels)
    mean = np.stack([np.bincount(labels, weights=column) for column in points.T], axis=1) / size[:, None]
    apart = np.square(mean[:, None] - mean).sum(axis=2) * size[:, None] * size / (size[:, None] + size)
    np.fill_diagonal(apart, np.inf)
    a, b = sorted(np.unravel_index(apart.argmin(), apart.shape))
    merged = np.where(labels == b, a, labels)
    return merged - (merged > b)


def _split(points: np.ndarray, labels: np.ndarray, random_state: int) -> np.ndarray | None:
    spread = [np.square(points[labels == k] - points[labels == k].mean(axis=0)).sum() for k in range(labels.max() + 1)]
    widest = int(np.argmax(spread))
    if spread[widest] == 0:
        return None
    halves = fit_kmeans(points[labels == widest], 2, n_init=4, random_state=random_state).labels_
    split = labels.copy()
    split[labels == widest] = np.where(halves == 1, labels.max() + 1, widest)
    return split
