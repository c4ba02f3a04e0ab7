"""RNA: counts of many genes, few of which tell tissue apart."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, blocks_of, on_rows
from spamca.features._linear import laid_out, scaled_pca, treat_scaled
from spamca.features._values import looks_logged

if TYPE_CHECKING:
    from anndata import AnnData
    from dask.array import Array

    from spamca.features._features import Features
    from spamca.features._fitted import Fitted


def prepare_rna(
    X: np.ndarray | sparse.csr_matrix | Blocks,
    *,
    n_components: int = 30,
    n_top_genes: int = 3000,
    random_state: int = 0,
) -> Features:
    """Normalise to the median depth, log, choose genes, scale, and find principal components.

    As in scanpy: :func:`scanpy.pp.normalize_total`, :func:`scanpy.pp.log1p`, :func:`scanpy.pp.highly_variable_genes`
    (flavor "seurat", Satija et al. 2015), which take matrices in blocks as dask arrays. Values that look like logarithms already
    are neither normalised nor logged again.

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
    in_blocks = isinstance(X, Blocks)
    counts = AnnData(_single(X.array) if in_blocks else sparse.csr_matrix(X, dtype=np.float32, copy=True))
    with warnings.catch_warnings():
        # Spots without counts stay without; scanpy tells of its own changes to come.
        warnings.simplefilter("ignore")
        if not looks_logged(X):
            depth = X.look.depth if in_blocks else np.asarray(counts.X.sum(axis=1), dtype=np.float64).ravel()
            if not depth.any():
                msg = f"none of the {counts.n_vars} features varies between spots"
                raise ValueError(msg)
            constants["depth"] = _normalize(counts, depth)
            sc.pp.log1p(counts)
            steps = ["normalize", "log1p"]
        chosen = X.look.stored.copy() if in_blocks else np.asarray(counts.X.getnnz(axis=0) > 0).ravel()
        if chosen.sum() > n_top_genes:
            seen = counts[:, chosen].copy()
            sc.pp.highly_variable_genes(seen, n_top_genes=n_top_genes, flavor="seurat")
            chosen[chosen] = seen.var["highly_variable"].to_numpy()
            steps.append(f"{chosen.sum()} of {len(chosen)} genes")
    values = counts.X[:, chosen]
    features = scaled_pca(
        blocks_of(values) if in_blocks else values, n_components=n_components, random_state=random_state
    )
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
    X: np.ndarray | sparse.csr_matrix | Blocks, position: np.ndarray, fitted: Fitted
) -> tuple[np.ndarray | sparse.csr_matrix | Blocks, Fitted]:
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

    def known(rows: np.ndarray | sparse.csr_matrix) -> sparse.csr_matrix:
        counts = AnnData(sparse.csr_matrix(rows, dtype=np.float32, copy=True))
        if not logged:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                sc.pp.normalize_total(counts, target_sum=depth)
                sc.pp.log1p(counts)
        return counts.X[:, position[here]]

    return treat_scaled(on_rows(known, X), fitted.take(here))


def _single(array: Array) -> Array:
    """A dask array with sparse blocks of float32."""
    single = partial(sparse.csr_matrix, dtype=np.float32, copy=True)
    return array.map_blocks(single, dtype=np.float32, meta=sparse.csr_matrix((0, 0), dtype=np.float32))


def _normalize(counts: AnnData, depth: np.ndarray) -> float:
    """Normalise counts to the median depth of the spots, as scanpy takes it, and tell that depth."""
    import scanpy as sc
    from anndata import AnnData

    if sparse.issparse(counts.X):
        sc.pp.normalize_total(counts, key_added="factor")
        return _depth_of(depth, counts.obs["factor"].to_numpy(dtype=np.float64))
    # scanpy passes over spots without counts in the median of a dask array, and not in that of a matrix in memory.
    one = AnnData(sparse.csr_matrix(depth[:, None], dtype=np.float32))
    median = _normalize(one, depth)
    sc.pp.normalize_total(counts, target_sum=median)
    return median


def _depth_of(depth: np.ndarray, factor: np.ndarray) -> float:
    """Depth that scanpy normalised to, from the depth of each spot and what it was divided by."""
    known = (depth > 0) & (factor > 0)
    return float(np.median(depth[known] / factor[known])) if known.any() else 1.0
