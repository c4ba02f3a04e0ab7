"""RNA: counts of many genes, few of which differ between domains."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, looks_logged, on_rows
from spamca.features._blocks import depth as depth_of
from spamca.features._linear import scaled_pca, treat_scaled

if TYPE_CHECKING:
    from spamca.features._blocks import Matrix
    from spamca.features._features import Features, Fitted


def prepare_rna(
    X: Matrix,
    *,
    n_components: int = 30,
    n_top_genes: int = 3000,
    chosen: np.ndarray | None = None,
    random_state: int = 0,
) -> Features:
    """Normalise counts to the median depth, log, choose genes, scale, and find principal components.

    As in scanpy: :func:`scanpy.pp.normalize_total`, :func:`scanpy.pp.log1p`, :func:`scanpy.pp.highly_variable_genes`
    (flavor "seurat", Satija et al. 2015), which is left out where genes are ``chosen``, booleans (n_features,). Values that look
    like logarithms already are taken as they are.
    """
    import scanpy as sc
    from anndata import AnnData

    depth = 0.0 if looks_logged(X) else _median_depth(X)
    steps = ["normalize", "log1p"] if depth else ["taken as log-normalised"]
    values = on_rows(partial(_log_normalised, depth=depth), X, sparse=True)
    used = X.look.stored.copy() if isinstance(X, Blocks) else values.getnnz(axis=0) > 0
    if chosen is not None:
        used &= chosen
    elif used.sum() > n_top_genes:
        seen = AnnData((values.array if isinstance(values, Blocks) else values)[:, used])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scanpy's own, of its changes to come
            sc.pp.highly_variable_genes(seen, n_top_genes=n_top_genes, flavor="seurat")
        used[used] = seen.var["highly_variable"].to_numpy()
        steps.append(f"{used.sum()} of {len(used)} genes")
    features = scaled_pca(values, n_components=n_components, chosen=used, random_state=random_state)
    return replace(
        features,
        steps=(*steps, *features.steps),
        constants={**features.constants, "depth": depth},
    )


def treat_rna(X: Matrix, position: np.ndarray, fitted: Fitted) -> tuple[Matrix, Fitted]:
    """Treat other spots, at the depth of the preparation; a ValueError if one tissue came as counts and the other as logarithms."""
    depth, logged = fitted.constants["depth"], bool(looks_logged(X))
    if logged == (depth > 0):
        forms = ("counts", "logarithms of counts")
        msg = f"it holds {forms[logged]}, and the tissue of the training held {forms[not logged]}"
        raise ValueError(msg)
    return treat_scaled(X, position, fitted, lambda rows, columns: _log_normalised(rows, depth)[:, columns])


def level_rna(X: Matrix) -> Matrix:
    """Logarithms of one plus counts at the median depth; logarithms as they are."""
    depth = 0.0 if looks_logged(X) else _median_depth(X)
    return on_rows(partial(_log_normalised, depth=depth), X, sparse=True)


def _median_depth(X: Matrix) -> float:
    """Median over all spots, as scanpy takes it in memory; for dask arrays scanpy leaves out empty spots."""
    sums = depth_of(X)
    if not sums.any():
        msg = f"none of the {X.shape[1]} features varies between spots"
        raise ValueError(msg)
    return float(np.median(sums)) or float(np.median(sums[sums > 0]))


def _log_normalised(X: np.ndarray | sparse.csr_matrix, depth: float) -> sparse.csr_matrix:
    """Logarithms of one plus counts at a depth, float32; values are logarithms already where the depth is 0."""
    import scanpy as sc
    from anndata import AnnData

    counts = AnnData(sparse.csr_matrix(X, dtype=np.float32, copy=True))
    if depth > 0:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # spots without counts stay without
            sc.pp.normalize_total(counts, target_sum=depth)
            sc.pp.log1p(counts)
    return counts.X
