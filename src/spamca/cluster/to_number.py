"""Merge or split clusters until there are as many as wanted."""

from __future__ import annotations

import numpy as np


def to_number(points: np.ndarray, labels: np.ndarray, n_clusters: int, *, random_state: int = 0) -> np.ndarray:
    """Bring a partition to a number of clusters.

    Too many are merged by Ward's criterion, the pair first whose union adds least variance, so small and similar clusters
    go first. Of too few the one with most variance is split in two by k-means.

    Parameters
    ----------
    points
        Shape (n, d).
    labels
        Integers from 0, none left out, of shape (n,).
    n_clusters
        Wanted number, at most n.
    random_state
        Seed of splits.

    Returns
    -------
    Integers from 0 of shape (n,); fewer than wanted only where the points left to split coincide.
    """
    labels = labels.copy()
    while labels.max() + 1 > n_clusters:
        labels = _merge(points, labels)
    while labels.max() + 1 < n_clusters:
        split = _split(points, labels, random_state)
        if split is None:
            break
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
    from sklearn.cluster import KMeans

    spread = [np.square(points[labels == k] - points[labels == k].mean(axis=0)).sum() for k in range(labels.max() + 1)]
    widest = int(np.argmax(spread))
    if spread[widest] == 0:
        return None
    halves = KMeans(2, n_init=4, random_state=random_state).fit_predict(points[labels == widest])
    split = labels.copy()
    split[labels == widest] = np.where(halves == 1, labels.max() + 1, widest)
    return split
