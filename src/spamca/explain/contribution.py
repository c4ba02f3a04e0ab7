r"""What each feature adds to the evidence for a domain, through the loadings of the model.

Domain k differs from the others by :math:`\mu_k - \mu_{\bar k}` in the components x of a modality, which have covariance :math:`\Sigma`
within domains. Along the direction that separates them best (Fisher 1936) that is a distance

.. math:: d_k^2 = w\, (\mu_k - \mu_{\bar k})^\top \Sigma^{-1} (\mu_k - \mu_{\bar k}) = \sum_j a_{jk} \delta_{jk}

with :math:`a_k = w\, L \Sigma^{-1} (\mu_k - \mu_{\bar k})`, L the loadings of the features and :math:`\delta_{jk}` the difference of feature j.
The contribution of a feature is its share :math:`a_{jk} \delta_{jk}` of the sum over all modalities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.graph import Graph
from spamca.explain.levels import product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.domains import Emissions
    from spamca.features import Fitted
    from spamca.features._blocks import Matrix


def contributions(
    emissions: Emissions,
    assignment: np.ndarray,
    adjacency: csr_matrix,
    treated: Sequence[tuple[Matrix, Fitted] | None],
    rows: Sequence[np.ndarray],
) -> list[np.ndarray | None]:
    """Contribution of each treated feature of each modality to each domain, (K, p_m); None for modalities without loadings.

    Parameters
    ----------
    emissions
        What the domains look like.
    assignment
        Probability of each domain, (n, K).
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    treated
        Features of each modality as its loadings are applied to them, (n_m, p_m), and its preparation; None if it was not prepared here.
    rows
        Row of each spot in each modality, integers (n,), -1 where it lacks it.

    Returns
    -------
    Shares that sum to one over all features of all modalities in each domain; modalities without a weight or loadings have none.
    """
    graph = Graph(adjacency)
    out: list[np.ndarray | None] = [None] * len(treated)
    k = len(emissions.sizes[0])
    total = np.zeros(k)
    blocks = zip(emissions.modalities, emissions.weights, emissions.whitenings, emissions.gaussians, strict=True)
    for m, weight, whitening, gaussians in blocks:
        size, has = emissions.sizes[emissions.modalities.index(m)], np.flatnonzero(rows[m] >= 0)
        within = np.average(gaussians.covariances, axis=0, weights=size)
        rest = (size @ gaussians.means - size[:, None] * gaussians.means) / np.maximum(size.sum() - size, 1e-12)[
            :, None
        ]
        toward = weight * np.linalg.solve(within, (gaussians.means - rest).T)  # (r * len(hops), K)
        total += ((gaussians.means - rest).T * toward).sum(axis=0)
        held = treated[m]
        if held is None:
            continue
        values, fitted = held
        own = graph if len(has) == graph.n_spots else graph.take(has)
        added = np.zeros((k, len(fitted.loadings)))
        for step, hop in enumerate(emissions.hops):
            r = whitening.axes.shape[1]
            through = fitted.loadings @ (whitening.axes @ toward[step * r : (step + 1) * r])  # (p, K)
            weights = _compared(assignment[has, :k])
            for _ in range(hop):
                weights = own.step.T @ weights
            order = np.empty(len(has), dtype=np.int64)
            order[rows[m][has]] = np.arange(len(has))
            added += through.T * product(weights[order].T, values)
        out[m] = added
    return [None if one is None else one / np.maximum(total, 1e-12)[:, None] for one in out]


def _compared(assignment: np.ndarray) -> np.ndarray:
    """Weights (n, K) of the spots in the difference of each domain from the others."""
    size = assignment.sum(axis=0, dtype=np.float64)
    everyone = assignment.sum(axis=1, keepdims=True)
    return assignment / np.maximum(size, 1e-12) - (everyone - assignment) / np.maximum(size.sum() - size, 1e-12)
