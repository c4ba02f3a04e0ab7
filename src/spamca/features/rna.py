"""RNA: counts of many genes, few of which tell tissue apart."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._linear import laid_out, scaled_pca, treat_scaled
from spamca.features._values import looks_logged

if TYPE_CHECKING:
    from spamca.features._features import Features
    from spamca.features._fitted import Fitted


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

    steps, constants = ["taken as log-normalised"], {"depth": 0.0}
    counts = AnnData(sparse.csr_matrix(X, dtype=np.float32, copy=True))
    with warnings.catch_warnings():
        # Spots without counts stay without; scanpy tells of its own changes to come.
        warnings.simplefilter("ignore")
        if not looks_logged(X):
            depth = np.asarray(counts.X.sum(axis=1), dtype=np.float64).ravel()
            sc.pp.normalize_total(counts, key_added="factor")
            constants["depth"] = _depth_of(depth, counts.obs["factor"].to_numpy(dtype=np.float64))
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
    positions = np.flatnonzero(chosen)
    columns = {name: laid_out(values, positions, len(chosen)) for name, values in features.columns.items()}
    return features.changed(
        loadings=loadings,
        highly_variable=chosen,
        steps=(*steps, *features.steps),
        columns=columns,
        constants={**features.constants, **constants},
    )


def treat_rna(
    X: np.ndarray | sparse.csr_matrix, position: np.ndarray, fitted: Fitted
) -> tuple[np.ndarray | sparse.csr_matrix, Fitted]:
    """Treat other spots before the loadings are applied, normalised to the depth that the preparation took for its median.

    Parameters
    ----------
    X
        Counts, (n_spots, n_genes), or logarithms of them where the preparation began with such.
    position
        Column of each gene of the preparation, integers of shape (n_features,), -1 where it is missing: it counts as its mean.
    fitted
        The preparation.

    Returns
    -------
    Treated features (n_spots, n_known), and the preparation of those.

    Raises
    ------
    ValueError
        If one tissue came as counts and the other as logarithms.
    """
    import scanpy as sc
    from anndata import AnnData

    depth, logged = fitted.constants["depth"], bool(looks_logged(X))
    if logged == (depth > 0):
        forms = ("counts", "logarithms of counts")
        msg = f"it holds {forms[logged]}, and the tissue of the training held {forms[not logged]}"
        raise ValueError(msg)
    here = position >= 0
    if not logged:
        counts = AnnData(sparse.csr_matrix(X, dtype=np.float32, copy=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sc.pp.normalize_total(counts, target_sum=depth)
            sc.pp.log1p(counts)
        X = counts.X
    return treat_scaled(sparse.csr_matrix(X, dtype=np.float32)[:, position[here]], fitted.take(here))


def _depth_of(depth: np.ndarray, factor: np.ndarray) -> float:
    """Depth that scanpy normalised to, from the depth of each spot and what it was divided by."""
    known = (depth > 0) & (factor > 0)
    return float(np.median(depth[known] / factor[known])) if known.any() else 1.0
