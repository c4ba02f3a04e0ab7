"""Places for a mixture to start from: hierarchical and k-means partitions in several metrics."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.seeding import seeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

METRICS = (1.0, 0.5, 0.0)
"""Powers of the standard deviation that components are scaled by.

1 is the embedding as it is, 0 the whitened one, in which a mixture with full covariance sees the points, and 0.5 lies
between, as the transformation does that mclust applies before its hierarchical clustering.
"""


class Starts:
    """Partitions to start from, for any number of clusters.

    Parameters
    ----------
    points
        Whitened points, shape (n, r). Hierarchical clustering costs O(n²): pass a sample of a few thousand at most.
    scale
        Standard deviation of each component before whitening, shape (r,).
    n_kmeans
        k-means partitions per metric. More find better likelihoods, and cost time in proportion.
    rng
        Source of the seeds of k-means.
    metrics
        Powers as in :data:`METRICS`.
    """

    def __init__(
        self,
        points: np.ndarray,
        scale: np.ndarray,
        *,
        n_kmeans: int,
        rng: np.random.Generator,
        metrics: Sequence[float] = METRICS,
    ) -> None:
        from scipy.cluster.hierarchy import ward

        self._seen = [points * scale**power for power in metrics]
        self._trees = [ward(seen) for seen in self._seen]
        self._n_kmeans = n_kmeans
        self._rng = rng

    def partitions(self, n_clusters: int) -> np.ndarray:
        """Partitions into at most K clusters, integers below K of shape (S, n): Ward's first, then k-means."""
        return np.array(list(self._partitions(n_clusters)))

    def _partitions(self, n_clusters: int) -> Iterator[np.ndarray]:
        from scipy.cluster.hierarchy import fcluster
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        for tree in self._trees:
            yield fcluster(tree, n_clusters, "maxclust") - 1
        for seen in self._seen:
            for _ in range(self._n_kmeans):
                seed = int(self._rng.integers(2**31))
                with warnings.catch_warnings():  # of fewer distinct points than clusters
                    warnings.simplefilter("ignore", ConvergenceWarning)
                    first = seeded(seen, n_clusters, seed)
                    yield KMeans(n_clusters, init=first, n_init=1, max_iter=20).fit_predict(seen)
