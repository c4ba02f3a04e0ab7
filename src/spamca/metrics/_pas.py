"""Percentage of abnormal spots."""

from __future__ import annotations

import numpy as np

from spamca.metrics._nearest import nearest, sections

NEIGHBORS = 10


def pas(labels: np.ndarray, spatial: np.ndarray, library: np.ndarray | None = None) -> float:
    r"""Share of spots whose domain is not that of most of their surroundings (PAS, Shang and Zhou 2022).

    .. math:: \mathrm{PAS} = \frac{1}{N} \sum_i \mathbb{1}\left[\sum_{j \in N_{10}(i)} \mathbb{1}[c_j \ne c_i] > 5\right]

    Parameters
    ----------
    labels
        Domains, whole numbers of shape (n_spots,).
    spatial
        Coordinates, (n_spots, 2).
    library
        Section of each spot, (n_spots,): neighbours lie in the same one. In a section of ten spots or fewer all others are
        neighbours.

    Returns
    -------
    From 0 (smooth) to 1.
    """
    abnormal = 0
    for rows in sections(library, len(labels)):
        if len(rows) < 2:
            continue
        of = labels[rows]
        _, neighbors = nearest(spatial[rows], NEIGHBORS)
        other = (of[neighbors] != of[:, None]).sum(axis=1)
        abnormal += np.count_nonzero(other > neighbors.shape[1] / 2)
    return float(abnormal / len(labels))
