"""How many clusters there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.agreement import pairwise_rand
from spamca.cluster.mixture import single_gaussian, starts
from spamca.cluster.reduction import whiten
from spamca.cluster.seeding import subsample
from spamca.cluster.selection import Edges, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import spmatrix

SAMPLE = 2_000
"""Points that mixtures are fitted to."""

N_STARTS = 4
"""k-means starts for each number."""


@dataclass(frozen=True)
class NumberEstimate:
    """Numbers of clusters tried, and the evidence for each.

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
    rows = subsample(len(points), max(SAMPLE, numbers[-1]), rng)
    part = white.points[rows]
    edges = None if connectivities is None else Edges(connectivities, rng)
    bic, coherence = np.empty(len(numbers)), np.empty(len(numbers))
    for i, k in enumerate(numbers):
        tried = starts(white, rows, k, n_starts=N_STARTS, max_iter=15, rng=rng)
        log_likelihood = np.array([one.lower_bound_ for one in tried])
        n_parameters = (k - 1) + k * part.shape[1]  # the shared covariance has as many at every number
        bic[i] = n_parameters * np.log(len(part)) - 2 * len(part) * log_likelihood.max()
        if edges is None:
            score = pairwise_rand(np.array([one.predict(part) for one in tried])).mean(axis=1)
        else:
            score = edges.coherence(np.array([one.predict(white.points[edges.spots]) for one in tried]))
        gain = log_likelihood - single_gaussian(white)
        # Of the partition that the mixture would return.
        coherence[i] = score[select("coherence", gain=gain, agreement=score, coherence=score)]
    explained = _over_chord(numbers, -bic)
    return NumberEstimate(int(numbers[(explained + coherence).argmax()]), numbers, bic, explained, coherence)


def _over_chord(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    height = (y - y[0]) / (np.ptp(y) or 1)
    return height - (x - x[0]) / (x[-1] - x[0])
