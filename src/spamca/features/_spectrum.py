"""Principal axes of a matrix that is read in blocks of rows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, lobpcg

if TYPE_CHECKING:
    from spamca.features._blocks import Blocks

PRODUCTS_UP_TO = 4000
"""Number of features up to which the products of all pairs, (n_features, n_features), are summed in one reading."""

SPARE = 10
"""Vectors in addition to those wanted: convergence depends on the gap to the eigenvalues beyond them."""

TOLERANCE = 1e-6
"""Residual of an eigenvector, in units of the mean eigenvalue."""

MOST_ITERATIONS = 60
"""Iterations after which the search ends; each reads the matrix up to twice."""

_VALUES = 2**22  # values of a block made dense together


class Spectrum(NamedTuple):
    """Principal axes, and the moments of the features."""

    axes: np.ndarray  # (n_components, n_features), float64; the largest entry of each is positive
    values: np.ndarray  # sum of squares along each, (n_components,), about the mean if it was centred
    mean: np.ndarray  # (n_features,)
    variance: float  # of all features together, with denominator n_spots


def spectrum(X: Blocks, n_components: int, *, centred: bool = True, random_state: int = 0) -> Spectrum:
    r"""Leading eigenvectors of :math:`X^\top X`, with the mean of each feature subtracted if ``centred``.

    X is float32, (n_rows, n_features). From the summed products of every two features; where these are too many for memory,
    by :func:`scipy.sparse.linalg.lobpcg` (Knyazev 2001), which needs products with a few vectors only.
    """
    from sklearn.utils.extmath import svd_flip

    mean, variance = X.moments()
    level = (mean if centred else np.zeros_like(mean)).astype(np.float32)
    if len(mean) <= PRODUCTS_UP_TO:
        values, axes = _by_products(X, level, n_components)
    else:
        mean_eigenvalue = X.shape[0] * np.mean(variance + (0 if centred else mean**2))
        values, axes = _by_iterations(X, level, n_components, TOLERANCE * mean_eigenvalue, random_state)
    leading = np.argsort(values)[::-1][:n_components]
    axes = np.ascontiguousarray(axes[:, leading].T)
    return Spectrum(svd_flip(None, axes, u_based_decision=False)[1], values[leading], mean, float(variance.sum()))


def _by_products(X: Blocks, level: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    p = len(level)
    products, n_rows = np.zeros((p, p)), max(1, _VALUES // p)
    for rows in X:
        for begin in range(0, rows.shape[0], n_rows):
            part = rows[begin : begin + n_rows]
            # Centred before products are formed, so that no digits are lost.
            part = (part if isinstance(part, np.ndarray) else part.toarray()) - level
            products += part.T @ part
    return eigh(products, subset_by_index=(p - n_components, p - 1), overwrite_a=True, check_finite=False)


def _by_iterations(
    X: Blocks, level: np.ndarray, n_components: int, tolerance: float, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    p = len(level)

    def times(vectors: np.ndarray) -> np.ndarray:
        out, at_level = np.zeros(vectors.shape), level @ vectors
        for rows in X:
            scores = rows @ vectors - at_level
            out += rows.T @ scores
            out -= np.outer(level, scores.sum(axis=0))
        return out

    start = np.random.default_rng(random_state).standard_normal((p, min(p, n_components + SPARE)))
    operator = LinearOperator((p, p), matvec=lambda v: times(v.reshape(-1, 1)), matmat=times, dtype=np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the spare vectors, which need not converge
        return lobpcg(operator, start, largest=True, tol=tolerance, maxiter=MOST_ITERATIONS)
