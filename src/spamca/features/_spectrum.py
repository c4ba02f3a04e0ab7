"""Principal axes of a matrix that is read in blocks of rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, lobpcg
from sklearn.utils.extmath import svd_flip

if TYPE_CHECKING:
    from spamca.features._blocks import Blocks

PRODUCTS_UP_TO = 4000
"""Number of features up to which the products of all pairs are summed, (n_features, n_features) and one reading of the matrix."""

SPARE = 10
"""Vectors carried beside those wanted: convergence lives on the gap to what lies beyond them."""

TOLERANCE = 1e-6
"""Length of what an eigenvector's product has outside of it, in parts of the mean eigenvalue."""

MOST_ITERATIONS = 60
"""Iterations after which what was found is taken; each reads the matrix up to twice."""

_VALUES = 2**22  # values of a block made dense together


@dataclass(frozen=True)
class Spectrum:
    """Principal axes, and what was found on the way to them.

    Parameters
    ----------
    axes
        Shape (n_components, n_features), float64; the largest entry of each is positive.
    values
        Sum of squares along each, (n_components,), about the mean if it was centred.
    mean
        Mean of each feature, (n_features,).
    variance
        Variance of all features together, with denominator n_spots.
    """

    axes: np.ndarray
    values: np.ndarray
    mean: np.ndarray
    variance: float


def spectrum(
    X: Blocks, level: np.ndarray, n_components: int, *, centred: bool = True, random_state: int = 0
) -> Spectrum:
    r"""Leading eigenvectors of :math:`X^\top X`, with the mean of each feature taken out if ``centred``.

    Sums over the blocks of all products of two features; of very many features, whose products would not fit memory, by
    :func:`scipy.sparse.linalg.lobpcg` (Knyazev 2001), which needs products with blocks of vectors only.

    Parameters
    ----------
    X
        Blocks of shape (n_rows, n_features), float32, dense or sparse.
    level
        About the mean of each feature, (n_features,): taken off before products are formed, so that no digits are lost.
    n_components
        Number of axes.
    centred
        Whether the mean is taken out.
    random_state
        Seed of the iterations.
    """
    level = level.astype(np.float32)
    find = _by_products if len(level) <= PRODUCTS_UP_TO else _by_iterations
    axes, values, sums = find(X, level, n_components, centred=centred, random_state=random_state)
    off = sums.total / sums.n
    mean, variance = level + off, sums.squares / sums.n - float(off @ off)
    return Spectrum(svd_flip(None, axes, u_based_decision=False)[1], values, mean, variance)


class _Sums:
    """Sums of rows and of their squares."""

    def __init__(self, n_features: int) -> None:
        self.total, self.squares, self.n = np.zeros(n_features), 0.0, 0

    def add(self, rows: np.ndarray | sparse.csr_matrix) -> None:
        self.total += np.asarray(rows.sum(axis=0, dtype=np.float64)).ravel()
        values = (rows.data if sparse.issparse(rows) else rows).ravel()
        self.squares += float(values @ values)
        self.n += rows.shape[0]

    def about(self, level: np.ndarray) -> _Sums:
        """The same of deviations from a level."""
        moved, level = _Sums(len(level)), level.astype(np.float64)
        moved.n, moved.total = self.n, self.total - self.n * level
        moved.squares = self.squares - float(level @ (2 * self.total - self.n * level))
        return moved


def _by_products(
    X: Blocks,
    level: np.ndarray,
    n_components: int,
    *,
    centred: bool,
    random_state: int,
) -> tuple[np.ndarray, np.ndarray, _Sums]:
    p = len(level)
    sums, products, n_rows = _Sums(p), np.zeros((p, p)), max(1, _VALUES // p)
    for rows in X:
        for begin in range(0, rows.shape[0], n_rows):
            part = rows[begin : begin + n_rows]
            part = (part.toarray() if sparse.issparse(part) else part) - level
            sums.add(part)
            products += part.T @ part
    if centred:
        products -= np.outer(sums.total, sums.total / sums.n)
    values, vectors = eigh(products, subset_by_index=(p - n_components, p - 1), overwrite_a=True, check_finite=False)
    return vectors.T[::-1].copy(), values[::-1], sums


def _by_iterations(
    X: Blocks, level: np.ndarray, n_components: int, *, centred: bool, random_state: int
) -> tuple[np.ndarray, np.ndarray, _Sums]:
    p = len(level)
    sums = _Sums(p)

    def times(vectors: np.ndarray) -> np.ndarray:
        nonlocal sums
        sums, out, at_level = _Sums(p), np.zeros(vectors.shape), level @ vectors
        for rows in X:
            scores = rows @ vectors - at_level
            out += rows.T @ scores
            out -= np.outer(level, scores.sum(axis=0))
            sums.add(rows)
        sums = sums.about(level)
        if centred:
            out -= np.outer(sums.total, sums.total @ vectors / sums.n)
        return out

    start = np.random.default_rng(random_state).standard_normal((p, min(p, n_components + SPARE)))
    times(start[:, :1])
    operator = LinearOperator((p, p), matvec=lambda v: times(v.reshape(-1, 1)), matmat=times, dtype=np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the spare vectors, which need not converge
        values, vectors = lobpcg(
            operator, start, largest=True, tol=TOLERANCE * sums.squares / p, maxiter=MOST_ITERATIONS
        )
    leading = np.argsort(values)[::-1][:n_components]
    return np.ascontiguousarray(vectors[:, leading].T), values[leading], sums
