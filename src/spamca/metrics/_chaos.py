"""Spatial chaos score."""

from __future__ import annotations

import numpy as np

from spamca.metrics._nearest import nearest, sections


def chaos(labels: np.ndarray, spatial: np.ndarray, library: np.ndarray | None = None) -> float:
    r"""Mean distance to the nearest spot of the same domain (CHAOS, Shang and Zhou 2022).

    .. math:: \mathrm{CHAOS} = \frac{1}{N} \sum_k \sum_{i: c_i = k} \min_{j \ne i, c_j = k} \lVert s_i - s_j \rVert

    with coordinates s brought to mean 0 and variance 1 on each axis. A spot alone in its domain adds nothing.

    Parameters
    ----------
    labels
        Domains, whole numbers of shape (n_spots,).
    spatial
        Coordinates, (n_spots, 2).
    library
        Section of each spot, (n_spots,): coordinates are scaled, and neighbours looked for, within each.

    Returns
    -------
    From 0 upwards; smaller is smoother. It falls with the density of spots, so compare on one tissue only.
    """
    total = 0.0
    for rows in sections(library, len(labels)):
        scale = spatial[rows].std(axis=0)
        scaled = (spatial[rows] - spatial[rows].mean(axis=0)) / np.where(scale > 0, scale, 1)
        of = labels[rows]
        for label in np.unique(of):
            members = scaled[of == label]
            if len(members) > 1:
                total += nearest(members, 1)[0].sum()
    return float(total / len(labels))
