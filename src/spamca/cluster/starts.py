"""Places for a mixture to start from: hierarchical and k-means partitions in several metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

METRICS = (1.0, 0.5, 0.0)
"""Powers of the standard deviation that components are scaled by.

1 is the embedding as it is, 0 the whitened one, in which a mixture with full covariance sees the points, and 0.5 lies
between, as the transformation does that mclust applies before its hierarchical clustering.
"""

N_KMEANS = 8
"""k-means partitions per metric. More find better likelihoods, and cost time in proportion."""


def partitions(points: np.ndarray, scale: np.ndarray, n_clusters: int, rng: np.random.Generator) -> np.ndarray:
    """Partitions to start from.

    Parameters
    ----------
    points
        Whitened points, shape (n, r); hierarchical clustering costs O(n²), so pass a sample of a few thousand at most.
    scale
        Standard deviation of each component before whitening, shape (r,).
    n_clusters
        Number of clusters K, at most n.
    rng
        Source of the seeds of k-means.

    Returns
    -------
    Integers of shape (S, n), below K: first Ward's, which depend on no seed, then k-means.
    """
    return np.array(list(_partitions(points, scale, n_clusters, rng)))


def _partitions(
    points: np.ndarray, scale: np.ndarray, n_clusters: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    from scipy.cluster.hierarchy import fcluster, ward
    from sklearn.cluster import KMeans

    seen = [points * scale**power for power in METRICS]
    for scaled in seen:
        yield fcluster(ward(scaled), n_clusters, "maxclust") - 1
    for scaled in seen:
        for _ in range(N_KMEANS):
            seed = int(rng.integers(2**31))
            yield KMeans(n_clusters, n_init=1, max_iter=20, random_state=seed).fit_predict(scaled)
