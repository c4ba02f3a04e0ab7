"""Values of each section that are compared: shares and features of domains, and their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features import Blocks
from spamca.shapes.borders import border_enrichment, shared_edges

if TYPE_CHECKING:
    from spamca.shapes.tables import Domains

PSEUDO = 0.5
"""Spots added to each domain of a section before its share is logged."""

PRIOR = 2.0
"""Counts added to each feature of a pseudo-bulk of average size before it is logged, as edgeR does."""

LEAST_SPOTS = 10
"""Spots of a domain in a section whose features or borders count."""


def log_ratios(counts: np.ndarray) -> np.ndarray:
    r"""Shares of domains of each section as centred log ratios (Aitchison 1982, doi:10.1111/j.2517-6161.1982.tb01195.x), (S, K).

    .. math:: v_{sk} = \log_2 (n_{sk} + \tfrac12) - \frac1K \sum_j \log_2 (n_{sj} + \tfrac12)

    of spots n, (S, K). A domain that grows lowers the shares of all others: centred, they move by 1/K of its log ratio only.
    """
    logged = np.log2(counts + PSEUDO)
    return logged - logged.mean(axis=1, keepdims=True)


def border_ratios(tissue: Domains) -> tuple[np.ndarray, np.ndarray]:
    """Share of the border of each domain with each other, and its enrichment, both (S, K, K); NaN where there is none.

    As in :func:`spamca.shapes.borders.border_enrichment`, for domains of ten spots or more in the section.
    """
    shares, ratios = [], []
    n_domains = len(tissue.names)
    for _, _, labels, adjacency in tissue.each():
        share, ratio = border_enrichment(shared_edges(adjacency, labels, n_domains))
        small = np.bincount(labels[labels >= 0], minlength=n_domains) < LEAST_SPOTS
        lacking = small[:, None] | small[None]
        shares.append(np.where(lacking, np.nan, share))
        ratios.append(np.where(lacking, np.nan, ratio))
    return np.stack(shares), np.stack(ratios)


def pseudobulk(
    X: np.ndarray | sparse.spmatrix | Blocks,
    labels: np.ndarray,
    section: np.ndarray,
    shape: tuple[int, int],
    *,
    counts: bool,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Features of each domain in each section, (S, K, d), NaN where it has few spots there.

    .. math:: v_{skf} = \log_2 \frac{y_{skf} + 2 L_{sk} / \bar L}{L_{sk} + 4 L_{sk} / \bar L} + \log_2 10^6,
        \qquad y_{skf} = \sum_{i \in (s, k)} x_{if}, \qquad L_{sk} = \sum_f y_{skf}

    for counts: log2 counts per million of the pseudo-bulk (Squair et al. 2021, doi:10.1038/s41467-021-25960-2), with the prior of
    edgeR. The mean of the spots for other features.

    Parameters
    ----------
    X
        Features of the spots, (n, d), dense, sparse, or blocks of rows.
    labels, section
        Domain and section of each spot, integers (n,); -1 where it has no domain.
    shape
        Number of sections and of domains.
    counts
        Whether the features are counts.

    Returns
    -------
    The values, and the sums y, both (S, K, d).
    """
    has = np.flatnonzero(labels >= 0)
    n_cells = shape[0] * shape[1]
    cell = section[has] * shape[1] + labels[has]
    gather = sparse.csr_matrix((np.ones(len(has)), (cell, has)), shape=(n_cells, len(labels)))
    sums = np.zeros((n_cells, X.shape[1]))
    start = 0
    for rows in X if isinstance(X, Blocks) else [X]:
        part = gather[:, start : start + rows.shape[0]] @ rows
        sums += part.toarray() if sparse.issparse(part) else part
        start += rows.shape[0]
    n_spots = np.bincount(cell, minlength=n_cells)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        if counts:
            depth = sums.sum(axis=1, keepdims=True)
            prior = PRIOR * depth / depth[n_spots[:, 0] >= LEAST_SPOTS].mean()
            values = np.log2((sums + prior) / (depth + 2 * prior)) + 6 * np.log2(10)
        else:
            values = sums / n_spots
    values = np.where(n_spots >= LEAST_SPOTS, values, np.nan)
    return values.reshape(*shape, -1), sums.reshape(*shape, -1)
