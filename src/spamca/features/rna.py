"""RNA: counts of many genes, few of which differ between domains."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, looks_logged, on_rows, take_columns
from spamca.features._linear import depths, scaled_pca, treat_scaled
from spamca.features.variable import highly_variable

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

    As :func:`scanpy.pp.normalize_total`, :func:`scanpy.pp.log1p` and :func:`scanpy.pp.highly_variable_genes` (flavor "seurat") do,
    the last of which is left out where genes are ``chosen``, booleans (n_features,). Values that look like logarithms already are
    taken as they are.
    """
    depth = 0.0 if looks_logged(X) else _median_depth(X)
    steps = ["normalize", "log1p"] if depth else ["taken as log-normalised"]
    values = on_rows(partial(_log_normalised, depth=depth), X, sparse=True)
    used = X.look.stored.copy() if isinstance(X, Blocks) else values.getnnz(axis=0) > 0
    if chosen is not None:
        used &= chosen
    elif used.sum() > n_top_genes:
        used[used] = highly_variable(take_columns(values, used), n_top_genes)
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
    sums = depths(X)
    return float(np.median(sums)) or float(np.median(sums[sums > 0]))


def _log_normalised(X: np.ndarray | sparse.csr_matrix, depth: float) -> sparse.csr_matrix:
    """Logarithms of one plus counts at a depth, float32; values are logarithms already where the depth is 0.

    scanpy's functions give the same bit for bit, but compile for seconds in every new process.
    """
    counts = sparse.csr_matrix(X, dtype=np.float32, copy=True)
    if depth > 0:
        share = (counts @ np.ones(counts.shape[1])).astype(np.float32) / np.float32(depth)
        counts.data /= np.repeat(np.where(share == 0, np.float32(1), share), np.diff(counts.indptr))
        np.log1p(counts.data, out=counts.data)
    return counts
