"""Scaling and principal components, on dense and sparse matrices alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca.features._blocks import FEW_FEATURES, Blocks, depth, on_rows, take_columns
from spamca.features._features import Features, Fitted
from spamca.features._spectrum import spectrum

if TYPE_CHECKING:
    from collections.abc import Callable

    from spamca.features._blocks import Matrix

CLIP = 10.0
"""Largest deviation in standard deviations: a single bright spot should not make a component."""

_ROWS = 2**14  # scaled at once

UNVARYING = "none of the {} features varies between spots"


def scaled_pca(
    X: Matrix,
    *,
    n_components: int,
    chosen: np.ndarray | None = None,
    random_state: int = 0,
    reduced: bool = False,
) -> Features:
    """Scale each feature to variance 1, clip at 10 standard deviations, and find the principal components.

    A wide sparse matrix stays sparse: it is centred inside the decomposition only, and not clipped from below. Blocks are
    treated alike, one at a time. scanpy's functions would make the matrix dense to scale it, and lose digits in the covariance of
    blocks, E(xx) - E(x)E(x) in float32.

    X is finite, (n_spots, n_features); there are fewer components where there are not enough spots or varying features,
    and a ValueError where no feature varies. ``chosen`` are the features that are used, booleans (n_features,). If ``reduced``, the
    features, in a dense matrix, are components already: all are kept, divided by one number and rotated, so that their proportions
    stay. The largest loading of a component is positive.
    """
    if chosen is not None:
        options: dict[str, Any] = {"random_state": random_state, "reduced": reduced}
        of_chosen = scaled_pca(take_columns(X, chosen), n_components=n_components, **options)
        return of_chosen.among(X.shape[1], np.flatnonzero(chosen))
    varying, mean, deviation = _moments(X)
    if reduced and not isinstance(X, Blocks):
        n_components, deviation = len(varying), np.full(len(varying), np.abs(X[:, varying] - mean).max() / CLIP)
    else:
        n_components = max(1, min(n_components, len(varying) - 1, X.shape[0] - 1))
    stays_sparse = (X.sparse if isinstance(X, Blocks) else sparse.issparse(X)) and len(varying) > FEW_FEATURES
    scaled = on_rows(
        lambda rows: _scaled(rows[:, varying], mean, deviation, as_sparse=stays_sparse), X, sparse=stays_sparse
    )
    if isinstance(X, Blocks):
        n, found = X.shape[0], spectrum(scaled, n_components, random_state=random_state)
        axes, centre = found.axes, found.mean
        variance, ratio = found.values / (n - 1), found.values / (n * found.variance)
        values = Fitted(axes.T, {"centre": centre}).scores(scaled)
    else:
        from sklearn.decomposition import PCA

        # An eigendecomposition of the covariance is exact; its cost grows with the cube of the features.
        solver = "covariance_eigh" if len(varying) <= FEW_FEATURES else "arpack"
        pca = PCA(n_components, svd_solver=solver, random_state=random_state)
        values = np.ascontiguousarray(pca.fit_transform(scaled), dtype=np.float32)
        axes, centre = pca.components_, pca.mean_
        variance, ratio = pca.explained_variance_, pca.explained_variance_ratio_
    columns = {"mean": mean, "deviation": deviation, "centre": centre}
    return Features(
        key="X_pca",
        values=values,
        loadings_key="PCs",
        loadings=axes.T.astype(np.float32),
        variance=np.asarray(variance, dtype=np.float64),
        variance_ratio=np.asarray(ratio, dtype=np.float64),
        steps=("reduced features, as given",) if reduced else ("scale", f"{n_components} principal components"),
        columns={name: np.asarray(values, dtype=np.float64) for name, values in columns.items()},
        constants={"sparse": float(stays_sparse)},
    ).among(X.shape[1], varying)


def treat_scaled(
    X: Matrix, position: np.ndarray, fitted: Fitted, values: Callable[[Any, np.ndarray], Any]
) -> tuple[Matrix, Fitted]:
    """Scale other spots as :func:`scaled_pca` did, by the same means and deviations; arguments as in :class:`Kind`.

    ``values`` gives the values to scale, from rows of X and the columns of the features that are there. A feature that is missing
    counts as its mean. Gives the features that are there and varied, and their preparation.
    """
    columns, here = position[position >= 0], fitted.take(position >= 0)
    varying = np.flatnonzero(here.columns["deviation"] > 0)
    known = here.take(varying)
    mean, deviation, as_sparse = known.columns["mean"], known.columns["deviation"], bool(known.constants["sparse"])

    def scaled(rows: Any) -> np.ndarray | sparse.csr_matrix:
        return _scaled(values(rows, columns)[:, varying], mean, deviation, as_sparse=as_sparse)

    return on_rows(scaled, X, sparse=as_sparse), known


def depths(X: Matrix) -> np.ndarray:
    """Sum of each row, (n_spots,), not all of them zero (ValueError)."""
    sums = depth(X)
    if not sums.any():
        raise ValueError(UNVARYING.format(X.shape[1]))
    return sums


def _moments(X: Matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions, means and standard deviations of the features that vary."""
    if isinstance(X, Blocks):
        mean, variance = X.moments()
    elif sparse.issparse(X):
        from sklearn.utils.sparsefuncs import mean_variance_axis

        mean, variance = mean_variance_axis(X, axis=0)
    else:
        mean, variance = X.mean(axis=0, dtype=np.float64), X.var(axis=0, dtype=np.float64)
    deviation = np.sqrt(variance)
    varying = np.flatnonzero(deviation > 1e-6 * np.maximum(np.abs(mean), np.finfo(np.float32).tiny))
    if not len(varying):
        raise ValueError(UNVARYING.format(X.shape[1]))
    return varying, mean[varying], deviation[varying]


def _scaled(
    X: np.ndarray | sparse.csr_matrix, mean: np.ndarray, deviation: np.ndarray, *, as_sparse: bool
) -> np.ndarray | sparse.csr_matrix:
    if not as_sparse:
        # in the order of a dense matrix: sums depend on it in their last digits
        out = np.empty_like(X, dtype=np.float32) if isinstance(X, np.ndarray) else np.empty(X.shape, dtype=np.float32)
        for begin in range(0, len(out), _ROWS):  # in double precision, a part at a time
            rows = slice(begin, begin + _ROWS)
            part = X[rows] if isinstance(X, np.ndarray) else X[rows].toarray(order="C")
            out[rows] = np.clip((part - mean) / deviation, -CLIP, CLIP)
        return out
    X = sparse.csr_matrix(X, dtype=np.float32, copy=True)
    limit = (mean + CLIP * deviation).astype(np.float32)
    X.data = np.minimum(X.data, limit[X.indices]) / deviation.astype(np.float32)[X.indices]
    return X
