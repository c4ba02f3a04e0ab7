"""What kind of numbers a matrix holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1_000_000
"""Values looked at together, so that a look costs no copy of the matrix."""

LARGEST_LOG = 30.0
"""No logarithm of counts comes near this, and counts of any depth pass it."""


def is_negative(X: np.ndarray | sparse.spmatrix | Blocks) -> bool:
    """Whether any value is below zero."""
    if isinstance(X, Blocks):
        return X.look.low < 0
    return any((values < 0).any() for values in _chunks(X))


def is_counts(X: np.ndarray | sparse.spmatrix | Blocks) -> bool:
    """Whether all values are non-negative integers, of whatever type."""
    if X.dtype.kind in "bu":  # booleans do not round
        return True
    if isinstance(X, Blocks):
        return X.look.whole and X.look.low >= 0
    return all((values >= 0).all() and (values == np.rint(values)).all() for values in _chunks(X))


def is_whole(X: np.ndarray | sparse.spmatrix | Blocks) -> bool:
    """Whether all values are integers, of whatever type and sign."""
    if isinstance(X, Blocks):
        return X.look.whole
    return X.dtype.kind in "biu" or all((values == np.rint(values)).all() for values in _chunks(X))


def looks_logged(X: np.ndarray | sparse.spmatrix | Blocks) -> bool:
    """Whether non-negative values are fractions and small, as log-normalised counts are."""
    if isinstance(X, Blocks):
        return not is_counts(X) and X.look.high < LARGEST_LOG
    return not is_counts(X) and bool(max((values.max() for values in _chunks(X)), default=0.0) < LARGEST_LOG)


def _chunks(X: np.ndarray | sparse.spmatrix) -> Iterator[np.ndarray]:
    if sparse.issparse(X):
        for start in range(0, len(X.data), CHUNK):
            yield X.data[start : start + CHUNK]
        return
    n_rows = max(1, CHUNK // max(1, X.shape[1]))
    for start in range(0, len(X), n_rows):
        yield np.asarray(X[start : start + n_rows])
