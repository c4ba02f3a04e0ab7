r"""Whether domains are separate, or pieces of a gradient.

On the line that best separates two neighbouring domains, scaled so that their means lie at 0 and 1, spots of a gradient are spread
evenly, and few spots of separate domains lie halfway. With :math:`u_i` the place of a spot of the two on it,

.. math:: C_{ab} = 2 \, \frac{|\{i : 1/4 < u_i < 3/4\}|}{|\{i : |u_i| < 1/4\}| + |\{i : |u_i - 1| < 1/4\}|}

is one for a gradient. The mean over pairs weighs them by the edges between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca._threads import in_blocks
from spamca.domains.graph import rows_of

if TYPE_CHECKING:
    from spamca.domains.components import Components

SCALE = 2
"""Hops over which components are averaged, so that noise does not fill the gap."""

LEAST = 20
"""Fewest edges between two domains that count as neighbours."""


def continuity(components: Components, partition: np.ndarray) -> float:
    """Mean continuity of neighbouring domains of a partition, integers from 0 of shape (n,): NaN if no two are neighbours."""
    averaged = (components.smoothed(block, (SCALE,))[0] for block in components.blocks)
    values = np.hstack([np.sqrt(b.weight) * own for b, own in zip(components.blocks, averaged, strict=True)])
    k = int(partition.max()) + 1
    size = np.bincount(partition, minlength=k)
    means = np.stack([values[partition == a].mean(axis=0) if size[a] else np.zeros(values.shape[1]) for a in range(k)])
    left = values - means[partition]
    within = left.T @ left / len(values) + components.settings.noise * np.eye(values.shape[1])
    links = components.graph.links

    def between(rows: slice) -> np.ndarray:
        some = rows_of(links, rows)
        return np.bincount(
            np.repeat(k * partition[rows], np.diff(some.indptr)) + partition[some.indices], minlength=k * k
        )

    edges = np.asarray(sum(in_blocks(between, len(partition)))).reshape(k, k)
    found, weights = [], []
    for a, b in zip(*np.nonzero(np.triu(edges, 1) >= LEAST), strict=True):
        apart = means[b] - means[a]
        axis = np.linalg.solve(within, apart)
        spots = (partition == a) | (partition == b)
        place = (values[spots] - means[a]) @ axis / (apart @ axis)
        at_means = np.count_nonzero(np.abs(place) < 0.25) + np.count_nonzero(np.abs(place - 1) < 0.25)
        found.append(2 * np.count_nonzero(np.abs(place - 0.5) < 0.25) / max(int(at_means), 1))
        weights.append(edges[a, b])
    return float(np.average(found, weights=weights)) if found else float("nan")
