"""The graph that every builder returns, and weights of edges: normalised, and by agreement of their ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from spamca import _edge

TIE = 1e-4
"""Relative difference below which two distances are equal: above the rounding of float32 pixel coordinates."""

MOST_NEIGHBORS = 1_000
"""Mean number of neighbours above which an option counts as a mistake: the graph would no longer be sparse."""

ACROSS = 0.02
"""Share of its weight that an edge between two domains keeps, so that no spot is isolated."""


@dataclass(frozen=True)
class Graph:
    """A symmetric graph of spots without self-loops; both matrices have the same edges.

    Both are CSR of shape (n_spots, n_spots): ``connectivities``, float32, holds the weight of each edge (1 unless the graph came with
    others), ``distances``, float64, its length, with a stored 0 where two spots coincide.
    """

    connectivities: sparse.csr_matrix
    distances: sparse.csr_matrix

    def take(self, position: np.ndarray) -> Graph:
        """The graph among some spots, in a given order; ``position`` holds their integers. Itself if these are all, rising."""
        n = self.connectivities.shape[0]
        if len(position) == n and np.array_equal(position, np.arange(n)):
            return self
        return Graph(self.connectivities[position][:, position], self.distances[position][:, position])

    def spread(self, which: np.ndarray) -> Graph:
        """The graph among more spots, of which ``which``, booleans (n,), are those of this one; the others have no edges."""
        return Graph(
            *(_edge.spread_graph(matrix, _edge.places(which)) for matrix in (self.connectivities, self.distances))
        )

    def within(self, library: np.ndarray) -> Graph:
        """The graph without edges between sections; ``library`` holds the section of each spot, (n_spots,)."""
        section = np.unique(library, return_inverse=True)[1].ravel()
        edges = self.connectivities.tocoo()
        keep = section[edges.row] == section[edges.col]
        place = edges.row[keep], edges.col[keep]
        both = (self.connectivities, self.distances)  # of the same edges in the same order
        return Graph(*(sparse.csr_matrix((matrix.data[keep], place), matrix.shape) for matrix in both))


def from_edges(row: np.ndarray, column: np.ndarray, length: np.ndarray, n_spots: int) -> Graph:
    """Symmetric graph of directed edges, each of the arrays (n_edges,); no pair occurs twice.

    An edge found in either direction counts, self-loops do not. Where the two lengths differ by rounding the longer counts.
    """
    keep = row != column
    # Sparse matrices drop zeros: 1 is added to lengths meanwhile, so that spots that coincide keep their edge.
    shifted = sparse.csr_matrix((length[keep].astype(np.float64) + 1, (row[keep], column[keep])), (n_spots, n_spots))
    distances = shifted.maximum(shifted.T).tocsr()
    distances.sort_indices()
    distances.data -= 1
    return Graph(_with_edges_of(distances, np.ones(distances.nnz, dtype=np.float32)), distances)


def no_edges(n_spots: int) -> Graph:
    """Graph of spots without an edge."""
    none = np.empty(0, dtype=np.int64)
    return from_edges(none, none, none, n_spots)


def euclidean(coords: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Euclidean lengths, shape (n_edges,), of the edges between points of ``coords`` (n_spots, n_dimensions)."""
    return np.sqrt(sum((axis[row] - axis[column]) ** 2 for axis in coords.T))


def coincident(coords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first spot on each point, which stands for all on it, (n_points,); and that of each spot, (n_spots,)."""
    _, first, point = np.unique(coords, axis=0, return_index=True, return_inverse=True)
    return first, first[point.ravel()]


def with_coincident(row: np.ndarray, column: np.ndarray, length: np.ndarray, first: np.ndarray) -> Graph:
    """Graph of edges (n_edges,) of spots that stand for their point, to which the others on it are linked."""
    others = np.flatnonzero(first != np.arange(len(first)))
    row, column = np.concatenate([row, others]), np.concatenate([column, first[others]])
    return from_edges(row, column, np.concatenate([length, np.zeros(len(others))]), len(first))


def existing_graph(connectivities: sparse.spmatrix, distances: sparse.spmatrix) -> Graph:
    """A graph made elsewhere, of weights and lengths (n_spots, n_spots), without self-loops.

    Edges in either direction count, with the larger of the two weights.
    """
    weights = _symmetric(connectivities)
    lengths = sparse.csr_matrix(distances, dtype=np.float64)
    lengths = lengths.maximum(lengths.T).tocsr()
    length = np.asarray(lengths[weights.nonzero()]).ravel() if weights.nnz else np.empty(0)
    return Graph(weights, _with_edges_of(weights, length))


def normalize(connectivities: sparse.spmatrix) -> sparse.csr_matrix:
    r"""Normalise a graph symmetrically, with self-loops.

    .. math:: \hat A = D^{-1/2} (A + I) D^{-1/2}

    with :math:`A` the non-negative weights, sparse of shape (n_spots, n_spots), and :math:`D` the row sums of :math:`A + I`. An
    asymmetric graph is first symmetrised by union, and self-loops that it has are replaced by those of :math:`I`; a spot without
    neighbours keeps weight 1 on itself. Exactly symmetric CSR of the same shape, float32.
    """
    weights = _symmetric(connectivities)
    looped = (weights + sparse.identity(weights.shape[0], dtype=np.float32, format="csr")).tocsr()
    looped.sort_indices()
    scale = 1 / np.sqrt(np.asarray(looped.sum(axis=1, dtype=np.float64)).ravel())
    row = np.repeat(np.arange(looped.shape[0]), np.diff(looped.indptr))
    looped.data = (looped.data * (scale[row] * scale[looped.indices])).astype(np.float32)
    return looped


def weigh_by_agreement(connectivities: sparse.spmatrix, assignment: np.ndarray) -> sparse.csr_matrix:
    r"""Weigh edges by how probable it is that both ends lie in one domain.

    .. math:: a'_{ij} = a_{ij} \Big(\epsilon + \sum_k q_{ik} q_{jk}\Big)

    with :math:`a` a symmetric graph, sparse of shape (n_spots, n_spots), :math:`q` the assignment, (n_spots, n_domains), rows summing
    to one, and :math:`\epsilon` :data:`ACROSS`. Symmetric CSR of shape (n_spots, n_spots), float32.
    """
    edges = connectivities.tocoo()
    weight = np.full(edges.nnz, ACROSS, dtype=np.float64)
    for domain in np.asarray(assignment, dtype=np.float64).T:  # no array of edges by domains
        weight += domain[edges.row] * domain[edges.col]
    return sparse.csr_matrix(((edges.data * weight).astype(np.float32), (edges.row, edges.col)), shape=edges.shape)


def _with_edges_of(graph: sparse.csr_matrix, data: np.ndarray) -> sparse.csr_matrix:
    return sparse.csr_matrix((data, graph.indices.copy(), graph.indptr.copy()), shape=graph.shape)


def _symmetric(connectivities: sparse.spmatrix) -> sparse.csr_matrix:
    weights = sparse.csr_matrix(connectivities, dtype=np.float32, copy=True)
    if weights.shape[0] != weights.shape[1]:
        msg = f"a graph needs as many columns as rows, got shape {weights.shape}"
        raise ValueError(msg)
    if weights.nnz and not (np.isfinite(weights.data).all() and weights.data.min() >= 0):
        msg = "a graph needs finite weights of at least 0; build one with spamca.pp.neighbors(mdata, coord_type='generic')"
        raise ValueError(msg)
    weights.setdiag(0)
    weights = weights.maximum(weights.T).tocsr()
    weights.eliminate_zeros()
    weights.sort_indices()
    return weights
