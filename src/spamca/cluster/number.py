"""How many clusters there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster import em
from spamca.cluster.agreement import pairwise_rand
from spamca.cluster.coherence import Edges
from spamca.cluster.selection import select
from spamca.cluster.starts import Starts
from spamca.cluster.subsample import subsample
from spamca.cluster.whitening import single_gaussian, whiten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import spmatrix

SAMPLE = 2_000
"""Points that mixtures are fitted to."""

N_KMEANS = 2
"""k-means starts per metric and number."""


@dataclass(frozen=True)
class NumberEstimate:
    """Numbers of clusters tried, and what spoke for each.

    Parameters
    ----------
    n_clusters
        The chosen number.
    tried
        Numbers, shape (n_tried,).
    bic
        Bayesian information criterion of the best mixture, lower is better.
    explained
        Height of the criterion over the straight line between the ends of the range, from 0 on: highest at the knee.
    coherence
        Spatial coherence of that mixture's partition, or, without a graph, agreement between starts.
    """

    n_clusters: int
    tried: np.ndarray
    bic: np.ndarray
    explained: np.ndarray
    coherence: np.ndarray


def estimate_number(
    points: np.ndarray,
    numbers: Sequence[int],
    *,
    connectivities: spmatrix | None = None,
    random_state: int = 0,
) -> NumberEstimate:
    """Choose a number of clusters.

    Spots that were smoothed over their neighbours are no independent draws, so the information criterion alone asks for
    ever more clusters. The number chosen has the highest sum of two: where the criterion bends (Satopää et al. 2011), and
    how coherent the clusters are in space.

    Parameters
    ----------
    points
        Shape (n, d).
    numbers
        Numbers to try, rising, each at least 2 and at most n.
    connectivities
        Spatial graph, sparse of shape (n, n).
    random_state
        Seed of samples and k-means.
    """
    numbers = np.asarray(numbers)
    white = whiten(points)
    if len(numbers) == 1 or not white.scale.size:
        blank = np.zeros(len(numbers))
        return NumberEstimate(int(numbers[0]), numbers, blank, blank, blank)
    rng = np.random.default_rng(random_state)
    part = white.points[subsample(len(points), max(SAMPLE, numbers[-1]), rng)]
    starts = Starts(part, white.scale, n_kmeans=N_KMEANS, rng=rng)
    edges = None if connectivities is None else Edges(connectivities, rng)
    around = white.points[:0] if edges is None else white.points[edges.spots]
    bic, coherence = np.empty(len(numbers)), np.empty(len(numbers))
    for i, k in enumerate(numbers):
        fitted = em.fit(part, em.from_partitions(part, starts.partitions(k), k), max_iter=25, tol=1e-4)
        gain = fitted.log_likelihood - single_gaussian(white)
        best = int(gain.argmax())
        n_parameters = (k - 1) + k * part.shape[1]  # the shared covariance has as many at every number
        bic[i] = n_parameters * np.log(len(part)) - 2 * len(part) * fitted.log_likelihood[best]
        # Of the partition that the mixture would return.
        if edges is None:
            score = pairwise_rand(em.assign(part, fitted)).mean(axis=1)
        else:
            score = edges.coherence(em.assign(around, fitted))
        coherence[i] = score[select("coherence", gain=gain, agreement=score, coherence=score)]
    explained = _over_chord(numbers, -bic)
    return NumberEstimate(int(numbers[(explained + coherence).argmax()]), numbers, bic, explained, coherence)


def _over_chord(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    height = (y - y[0]) / (np.ptp(y) or 1)
    return height - (x - x[0]) / (x[-1] - x[0])
