r"""Consensus of partitions: spots that most of them put together.

With :math:`H = [q^1 D_1^{-1/2}, \dots, q^R D_R^{-1/2}] / \sqrt R` the memberships of R partitions side by side, divided by the root
of the sizes :math:`D_r` of the domains, :math:`H H^\top` holds how often two spots share a domain. Its leading eigenvectors, found
through :math:`H^\top H`, place spots that agree in one direction (spectral consensus, Strehl and Ghosh 2002; Liu et al. 2017). They are
partitioned without randomness: a pivoted QR decomposition (Damle, Minden and Ying 2019), and k-means from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.kmeans import fit_kmeans

if TYPE_CHECKING:
    from collections.abc import Sequence


def consensus(partitions: Sequence[np.ndarray], n_domains: int) -> np.ndarray:
    """Partition (n,), integers below ``n_domains``, on which R soft partitions agree, each (n, K_r), rows summing to one."""
    from scipy.linalg import qr

    joined = np.hstack([q / np.sqrt(np.maximum(q.sum(axis=0), 1)) for q in partitions]) / np.sqrt(len(partitions))
    value, vector = np.linalg.eigh((joined.T @ joined).astype(np.float64))
    leading = np.argsort(value)[::-1][:n_domains]
    points = joined @ (vector[:, leading] / np.sqrt(np.maximum(value[leading], 1e-12)))
    pivots = qr(points.T, pivoting=True, mode="economic")[2][: points.shape[1]]
    left, _, right = np.linalg.svd(points[pivots].T)
    nearest = np.abs(points @ (left @ right)).argmax(axis=1)
    points = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    first = np.stack(
        [points[nearest == k].mean(axis=0) if (nearest == k).any() else points[p] for k, p in enumerate(pivots)]
    )
    return fit_kmeans(points, len(first), init=first, n_init=1).labels_
