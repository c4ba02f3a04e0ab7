"""Domains on the spatial graph: pieces, spots at borders, edges that domains share."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components


def pieces(adjacency: sparse.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """Connected piece of its domain for each spot (n_spots,), numbered from 0; -1 where ``labels`` (n_spots,) has no domain.

    ``adjacency`` is a symmetric graph of the spots, (n_spots, n_spots).
    """
    edges = adjacency.tocoo()
    same = (labels[edges.row] == labels[edges.col]) & (labels[edges.row] >= 0)
    inside = sparse.csr_matrix((np.ones(same.sum()), (edges.row[same], edges.col[same])), shape=edges.shape)
    part = connected_components(inside, directed=False)[1]
    found = np.full(len(labels), -1)
    has = labels >= 0
    found[has] = np.unique(part[has], return_inverse=True)[1]
    return found


def at_border(adjacency: sparse.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """Whether a spot has a neighbour of another domain, booleans (n_spots,); neighbours without a domain do not count."""
    edges = adjacency.tocoo()
    own, other = labels[edges.row], labels[edges.col]
    found = np.zeros(len(labels), dtype=bool)
    found[edges.row[(own != other) & (own >= 0) & (other >= 0)]] = True
    return found


def shared_edges(adjacency: sparse.csr_matrix, labels: np.ndarray, n_domains: int) -> np.ndarray:
    """Edges between each pair of domains, symmetric integers (n_domains, n_domains); edges within a domain count twice."""
    edges = adjacency.tocoo()
    own, other = labels[edges.row], labels[edges.col]
    kept = (own >= 0) & (other >= 0)
    return np.bincount(own[kept] * n_domains + other[kept], minlength=n_domains**2).reshape(n_domains, n_domains)


def border_enrichment(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Share of the border of each domain (rows) with each other (columns), and how it compares with what chance would give.

    .. math:: s_{kl} = \frac{E_{kl}}{\sum_{j \ne k} E_{kj}}, \qquad
        r_{kl} = \log_2 \frac{E_{kl} + e_{kl}}{(\sum_{j \ne k} E_{kj} + 1)\, e_{kl}}, \qquad e_{kl} = \frac{D_l}{\sum_{j \ne k} D_j}

    with :math:`E` edges between domains (n_domains, n_domains), within them counted twice, and :math:`D` their row sums: by
    chance, the border of a domain meets the others in proportion to their edges, as in CellCharter (Varrone et al. 2024,
    doi:10.1038/s41588-023-01588-4). One edge is added to each border, spread as by chance. Both are NaN on the diagonal, and
    where there is no border or no such domain.
    """
    edges = edges.astype(np.float64)
    degree, border = edges.sum(axis=1), edges - np.diag(np.diag(edges))
    length = border.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = degree[None] / (degree.sum() - degree)[:, None]
        share = border / length
        ratio = np.log2((border + chance) / ((length + 1) * chance))
    lacking = np.eye(len(edges), dtype=bool) | (degree[None] == 0) | (length == 0)
    return np.where(lacking, np.nan, share), np.where(lacking, np.nan, ratio)
