"""What every builder gives, and the normalisation the network wants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

MOST_NEIGHBORS = 1_000
"""Mean number of neighbours above which an option is taken for a mistake: the graph would no longer be sparse."""


@dataclass(frozen=True)
class Graph:
    """A symmetric graph of spots without self-loops; both matrices have the same edges.

    Parameters
    ----------
    connectivities
        Weight of each edge (1 unless the graph came with others), CSR of shape (n_spots, n_spots), float32.
    distances
        Length of each edge, CSR of shape (n_spots, n_spots), float64; 0 is stored where two spots coincide.
    """

    connectivities: sparse.csr_matrix
    distances: sparse.csr_matrix

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return self.connectivities.shape[0]

    def take(self, position: np.ndarray) -> Graph:
        """The graph among some spots, in a given order; ``position`` holds their integers."""
        return Graph(self.connectivities[position][:, position], self.distances[position][:, position])

    def within(self, library: np.ndarray) -> Graph:
        """The graph without edges between sections; ``library`` holds the section of each spot, (n_spots,)."""
        section = np.unique(library, return_inverse=True)[1].ravel()

        def cut(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
            edges = matrix.tocoo()  # unlike comparisons and products, this keeps lengths of zero
            keep = section[edges.row] == section[edges.col]
            inner = sparse.csr_matrix((edges.data[keep], (edges.row[keep], edges.col[keep])), matrix.shape)
            inner.sort_indices()
            return inner

        return Graph(cut(self.connectivities), cut(self.distances))


def from_edges(row: np.ndarray, column: np.ndarray, length: np.ndarray, n_spots: int) -> Graph:
    """Symmetric graph of directed edges: an edge found in either direction counts, self-loops do not.

    Parameters
    ----------
    row, column
        Both ends of each edge, integers of shape (n_edges,); no pair twice.
    length
        Non-negative length of each edge, shape (n_edges,). Where the two directions differ by rounding the longer counts.
    n_spots
        Number of spots.
    """
    keep = row != column
    # Sparse matrices drop what is zero: lengths travel with 1 added, so that spots that coincide keep their edge.
    shifted = sparse.csr_matrix((length[keep].astype(np.float64) + 1, (row[keep], column[keep])), (n_spots, n_spots))
    distances = shifted.maximum(shifted.T).tocsr()
    distances.sort_indices()
    connectivities = sparse.csr_matrix(
        (np.ones(distances.nnz, dtype=np.float32), distances.indices.copy(), distances.indptr.copy()), distances.shape
    )
    distances.data -= 1
    return Graph(connectivities, distances)


def euclidean(coords: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Euclidean lengths, shape (n_edges,), of the edges between points of ``coords`` (n_spots, n_dimensions)."""
    return np.sqrt(sum((axis[row] - axis[column]) ** 2 for axis in coords.T))


def existing_graph(connectivities: sparse.spmatrix, distances: sparse.spmatrix) -> Graph:
    """A graph made elsewhere, as this package wants graphs.

    Edges found in either direction count, with the larger of the two weights; self-loops are left out.

    Parameters
    ----------
    connectivities
        Non-negative weights, sparse, of shape (n_spots, n_spots).
    distances
        Lengths, sparse, of the same shape.

    Raises
    ------
    ValueError
        If the matrix is not square, or holds a negative or non-finite weight.
    """
    weights = _symmetric(connectivities)
    lengths = sparse.csr_matrix(distances, dtype=np.float64)
    lengths = lengths.maximum(lengths.T).tocsr()
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    length = np.asarray(lengths[row, weights.indices]).ravel() if weights.nnz else np.empty(0)
    return Graph(
        weights, sparse.csr_matrix((length, weights.indices.copy(), weights.indptr.copy()), shape=weights.shape)
    )


def normalize(connectivities: sparse.spmatrix) -> sparse.csr_matrix:
    r"""Normalise a graph symmetrically, with self-loops.

    .. math:: \hat A = D^{-1/2} (A + I) D^{-1/2}

    with :math:`D` the row sums of :math:`A + I`. An asymmetric graph is first symmetrised by union, and self-loops that it
    has are replaced by those of :math:`I`; a spot without neighbours keeps weight 1 on itself.

    Parameters
    ----------
    connectivities
        Non-negative weights, sparse, of shape (n_spots, n_spots).

    Returns
    -------
    Exactly symmetric CSR of shape (n_spots, n_spots), float32.
    """
    weights = _symmetric(connectivities)
    looped = (weights + sparse.identity(weights.shape[0], dtype=np.float32, format="csr")).tocsr()
    looped.sort_indices()
    scale = 1 / np.sqrt(np.asarray(looped.sum(axis=1, dtype=np.float64)).ravel())
    row = np.repeat(np.arange(looped.shape[0]), np.diff(looped.indptr))
    looped.data = (looped.data * (scale[row] * scale[looped.indices])).astype(np.float32)
    return looped


def _symmetric(connectivities: sparse.spmatrix) -> sparse.csr_matrix:
    weights = sparse.csr_matrix(connectivities, dtype=np.float32, copy=True)
    if weights.shape[0] != weights.shape[1]:
        msg = f"a graph needs as many columns as rows, got shape {weights.shape}"
        raise ValueError(msg)
    if weights.nnz and not (np.isfinite(weights.data).all() and weights.data.min() >= 0):
        msg = (
            "a graph needs finite weights of at least 0; build one with spamca.pp.neighbors(mdata, spatial_kind='knn')"
        )
        raise ValueError(msg)
    weights.setdiag(0)
    weights = weights.maximum(weights.T).tocsr()
    weights.eliminate_zeros()
    weights.sort_indices()
    return weights
