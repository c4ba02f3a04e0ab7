"""How many clusters there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.agreement import Edges, pairwise_rand, select
from spamca.cluster.kmeans import subsample
from spamca.cluster.mixture import single_gaussian, starts
from spamca.cluster.reduction import whiten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import spmatrix

SAMPLE = 2_000
"""Points that mixtures are fitted to."""

N_STARTS = 4
"""k-means starts for each number."""


@dataclass(frozen=True)
class NumberEstimate:
    """The chosen number of clusters, those tried, and the evidence for each; arrays of shape (n_tried,)."""

    n_clusters: int
    tried: np.ndarray
    bic: np.ndarray  # Bayesian information criterion of the best mixture, lower is better
    explained: np.ndarray  # height of the criterion over the line between the ends of the range: highest at the knee
    coherence: np.ndarray  # of the partition in space, or, without a graph, agreement between starts


def estimate_number(
    points: np.ndarray,
    numbers: Sequence[int],
    *,
    connectivities: spmatrix | None = None,
    random_state: int = 0,
) -> NumberEstimate:
    """Choose a number of clusters of points (n, d) among some numbers, rising, each at least 2 and at most n.

    Spots that were smoothed over their neighbours are no independent draws, so the information criterion alone favours ever more
    clusters. The chosen number has the highest sum of two: where the criterion bends (Satopää et al. 2011), and how coherent the
    clusters are in space by ``connectivities``, a spatial graph, sparse of shape (n, n). The seed is for samples and k-means.
    """
    tried = np.asarray(numbers)
    white = whiten(points)
    if len(tried) == 1 or not white.scale.size:
        blank = np.zeros(len(tried))
        return NumberEstimate(int(tried[0]), tried, blank, blank, blank)
    rng = np.random.default_rng(random_state)
    rows = subsample(len(points), max(SAMPLE, int(tried[-1])), rng)
    part = white.points[rows]
    edges = None if connectivities is None else Edges(connectivities, rng)
    bic, coherence = np.empty(len(tried)), np.empty(len(tried))
    for i, k in enumerate(tried):
        fitted = starts(white, rows, k, N_STARTS, rng)
        log_likelihood = np.array([one.lower_bound_ for one in fitted])
        n_parameters = (k - 1) + k * part.shape[1]  # the shared covariance has as many at every number
        bic[i] = n_parameters * np.log(len(part)) - 2 * len(part) * log_likelihood.max()
        if edges is None:
            score = pairwise_rand(np.array([one.predict(part) for one in fitted])).mean(axis=1)
        else:
            score = edges.coherence(np.array([one.predict(white.points[edges.spots]) for one in fitted]))
        gain = log_likelihood - single_gaussian(white)
        # Of the partition that the mixture would return.
        coherence[i] = score[select("coherence", gain=gain, agreement=score, coherence=score)]
    height = (bic[0] - bic) / (np.ptp(bic) or 1)
    explained = height - (tried - tried[0]) / (tried[-1] - tried[0])
    return NumberEstimate(int(tried[(explained + coherence).argmax()]), tried, bic, explained, coherence)
