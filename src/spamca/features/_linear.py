"""Scaling and principal components, on dense and sparse matrices alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.utils.sparsefuncs import mean_variance_axis

from spamca.features._features import Features

if TYPE_CHECKING:
    from spamca.features._fitted import Fitted

CLIP = 10.0
"""Largest deviation in standard deviations: a single bright spot should not make a component."""

DENSE_UP_TO = 500
"""Number of features up to which a sparse matrix is made dense, which is faster and not much larger."""


def scaled_pca(X: np.ndarray | sparse.csr_matrix, *, n_components: int, random_state: int = 0) -> Features:
    """Scale each feature to variance 1, clip at 10 standard deviations, and find the principal components.

    A wide sparse matrix stays sparse: it is centred inside the decomposition only, and not clipped from below.

    Parameters
    ----------
    X
        Shape (n_spots, n_features), finite.
    n_components
        Number of components wanted; fewer where there are not enough spots or varying features.
    random_state
        Seed of the start of the iterative decomposition of wide matrices.

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
    n_components = max(1, min(n_components, len(varying) - 1, n_spots - 1))
    X = X[:, varying]
    if sparse.issparse(X) and len(varying) <= DENSE_UP_TO:
        X = X.toarray(order="C")
    stays_sparse = sparse.issparse(X)
    X = _scaled(X, mean, deviation)
    # An eigendecomposition of the covariance is exact; its cost grows with the cube of the features.
    solver = "covariance_eigh" if len(varying) <= DENSE_UP_TO else "arpack"
    pca = PCA(n_components, svd_solver=solver, random_state=random_state)
    values = np.ascontiguousarray(pca.fit_transform(X), dtype=np.float32)
    loadings = np.zeros((n_features, n_components), dtype=np.float32)
    loadings[varying] = pca.components_.T
    columns = {"mean": mean, "deviation": deviation, "centre": np.asarray(pca.mean_, dtype=np.float64)}
    return Features(
        key="X_pca",
        values=values,
        loadings_key="PCs",
        loadings=loadings,
        variance=np.asarray(pca.explained_variance_, dtype=np.float64),
        variance_ratio=np.asarray(pca.explained_variance_ratio_, dtype=np.float64),
        steps=("scale", f"{n_components} principal components"),
        columns={name: laid_out(values, varying, n_features) for name, values in columns.items()},
        constants={"sparse": float(stays_sparse)},
    )


def treat_scaled(X: np.ndarray | sparse.csr_matrix, fitted: Fitted) -> tuple[np.ndarray | sparse.csr_matrix, Fitted]:
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
    fitted, X = fitted.take(varying), X[:, varying]
    if fitted.constants["sparse"]:
        X = sparse.csr_matrix(X)
    elif sparse.issparse(X):
        X = X.toarray()
    return _scaled(X, fitted.columns["mean"], fitted.columns["deviation"]), fitted


def laid_out(values: np.ndarray, features: np.ndarray, n_features: int) -> np.ndarray:
    """Values of some features among all, float64 of shape (n_features, ...); those of the others are zero."""
    out = np.zeros((n_features, *np.shape(values)[1:]), dtype=np.float64)
    out[features] = values
    return out


def _moments(X: np.ndarray | sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions, means and standard deviations of the features that vary."""
    if sparse.issparse(X):
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
