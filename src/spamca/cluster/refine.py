"""Spatial refinement: domains that follow the posterior and the surroundings of each spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import diags
from scipy.special import softmax

from spamca._checks import check_graph
from spamca.cluster.readout import Clustering

if TYPE_CHECKING:
    from scipy.sparse import spmatrix

STRENGTH = 4.0
"""Log-odds that a cluster gains where all neighbours are in it: larger ones smooth more, and remove fine structure."""

FLOOR = 0.01
"""Least probability of a cluster before the neighbours count: mixtures of smoothed embeddings are overconfident."""

N_STEPS = 20
"""Largest number of steps."""


def refine(clustering: Clustering, connectivities: spmatrix) -> Clustering:
    r"""Mean field of a Potts model over the spatial graph.

    .. math:: q_{ik} \propto p_{ik} \exp\left(\beta \sum_j a_{ij} q_{jk} / \sum_j a_{ij}\right)

    with :math:`p` and :math:`q` the posterior of n spots before and after, and :math:`a` the spatial graph, sparse of shape (n, n). A
    spot without neighbours keeps its cluster. The record counts the spots that changed, ``n_refined``.
    """
    connectivities = check_graph(connectivities, "connectivities", len(clustering.labels))
    prior = np.log(np.maximum(clustering.posterior, FLOOR), dtype=np.float64)
    degree = np.asarray(connectivities.sum(axis=1), dtype=np.float64).ravel()
    share = diags(np.where(degree > 0, STRENGTH / np.where(degree > 0, degree, 1), 0)) @ connectivities
    belief = np.asarray(clustering.posterior, dtype=np.float64)
    for _ in range(N_STEPS):
        score = softmax(prior + share @ belief, axis=1)
        belief, moved = (belief + score) / 2, np.abs(score - belief).max()  # halfway, as whole steps may swing
        if moved < 1e-3:
            break
    alone = degree == 0
    belief[alone] = clustering.posterior[alone]
    labels = np.where(alone, clustering.labels, belief.argmax(axis=1))
    record = clustering.record | {"n_refined": int((labels != clustering.labels).sum())}
    return Clustering(labels, belief, record, clustering.readout)
