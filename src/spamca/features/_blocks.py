"""Matrices that are not in memory: read a block of rows at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dask.array import Array

ROWS = 1000
"""Rows of a block of a matrix that a file backs, as anndata's own."""

FEWEST_ROWS = 100
"""Rows below which the blocks of a dask array are joined: each has a cost of its own."""


@dataclass(frozen=True)
class Look:
    """What one reading of a matrix tells of its values.

    Parameters
    ----------
    low, high
        Extremes of the stored values; NaN where there are NaN.
    whole
        Whether all are integers, of whatever type.
    depth
        Sum of each row, float64 of shape (n_spots,).
    totals
        Sum of each column, float64 of shape (n_features,).
    stored
        Columns that have a stored value, or in a dense matrix one that is not zero; booleans of shape (n_features,).
    """

    low: float
    high: float
    whole: bool
    depth: np.ndarray
    totals: np.ndarray
    stored: np.ndarray


@dataclass(frozen=True)
class Blocks:
    """A matrix as blocks of its rows; iterating reads them one after the other, from the first, each time anew.

    Parameters
    ----------
    array
        The matrix, (n_spots, n_features), in blocks of whole rows.
    sparse
        Whether the blocks are sparse.
    treated
        What is done to each block once it is in memory.
    """

    array: Array
    sparse: bool
    treated: tuple[Callable[[Any], Any], ...] = field(default=())

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of spots and features."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values as they are stored."""
        return self.array.dtype

    def __iter__(self) -> Iterator[np.ndarray | sparse.csr_matrix]:
        for block in self.array.to_delayed().ravel():
            rows = block.compute()
            rows = sparse.csr_matrix(rows) if sparse.issparse(rows) else np.asarray(rows)
            for treat in self.treated:
                rows = treat(rows)
            yield rows

    def treat(self, function: Callable[[Any], Any], *, dense: bool = False) -> Blocks:
        """The same with something more done to each block: a function of rows that heeds no other row.

        Parameters
        ----------
        function
            From rows to as many rows.
        dense
            Whether it makes sparse rows dense.
        """
        return replace(self, sparse=self.sparse and not dense, treated=(*self.treated, function))

    def numbered(self) -> Iterator[tuple[slice, np.ndarray | sparse.csr_matrix]]:
        """The blocks, each with the rows of the matrix that it holds."""
        begin = 0
        for rows in self:
            yield slice(begin, begin + rows.shape[0]), rows
            begin += rows.shape[0]

    @cached_property
    def look(self) -> Look:
        """What the values are; read once."""
        low, high, whole, depth = np.inf, -np.inf, True, []
        totals, stored = np.zeros(self.shape[1]), np.zeros(self.shape[1], dtype=bool)
        for rows in self:
            values = rows.data if sparse.issparse(rows) else rows
            if values.size:
                low, high = np.minimum(low, values.min()), np.maximum(high, values.max())
                whole = whole and (values.dtype.kind in "biu" or bool((values == np.rint(values)).all()))
            depth.append(np.asarray(rows.sum(axis=1, dtype=np.float64)).ravel())
            totals += np.asarray(rows.sum(axis=0, dtype=np.float64)).ravel()
            stored |= (rows.getnnz(axis=0) if sparse.issparse(rows) else (rows != 0).sum(axis=0)) > 0
        low, high = (low, high) if low <= high or np.isnan(low) else (0.0, 0.0)
        return Look(float(low), float(high), whole, np.concatenate(depth), totals, stored)


def in_blocks(X: Any, name: str = "X") -> Any:
    """A matrix as :class:`Blocks` if it is a dask array or backed by a file, else as it is.

    Parameters
    ----------
    X
        The matrix, (n_spots, n_features), or None.
    name
        Where it is, for the message of the error.

    Raises
    ------
    ValueError
        If it is stored by columns: each block of rows would be a reading of all of it.
    """
    if X is None or isinstance(X, (np.ndarray, Blocks)) or sparse.issparse(X):
        return X
    from anndata.abc import CSCDataset, CSRDataset
    from anndata.experimental import read_elem_lazy
    from dask.array import Array

    by_columns = isinstance(X, CSCDataset)
    if not isinstance(X, Array) and not by_columns:
        X = read_elem_lazy(X.group if isinstance(X, CSRDataset) else X, chunks=(ROWS, -1))
    if by_columns or (sparse.issparse(X._meta) and X.numblocks[0] == 1 < X.numblocks[1]):
        msg = f"{name} is stored by columns, and is to be read by rows; write it to the file as scipy.sparse.csr_matrix"
        raise ValueError(msg)
    if X.numblocks[1] > 1:
        X = X.rechunk({1: -1})
    return blocks_of(X if X.shape[0] >= FEWEST_ROWS * X.numblocks[0] else X.rechunk({0: ROWS}))


def blocks_of(array: Array) -> Blocks:
    """A dask array in blocks of whole rows as :class:`Blocks`."""
    return Blocks(array, sparse.issparse(array._meta))


def by_rows(function: Callable[[Any], np.ndarray], X: Any) -> np.ndarray:
    """A function of rows that heeds no other row, of a matrix in memory or of the blocks of one that is not."""
    return np.concatenate([function(rows) for rows in X]) if isinstance(X, Blocks) else function(X)


def on_rows(function: Callable[[Any], Any], X: Any) -> Any:
    """The same, put off until the blocks are read."""
    return X.treat(function) if isinstance(X, Blocks) else function(X)
