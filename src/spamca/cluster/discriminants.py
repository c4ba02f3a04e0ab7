"""A read-out of clusters that something else than Gaussians found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca.cluster import em
from spamca.cluster.readout import Readout, spheres
from spamca.cluster.whitening import whiten

if TYPE_CHECKING:
    import numpy as np


def alike(points: np.ndarray, labels: np.ndarray, n_clusters: int) -> Readout:
    """Gaussians of the means and sizes of clusters and of one covariance, that within them (Fisher's linear discriminants).

    Parameters
    ----------
    points
        Shape (n, d). Directions in which they do not vary tell nothing.
    labels
        Integers below ``n_clusters``, shape (n,).
    n_clusters
        Number of clusters K.
    """
    white = whiten(points)
    if not white.scale.size:
        return spheres(points, labels, n_clusters)
    found = em.from_partitions(white.points, labels[None], n_clusters)
    return Readout(white.to_white, found.weights[0], found.means[0], found.covariance[0])
