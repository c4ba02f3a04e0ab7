r"""Partition-based graph abstraction (PAGA; Wolf et al. 2019): which groups of spots pass into each other.

.. math::
    c_{gh} = \min\left(1, \frac{e_{gh} + e_{hg}}{(e_g n_h + e_h n_g) / (n - 1)}\right)

with :math:`e_{gh}` the edges from spots of group g to nearest neighbours in h, :math:`e_g` all edges from g, and :math:`n_g` spots in g: the
edges between two groups over those that random neighbours would give. scanpy computes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scipy.sparse import csr_matrix

from spamca.trajectory.pseudotime import held

if TYPE_CHECKING:
    import numpy as np


class Abstraction(NamedTuple):
    """How groups of spots hang together."""

    connectivities: csr_matrix  # (n_groups, n_groups), symmetric, from 0 to 1
    tree: csr_matrix  # (n_groups, n_groups), of them those of the tree that is connected best, each edge once


def abstraction(neighbors: csr_matrix, labels: np.ndarray, n_groups: int) -> Abstraction:
    """Connectivities of the groups.

    Parameters
    ----------
    neighbors
        Edges from each spot to its nearest neighbours, (n, n).
    labels
        Group of each spot, (n,), -1 where it has none; such spots are left out.
    n_groups
        Number of groups, each of which has a spot.
    """
    import pandas as pd
    import scanpy as sc

    has = labels >= 0
    own, graph = labels[has], held(neighbors[has][:, has])
    begin, end = graph.obsp["connectivities"].nonzero()
    if (own[begin] == own[end]).all():  # scanpy and igraph fail on groups that no edge joins
        return Abstraction(csr_matrix((n_groups, n_groups)), csr_matrix((n_groups, n_groups)))
    graph.obs["group"] = pd.Categorical.from_codes(own, [str(k) for k in range(n_groups)])
    sc.tl.paga(graph, groups="group")
    found = graph.uns["paga"]
    return Abstraction(csr_matrix(found["connectivities"]), csr_matrix(found["connectivities_tree"]))
