"""A graph whose edges within domains count, and those across borders hardly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from scipy.sparse import spmatrix

ACROSS = 0.02
"""What is left of an edge between two domains: no spot is cut off."""


def weigh_by_agreement(connectivities: spmatrix, assignment: np.ndarray) -> csr_matrix:
    r"""Weigh edges by how probable it is that both ends lie in one domain.

    .. math:: a'_{ij} = a_{ij} \Big(\epsilon + \sum_k q_{ik} q_{jk}\Big)

    Parameters
    ----------
    connectivities
        Symmetric graph, sparse of shape (n_spots, n_spots).
    assignment
        :math:`q`, shape (n_spots, n_domains), rows summing to one.

    Returns
    -------
    Symmetric, CSR of shape (n_spots, n_spots), float32.
    """
    edges = connectivities.tocoo()
    weight = np.full(edges.nnz, ACROSS, dtype=np.float64)
    for domain in np.asarray(assignment, dtype=np.float64).T:  # no array of edges by domains
        weight += domain[edges.row] * domain[edges.col]
    return csr_matrix(((edges.data * weight).astype(np.float32), (edges.row, edges.col)), shape=edges.shape)
