"""Edges between domains against random labels: squidpy's z-scores."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse


def zscores(
    adjacency: sparse.csr_matrix,
    labels: np.ndarray,
    n_domains: int,
    n_permutations: int,
    random_state: int,
    section: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Z-scores and counts of edges between domains, both (n_domains, n_domains), as squidpy computes them.

    .. math:: z_{kl} = \frac{E_{kl} - \operatorname{mean} E^\pi_{kl}}{\operatorname{sd} E^\pi_{kl}}

    with :math:`E^\pi` the edges after a permutation of the labels (n_spots,) within sections (n_spots,). Spots with label -1 are left out
    with their edges. NaN where a domain has no spot, or where all permutations give the same.
    """
    has = np.flatnonzero(labels >= 0)
    occurs, codes = np.unique(labels[has], return_inverse=True)
    place = np.ix_(occurs, occurs)
    z, count = np.full((n_domains, n_domains), np.nan), np.zeros((n_domains, n_domains))
    if len(occurs) < 2:
        return z, count
    import pandas as pd
    from anndata import AnnData

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what squidpy imports, about its own code
        import squidpy as sq
    where = np.zeros(len(has), dtype=int) if section is None else section[has]
    obs = pd.DataFrame({"domain": pd.Categorical(codes), "section": pd.Categorical(where)}).set_axis(has.astype(str))
    graph = AnnData(obs=obs, obsp={"spatial_connectivities": adjacency[has][:, has]})
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numba, about what it compiles
        found = sq.gr.nhood_enrichment(
            graph, "domain", "section", n_perms=n_permutations, seed=random_state, copy=True, show_progress_bar=False
        )
    z[place], count[place] = np.where(np.isfinite(found.zscore), found.zscore, np.nan), found.counts
    return z, count
