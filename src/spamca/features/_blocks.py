"""Matrices in memory or in blocks of rows, read one at a time, and what kind of numbers they hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack

from spamca.features._rows import look_at_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dask.array import Array

ROWS = 1000
"""Rows of a block of a matrix that a file backs, as anndata's own."""

FEWEST_ROWS = 100
"""Rows below which the blocks of a dask array are joined: each has a cost of its own."""

LARGE = 2**28
"""Values from which on a sparse matrix in memory is treated in blocks too: those stored or, of few features, all (a gigabyte)."""

FEW_FEATURES = 500
"""Number of features up to which a sparse matrix is made dense, which is faster and not much larger."""

ROWS_IN_MEMORY = 10_000
"""Rows of a block of such a matrix."""

CHUNK = 1_000_000
"""Values compared with integers at a time, so that it takes no copy of the matrix."""

LARGEST_LOG = 30.0
"""Above any logarithm of counts; counts of any depth exceed it."""


class Look(NamedTuple):
    """Values of a matrix, from one reading; sums are float64."""

    low: float  # of the stored values; NaN where there are NaN
    high: float
    whole: bool  # whether all are integers, of whatever type
    depth: np.ndarray  # sum of each row, (n_spots,)
    totals: np.ndarray  # sum of each column, (n_features,)
    stored: np.ndarray  # which columns hold a value, of a sparse matrix even a stored zero, booleans (n_features,)
    filled: np.ndarray  # which rows have a value that is neither 0 nor NaN, booleans (n_spots,)
    equal: np.ndarray  # which rows have only one value, no whole number


