"""Moran's I of a partition."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from spamca.metrics._nearest import nearest, sections

NEIGHBORS = 6


def morans_i(labels: np.ndarray, spatial: np.ndarray, library: np.ndarray | None = None) -> float:
    r"""Moran's I of the indicator of each domain, averaged over domains (Moran 1950).

    .. math:: I_k = \frac{N}{\sum_{ij} w_{ij}} \frac{\sum_{ij} w_{ij} (x_{ik} - \bar x_k)(x_{jk} - \bar x_k)}
        {\sum_i (x_{ik} - \bar x_k)^2}, \qquad x_{ik} = \mathbb{1}[c_i = k]

    with w = 1 for the six nearest spots. The indicators make it independent of how domains are numbered.

    Parameters
    ----------
    labels
        Domains, whole numbers of shape (n_spots,).
    spatial
        Coordinates, (n_spots, 2).
    library
        Section of each spot, (n_spots,): neighbours lie in the same one.

    Returns
    -------
    Near 0 for labels strewn at random, towards 1 for smooth domains; NaN with a single domain.
    """
    from scanpy.metrics import morans_i as by_feature

    _, dense = np.unique(labels, return_inverse=True)
    n_spots, n_domains = len(labels), dense.max() + 1
    if n_domains < 2:
        return float("nan")
    edges = [np.empty((2, 0), dtype=np.int64)]
    for rows in sections(library, n_spots):
        if len(rows) > 1:
            _, neighbors = nearest(spatial[rows], NEIGHBORS)
            edges.append(np.stack([np.repeat(rows, neighbors.shape[1]), rows[neighbors].ravel()]))
    row, column = np.concatenate(edges, axis=1)
    graph = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(n_spots, n_spots))
    indicators = sparse.csr_matrix((np.ones(n_spots), (dense, np.arange(n_spots))), shape=(n_domains, n_spots))
    return float(np.mean(by_feature(graph, indicators)))
