"""What kind of numbers a matrix holds: an array, a sparse matrix, or blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, extent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca.features._blocks import Matrix

CHUNK = 1_000_000
"""Values looked at together, so that a look costs no copy of the matrix."""

LARGEST_LOG = 30.0
"""Above any logarithm of counts; counts of any depth exceed it."""


def is_negative(X: Matrix) -> bool:
    """Whether any value is below zero."""
    return _extent_of(X)[0] < 0


def is_whole(X: Matrix) -> bool:
    """Whether all values are integers, of whatever type and sign."""
    return X.dtype.kind in "biu" or _extent_of(X)[2]


def is_counts(X: Matrix) -> bool:
    """Whether all values are non-negative integers, of whatever type."""
    return X.dtype.kind in "bu" or (is_whole(X) and not is_negative(X))


def looks_logged(X: Matrix) -> bool:
    """Whether non-negative values are fractions and small, as log-normalised counts are."""
    return not is_counts(X) and _extent_of(X)[1] < LARGEST_LOG


def _extent_of(X: Matrix) -> tuple[float, float, bool]:
    return (X.look.low, X.look.high, X.look.whole) if isinstance(X, Blocks) else extent(_chunks(X))


def _chunks(X: np.ndarray | sparse.spmatrix) -> Iterator[np.ndarray]:
    values: Any = X.data if sparse.issparse(X) else X
    step = CHUNK if values.ndim == 1 else max(1, CHUNK // max(1, values.shape[1]))
    for start in range(0, len(values), step):
        yield np.asarray(values[start : start + step])
