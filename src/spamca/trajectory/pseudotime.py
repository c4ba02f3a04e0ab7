r"""Diffusion pseudotime (Haghverdi et al. 2016): how far a random walk on a graph of spots is from that of a root.

.. math::
    d(i, j)^2 = \sum_{l \ge 1} \left(\frac{\lambda_l}{1 - \lambda_l}\right)^2 (\psi_{li} - \psi_{lj})^2, \qquad
    t_i = \frac{d(i, \mathrm{root})}{\max_j d(j, \mathrm{root})},

with :math:`\lambda_l < 1` and :math:`\psi_l` the largest eigenvalues and their eigenvectors of the transitions of the graph, corrected for
density and symmetric. A spot that no path joins to the root has no pseudotime.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy.sparse import csr_matrix

N_COMPONENTS = 10
"""Eigenvectors used, as :func:`scanpy.tl.dpt` does."""

LEAST = 4
"""Spots joined to the root that eigenvectors can be computed of: scanpy wants three of them, and fewer than spots."""


def central(embedding: np.ndarray, spots: np.ndarray) -> int:
    """The one of ``spots``, rows of the embedding (n, d), that is nearest to their mean."""
    own = embedding[spots].astype(np.float64)
    return int(spots[np.square(own - own.mean(axis=0)).sum(axis=1).argmin()])


def joined(connectivities: csr_matrix, root: int) -> np.ndarray:
    """Which spots a path in the graph (n, n) joins to the root: booleans, (n,)."""
    part = connected_components(connectivities > 0, directed=False)[1]  # zeros that are stored join nothing
    return np.asarray(part == part[root])


def pseudotime(
    connectivities: csr_matrix, root: int, *, n_components: int = N_COMPONENTS, random_state: int = 0
) -> np.ndarray:
    """Pseudotime of each spot, (n,): 0 at the root, 1 at the furthest spot, NaN where no path leads to the root.

    :func:`scanpy.tl.diffmap` finds the eigenvectors. The sum over them is ours: :func:`scanpy.tl.dpt` drops the weights of those whose
    eigenvalue is 0.9994 or more, as if each were the constant one. In a gradient of 8,000 spots these are the gradient itself.

    Parameters
    ----------
    connectivities
        Symmetric graph, (n, n), its largest weights between the most similar spots.
    root
        Row of the spot that the order begins with.
    n_components
        Eigenvectors used; there are fewer where the part of the graph with the root is smaller.
    random_state
        Seed of the start of the eigenvectors.
    """
    import scanpy as sc

    within = joined(connectivities, root)
    n = int(within.sum())
    if n < LEAST:
        msg = f"only {n} spots are joined to the root in the graph, at least {LEAST} are needed"
        raise ValueError(msg)
    graph, start = held(connectivities[within][:, within]), int(within[:root].sum())
    # The first eigenvalue is one, the same for all spots, and has no part in the sum.
    sc.tl.diffmap(graph, n_comps=min(max(n_components, 2) + 1, n - 1), random_state=random_state)
    value = np.asarray(graph.uns["diffmap_evals"], dtype=np.float64)[1 : n_components + 1]
    vector = np.asarray(graph.obsm["X_diffmap"], dtype=np.float64)[:, 1 : n_components + 1]
    rest = np.maximum(1 - value, np.finfo(np.float32).eps)  # scanpy rounds them to single precision
    distance = np.sqrt(np.square((vector - vector[start]) * value / rest).sum(axis=1))
    found = np.full(len(within), np.nan)
    found[within] = distance / distance.max()
    return found


def held(connectivities: csr_matrix) -> AnnData:
    """The graph where scanpy looks for neighbours, in an object that holds nothing else."""
    import pandas as pd
    from anndata import AnnData

    names = pd.RangeIndex(connectivities.shape[0]).astype(str)
    n_neighbors = round(connectivities.nnz / connectivities.shape[0])  # scanpy reads it, and uses it for nothing here
    keys = {
        "connectivities_key": "connectivities",
        "distances_key": "distances",
        "params": {"n_neighbors": n_neighbors},
    }
    graphs = {"connectivities": connectivities, "distances": connectivities}
    return AnnData(obs=pd.DataFrame(index=names), obsp=graphs, uns={"neighbors": keys})
