"""RNA: counts of many genes, few of which tell tissue apart."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._linear import scaled_pca
from spamca.features._values import looks_logged

if TYPE_CHECKING:
    from spamca.features._features import Features


def prepare_rna(
    X: np.ndarray | sparse.csr_matrix, *, n_components: int = 30, n_top_genes: int = 3000, random_state: int = 0
) -> Features:
    """Normalise to the median depth, log, choose genes, scale, and find principal components.

    As in scanpy: :func:`scanpy.pp.normalize_total`, :func:`scanpy.pp.log1p`, :func:`scanpy.pp.highly_variable_genes`
    (flavor "seurat", Satija et al. 2015). Values that look like logarithms already are neither normalised nor logged again.

    Parameters
    ----------
    X
        Counts, (n_spots, n_genes), not negative.
    n_components
        Number of principal components.
    n_top_genes
        Number of highly variable genes kept where there are more.
    random_state
        Seed of the decomposition.
    """
    import scanpy as sc
    from anndata import AnnData

    steps = ["taken as log-normalised"]
    counts = AnnData(sparse.csr_matrix(X, dtype=np.float32, copy=True))
    with warnings.catch_warnings():
        # Spots without counts stay without; scanpy tells of its own changes to come.
        warnings.simplefilter("ignore")
        if not looks_logged(X):
            sc.pp.normalize_total(counts)
            sc.pp.log1p(counts)
            steps = ["normalize", "log1p"]
        chosen = np.asarray(counts.X.getnnz(axis=0) > 0).ravel()
        if chosen.sum() > n_top_genes:
            seen = counts[:, chosen].copy()
            sc.pp.highly_variable_genes(seen, n_top_genes=n_top_genes, flavor="seurat")
            chosen[chosen] = seen.var["highly_variable"].to_numpy()
            steps.append(f"{chosen.sum()} of {len(chosen)} genes")
    features = scaled_pca(counts.X[:, chosen], n_components=n_components, random_state=random_state)
    loadings = np.zeros((len(chosen), features.loadings.shape[1]), dtype=np.float32)
    loadings[chosen] = features.loadings
    return features.changed(loadings=loadings, highly_variable=chosen, steps=(*steps, *features.steps))