@dataclass(frozen=True)
class Blocks:
    """A matrix (n_spots, n_features) as blocks of whole rows; each iteration reads them again, one after the other."""

    array: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of spots and features."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the stored values."""
        return self.array.dtype

    @property
    def sparse(self) -> bool:
        """Whether the blocks are sparse."""
        return issparse(self.array._meta)

    def __iter__(self) -> Iterator[np.ndarray | csr_matrix]:
        for block in self.array.to_delayed().ravel():
            rows = block.compute()
            yield csr_matrix(rows) if issparse(rows) else np.asarray(rows)

    def treat(self, function: Callable[[Any], Any], *, sparse: bool | None = None) -> Blocks:
        """The same with a function applied to each block when it is read; ``sparse`` where that changes whether they are sparse."""
        from dask.array import map_blocks

        make = csr_matrix if (self.sparse if sparse is None else sparse) else np.empty
        return Blocks(map_blocks(function, self.array, dtype=np.float32, meta=make((0, 0), dtype=np.float32)))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of each feature, both (n_features,), from one reading."""
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler(with_mean=False)
        for rows in self:
            scaler.partial_fit(rows.astype(np.float64))
        return scaler.mean_, scaler.var_

    @cached_property
    def look(self) -> Look:
        """The values, read once."""
        extents, depths, held = [], [], []
        totals, stored = np.zeros(self.shape[1]), np.zeros(self.shape[1], dtype=bool)
        for rows in self:
            extents.append(extent(rows))
            held.append(look_at_rows(rows)[:2])
            depths.append(depth(rows))
            totals += np.asarray(rows.sum(axis=0, dtype=np.float64)).ravel()
            stored |= ((rows != 0).sum(axis=0) if isinstance(rows, np.ndarray) else rows.getnnz(axis=0)) > 0
        low, high, whole = zip(*extents, strict=True)
        sums, filled, equal = (np.concatenate(parts) for parts in (depths, *zip(*held, strict=True)))
        return Look(float(np.min(low)), float(np.max(high)), all(whole), sums, totals, stored, filled, equal)


Matrix: TypeAlias = "np.ndarray | csr_matrix | Blocks"
"""What a modality may be prepared from, (n_spots, n_features)."""


def depth(X: Matrix) -> np.ndarray:
    """Sum of each row, float64 of shape (n_spots,)."""
    return X.look.depth if isinstance(X, Blocks) else np.asarray(X.sum(axis=1, dtype=np.float64)).ravel()


def extent(X: Matrix) -> tuple[float, float, bool]:
    """Least and largest stored value, 0 where there is none, and whether all values are integers."""
    if isinstance(X, Blocks):
        return X.look[:3]
    values = np.asarray(X.data if issparse(X) else X)
    if not values.size:
        return 0.0, 0.0, True
    parts = np.array_split(values, values.size // CHUNK + 1)
    whole = values.dtype.kind in "biu" or all((part == np.rint(part)).all() for part in parts)
    return float(values.min()), float(values.max()), whole


def is_negative(X: Matrix) -> bool:
    """Whether any value is below zero."""
    return extent(X)[0] < 0


def is_whole(X: Matrix) -> bool:
    """Whether all values are integers, of whatever type and sign."""
    return X.dtype.kind in "biu" or extent(X)[2]


def is_counts(X: Matrix) -> bool:
    """Whether all values are non-negative integers, of whatever type."""
    return X.dtype.kind in "bu" or (is_whole(X) and not is_negative(X))


def looks_logged(X: Matrix) -> bool:
    """Whether non-negative values are fractions and small, as log-normalised counts are."""
    return not is_counts(X) and extent(X)[1] < LARGEST_LOG


def take_columns(X: Matrix, features: np.ndarray) -> Matrix:
    """Some columns of a matrix, by positions or booleans, in memory or in blocks."""
    return Blocks(X.array[:, features]) if isinstance(X, Blocks) else X[:, features]


def in_blocks(X: Any, name: str = "X") -> Any:
    """A matrix as :class:`Blocks` if it is a dask array or backed by a file, else (or if it is None) as it is.

    ``name`` is for the ValueError that a matrix stored by columns raises: each block of rows would read all of it.
    """
    if X is None or isinstance(X, (np.ndarray, Blocks)) or issparse(X):
        return X
    from anndata.abc import CSCDataset, CSRDataset
    from anndata.experimental import read_elem_lazy
    from dask.array import Array

    by_columns = isinstance(X, CSCDataset)
    if not isinstance(X, Array) and not by_columns:
        X = read_elem_lazy(X.group if isinstance(X, CSRDataset) else X, chunks=(ROWS, -1))
    if by_columns or (issparse(X._meta) and X.numblocks[0] == 1 < X.numblocks[1]):
        msg = f"{name} is stored by columns, and is to be read by rows; write it to the file as scipy.sparse.csr_matrix"
        raise ValueError(msg)
    X = X if X.numblocks[1] == 1 else X.rechunk({1: -1})
    return Blocks(X if X.shape[0] >= FEWEST_ROWS * X.numblocks[0] else X.rechunk({0: ROWS}))


def parted(X: Any) -> Any:
    """A sparse matrix in memory as :class:`Blocks` if it is large, so that treating it takes no copy of its size; else as it is."""
    if not issparse(X) or (np.prod(X.shape) if X.shape[1] <= FEW_FEATURES else X.nnz) <= LARGE:
        return X
    from dask.array import from_array

    by_rows = csr_matrix(X)  # copied where it is stored by columns
    return Blocks(from_array(by_rows, chunks=(ROWS_IN_MEMORY, -1), name=False, asarray=False, meta=csr_matrix((0, 0))))


def in_memory(X: Matrix) -> np.ndarray | csr_matrix:
    """A matrix, with all of its blocks read into one where it is in blocks."""
    if not isinstance(X, Blocks):
        return X
    return vstack(list(X), format="csr") if X.sparse else np.concatenate(list(X))


def by_rows(function: Callable[[Any], np.ndarray], X: Any) -> np.ndarray:
    """A function of each row alone, applied to a matrix in memory or to the blocks of one that is not."""
    return np.concatenate([function(rows) for rows in X]) if isinstance(X, Blocks) else function(X)


def on_rows(function: Callable[[Any], Any], X: Any, *, sparse: bool | None = None) -> Any:
    """The same, delayed until the blocks are read; ``sparse`` as in :meth:`Blocks.treat`."""
    return X.treat(function, sparse=sparse) if isinstance(X, Blocks) else function(X)
