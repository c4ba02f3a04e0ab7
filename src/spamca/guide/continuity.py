r"""Whether domains are apart, or cut a gradient into pieces.

On the line that best separates two neighbouring domains, scaled so that their means lie at 0 and 1, spots of a gradient are spread evenly, and
few spots of separate domains lie halfway. With :math:`u_i` the place of a spot of the two on it,

.. math:: C_{ab} = 2 \, \frac{|\{i : 1/4 < u_i < 3/4\}|}{|\{i : |u_i| < 1/4\}| + |\{i : |u_i - 1| < 1/4\}|}

is one for a gradient. The mean over pairs weighs them by the edges between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.surroundings import smoothed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

GRADIENT = 0.8
"""Continuity from which a tissue is said to show no separate domains. Real tissue with expert labels reads 0.3 to 0.65."""

SCALE = 2
"""Hops over which components are averaged, so that noise does not fill the gap."""

LEAST = 20
"""Edges between two domains from which they are neighbours."""


def continuity(blocks: Sequence[Block], adjacency: csr_matrix, partition: np.ndarray, *, noise: float) -> float:
    """Mean continuity of neighbouring domains.

    Parameters
    ----------
    blocks
        Components of each modality.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    partition
        Domain of each spot, integers from 0 of shape (n,).
    noise
        Variance added to the covariance within domains.

    Returns
    -------
    About one for a gradient, near zero for separate domains; NaN where no two domains are neighbours.
    """
    values = np.hstack([np.sqrt(block.weight) * smoothed(block, adjacency, (SCALE,))[0] for block in blocks])
    k = int(partition.max()) + 1
    size = np.bincount(partition, minlength=k)
    means = np.stack([values[partition == a].mean(axis=0) if size[a] else np.zeros(values.shape[1]) for a in range(k)])
    left = values - means[partition]
    within = left.T @ left / len(values) + noise * np.eye(values.shape[1])
    row, column = adjacency.nonzero()
    edges = np.bincount(partition[row] * k + partition[column], minlength=k * k).reshape(k, k)
    found, weights = [], []
    for a, b in zip(*np.nonzero(np.triu(edges, 1) >= LEAST), strict=True):
        apart = means[b] - means[a]
        axis = np.linalg.solve(within, apart)
        spots = (partition == a) | (partition == b)
        place = (values[spots] - means[a]) @ axis / (apart @ axis)
        beside = np.count_nonzero(np.abs(place) < 0.25) + np.count_nonzero(np.abs(place - 1) < 0.25)
        found.append(2 * np.count_nonzero(np.abs(place - 0.5) < 0.25) / max(beside, 1))
        weights.append(edges[a, b])
    return float(np.average(found, weights=weights)) if found else float("nan")
