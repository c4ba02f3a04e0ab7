"""Scaling and principal components, on dense and sparse matrices alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from sklearn.utils.sparsefuncs import mean_variance_axis

from spamca.features._blocks import Blocks, by_rows, on_rows
from spamca.features._features import Features
from spamca.features._spectrum import spectrum

if TYPE_CHECKING:
    from spamca.features._fitted import Fitted

CLIP = 10.0
"""Largest deviation in standard deviations: a single bright spot should not make a component."""

DENSE_UP_TO = 500
"""Number of features up to which a sparse matrix is made dense, which is faster and not much larger."""


def scaled_pca(
    X: np.ndarray | sparse.csr_matrix | Blocks, *, n_components: int, random_state: int = 0, reduced: bool = False
) -> Features:
    """Scale each feature to variance 1, clip at 10 standard deviations, and find the principal components.

    A wide sparse matrix stays sparse: it is centred inside the decomposition only, and not clipped from below. The same is
    done to a matrix in blocks, a block at a time.

    Parameters
    ----------
    X
        Shape (n_spots, n_features), finite.
    n_components
        Number of components wanted; fewer where there are not enough spots or varying features.
    random_state
        Seed of the start of the iterative decomposition of wide matrices.
    reduced
        Whether the features are components already: all are kept, divided by one number and turned, so that nothing between
        them changes. Of dense matrices only.

    Returns
    -------
    Scores and loadings; the sign of a component is such that its largest loading is positive.

    Raises
    ------
    ValueError
        If no feature varies.
    """
    n_spots, n_features = X.shape
    varying, mean, deviation = _moments(X)
    if reduced:
        n_components, deviation = len(varying), np.full(len(varying), np.abs(X[:, varying] - mean).max() / CLIP)
    else:
        n_components = max(1, min(n_components, len(varying) - 1, n_spots - 1))
    decompose = _decompose_blocks if isinstance(X, Blocks) else _decompose
    found = decompose(X, varying, mean, deviation, n_components, random_state)
    loadings = np.zeros((n_features, n_components), dtype=np.float32)
    loadings[varying] = found.axes.T
    columns = {"mean": mean, "deviation": deviation, "centre": found.centre}
    return Features(
        key="X_pca",
        values=found.scores,
        loadings_key="PCs",
        loadings=loadings,
        variance=found.variance,
        variance_ratio=found.variance_ratio,
        steps=("reduced features, as given",) if reduced else ("scale", f"{n_components} principal components"),
        columns={name: laid_out(values, varying, n_features) for name, values in columns.items()},
        constants={"sparse": float(found.stayed_sparse)},
    )


@dataclass(frozen=True)
class _Found:
    scores: np.ndarray
    axes: np.ndarray
    centre: np.ndarray
    variance: np.ndarray
    variance_ratio: np.ndarray
    stayed_sparse: bool


def _decompose(
    X: np.ndarray | sparse.csr_matrix,
    varying: np.ndarray,
    mean: np.ndarray,
    deviation: np.ndarray,
    n_components: int,
    random_state: int,
) -> _Found:
    X = _as_is_best(X[:, varying])
    stays_sparse = sparse.issparse(X)
    X = _scaled(X, mean, deviation)
    # An eigendecomposition of the covariance is exact; its cost grows with the cube of the features.
    solver = "covariance_eigh" if len(varying) <= DENSE_UP_TO else "arpack"
    pca = PCA(n_components, svd_solver=solver, random_state=random_state)
    return _Found(
        np.ascontiguousarray(pca.fit_transform(X), dtype=np.float32),
        pca.components_,
        np.asarray(pca.mean_, dtype=np.float64),
        np.asarray(pca.explained_variance_, dtype=np.float64),
        np.asarray(pca.explained_variance_ratio_, dtype=np.float64),
        stays_sparse,
    )


def _decompose_blocks(
    X: Blocks,
    varying: np.ndarray,
    mean: np.ndarray,
    deviation: np.ndarray,
    n_components: int,
    random_state: int,
) -> _Found:
    scaled = X.treat(lambda rows: _scaled(_as_is_best(rows[:, varying]), mean, deviation))
    stays_sparse = X.sparse and len(varying) > DENSE_UP_TO
    level = mean / deviation if stays_sparse else np.zeros(len(varying))
    found = spectrum(scaled, level, n_components, random_state=random_state)
    scores = by_rows(lambda rows: (rows @ found.axes.T - found.mean @ found.axes.T).astype(np.float32), scaled)
    n = X.shape[0]
    return _Found(
        scores,
        found.axes,
        found.mean,
        found.values / (n - 1),
        found.values / (n * found.variance),
        stays_sparse,
    )


def _as_is_best(X: np.ndarray | sparse.csr_matrix) -> np.ndarray | sparse.csr_matrix:
    return X.toarray(order="C") if sparse.issparse(X) and X.shape[1] <= DENSE_UP_TO else X


def treat_scaled(
    X: np.ndarray | sparse.csr_matrix | Blocks, fitted: Fitted
) -> tuple[np.ndarray | sparse.csr_matrix | Blocks, Fitted]:
    """Scale other spots as :func:`scaled_pca` did: by the same means and deviations.

    Parameters
    ----------
    X
        Shape (n_spots, n_features), the features of ``fitted``.
    fitted
        The preparation. Features that did not vary are passed over.

    Returns
    -------
    Scaled features (n_spots, n_varying), and the preparation of those.
    """
    varying = np.flatnonzero(fitted.columns["deviation"] > 0)
    known = fitted.take(varying)

    def scaled(rows: np.ndarray | sparse.csr_matrix) -> np.ndarray | sparse.csr_matrix:
        rows = rows[:, varying]
        if known.constants["sparse"]:
            rows = sparse.csr_matrix(rows)
        elif sparse.issparse(rows):  # of at most DENSE_UP_TO features, or a block, or like a tissue that was dense
            rows = rows.toarray()
        return _scaled(rows, known.columns["mean"], known.columns["deviation"])

    return on_rows(scaled, X), known


def laid_out(values: np.ndarray, features: np.ndarray, n_features: int) -> np.ndarray:
    """Values of some features among all, float64 of shape (n_features, ...); those of the others are zero."""
    out = np.zeros((n_features, *np.shape(values)[1:]), dtype=np.float64)
    out[features] = values
    return out


def _moments(X: np.ndarray | sparse.csr_matrix | Blocks) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions, means and standard deviations of the features that vary."""
    if isinstance(X, Blocks):
        scaler = StandardScaler(with_mean=False)
        for rows in X:
            scaler.partial_fit(rows.astype(np.float64))
        mean, variance = scaler.mean_, scaler.var_
    elif sparse.issparse(X):
        mean, variance = mean_variance_axis(X, axis=0)
    else:
        mean, variance = X.mean(axis=0, dtype=np.float64), X.var(axis=0, dtype=np.float64)
    deviation = np.sqrt(variance)
    varying = np.flatnonzero(deviation > 1e-6 * np.maximum(np.abs(mean), np.finfo(np.float32).tiny))
    if not len(varying):
        msg = f"none of the {X.shape[1]} features varies between spots"
        raise ValueError(msg)
    return varying, mean[varying], deviation[varying]


def _scaled(X: np.ndarray | sparse.csr_matrix, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    if not sparse.issparse(X):
        return np.clip((X - mean) / deviation, -CLIP, CLIP).astype(np.float32)
    X = sparse.csr_matrix(X, dtype=np.float32, copy=True)
    limit = (mean + CLIP * deviation).astype(np.float32)
    X.data = np.minimum(X.data, limit[X.indices]) / deviation.astype(np.float32)[X.indices]
    return X
