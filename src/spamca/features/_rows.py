"""What rows of a matrix in memory hold."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, issparse


def look_at_rows(X: np.ndarray | csr_matrix) -> tuple[np.ndarray, np.ndarray, bool]:
    """Which rows have a value that is neither 0 nor NaN, which only one that is no whole number, both (n,); whether all values are whole."""
    if issparse(X):
        X = csr_matrix(X)
        full = np.diff(X.indptr) == X.shape[1]
        some = (X.data != 0) & (X.data == X.data)
        filled = np.zeros(X.shape[0], dtype=bool)
        filled[np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))[some]] = True
        equal = np.zeros(X.shape[0], dtype=bool)
        if full.any():
            equal[full] = look_at_rows(X[full].toarray())[1]
        return filled, equal, _is_whole(X.data[some])
    there = X == X
    filled = ((X != 0) & there).any(axis=1)
    first = np.fmax.reduce(X, axis=1)
    equal = (first == np.fmin.reduce(X, axis=1)) & ((first != np.rint(first)) | np.isinf(first))
    return filled, equal, _is_whole(X[there])


def _is_whole(values: np.ndarray) -> bool:
    return values.dtype.kind in "biu" or bool((values == np.rint(values)).all())
