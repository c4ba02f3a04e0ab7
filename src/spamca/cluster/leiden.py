"""Leiden communities of the neighbour graph, at the resolution that gives a wanted number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, identity

from spamca._logging import logger
from spamca.cluster.discriminants import alike
from spamca.cluster.result import Clustering
from spamca.cluster.to_number import to_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import spmatrix

N_NEIGHBORS = 15
"""Neighbours of each point in the graph, scanpy's default."""

N_RUNS = 24
"""Runs of leiden that the search for a resolution may take."""


def leiden(
    points: np.ndarray,
    n_clusters: int,
    *,
    connectivities: spmatrix | None = None,
    random_state: int = 0,
) -> Clustering:
    """Cluster points by leiden (Traag, Waltman and van Eck 2019), through scanpy and igraph.

    The resolution is found by bisection. Where no resolution gives the wanted number, the nearest partition is taken and
    its most similar clusters merged, or its widest split; this is logged. The posterior of a cluster is its share among a
    point and its neighbours.

    Parameters
    ----------
    points
        Shape (n, d).
    n_clusters
        Number of clusters K.
    connectivities
        Not used.
    random_state
        Seed.

    Returns
    -------
    Clusters; the record holds ``resolution`` and ``n_communities``, the number found there.
    """
    from spamca.graph import feature_graph

    n_neighbors = min(N_NEIGHBORS, len(points) - 1)
    graph = feature_graph(points, n_neighbors=n_neighbors, metric="euclidean", random_state=random_state).connectivities
    resolution, found = bisect(lambda value: communities(graph, value, random_state), n_clusters)
    n_found = int(found.max()) + 1
    if n_found != n_clusters:
        logger.info(
            "leiden: no resolution gave %d clusters; %s those of %d",
            n_clusters,
            "merging" if n_found > n_clusters else "splitting",
            n_found,
        )
    labels = to_number(points, found, n_clusters, random_state=random_state)
    indicator = csr_matrix((np.ones(len(points)), (np.arange(len(points)), labels)), (len(points), labels.max() + 1))
    # A row of K votes a spot.
    votes = ((graph + identity(len(points), format="csr")) @ indicator).toarray()
    posterior = votes / votes.sum(axis=1, keepdims=True)
    record = {"resolution": resolution, "n_communities": n_found}
    return Clustering(labels, posterior, record, alike(points, labels, posterior.shape[1]))


def bisect(run: Callable[[float], np.ndarray], n_clusters: int) -> tuple[float, np.ndarray]:
    """Find a resolution that gives a wanted number of clusters, or one near it.

    Parameters
    ----------
    run
        From a resolution to labels, integers from 0 of shape (n,). More clusters at higher resolutions, roughly.
    n_clusters
        Wanted number.

    Returns
    -------
    Resolution and labels of the run that came nearest to it.
    """
    low, high, best = 0.0, np.inf, (np.inf, 1.0, np.empty(0, dtype=np.int64))
    resolution = 1.0
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

    adata = AnnData(shape=graph.shape)
    scanpy_leiden(
        adata,
        resolution,
        adjacency=graph,
        random_state=random_state,
        flavor="igraph",
        n_iterations=2,
        directed=False,
    )
    return adata.obs["leiden"].cat.codes.to_numpy(dtype=np.int64)
