"""Spatial refinement: domains that follow the posterior and the surroundings of each spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags

from spamca.cluster.result import Clustering

if TYPE_CHECKING:
    from scipy.sparse import spmatrix

STRENGTH = 4.0
"""Log-odds that a cluster gains where all neighbours are in it: larger ones smooth more, and remove fine structure."""

FLOOR = 0.01
"""Least probability of a cluster before the neighbours count: mixtures of smoothed embeddings are too sure."""

N_STEPS = 20
"""Largest number of steps."""


def refine(clustering: Clustering, connectivities: spmatrix) -> Clustering:
    r"""Mean field of a Potts model over the spatial graph.

    .. math:: q_{ik} \propto p_{ik} \exp\left(\beta \sum_j a_{ij} q_{jk} / \sum_j a_{ij}\right)

    Parameters
    ----------
    clustering
        Clusters of n spots with posterior :math:`p`.
    connectivities
        Spatial graph, sparse of shape (n, n); a spot without neighbours keeps its cluster.

    Returns
    -------
    The clusters with :math:`q` for posterior. The record says how many spots changed, ``n_refined``.
    """
    prior = np.log(np.maximum(clustering.posterior, FLOOR), dtype=np.float64)
    degree = np.asarray(connectivities.sum(axis=1), dtype=np.float64).ravel()
    share = diags(np.where(degree > 0, STRENGTH / np.where(degree > 0, degree, 1), 0)) @ csr_matrix(connectivities)
    belief = np.asarray(clustering.posterior, dtype=np.float64)
    for _ in range(N_STEPS):
        score = prior + share @ belief
        score = np.exp(score - score.max(axis=1, keepdims=True))
        score /= score.sum(axis=1, keepdims=True)
        belief, moved = (belief + score) / 2, np.abs(score - belief).max()  # halfway, as whole steps may swing
        if moved < 1e-3:
            break
    alone = degree == 0
    belief[alone] = clustering.posterior[alone]
    labels = np.where(alone, clustering.labels, belief.argmax(axis=1))
    record = clustering.record | {"n_refined": int((labels != clustering.labels).sum())}
    return Clustering(labels, belief, record, clustering.readout)
