"""Matrices that are not in memory: read a block of rows at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, issparse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from anndata import AnnData
    from dask.array import Array

ROWS = 1000
"""Rows of a block of a matrix that a file backs, as anndata's own."""

FEWEST_ROWS = 100
"""Rows below which the blocks of a dask array are joined: each has a cost of its own."""


class Look(NamedTuple):
    """What one reading of a matrix shows of its values."""

    low: float  # of the stored values; NaN where there are NaN
    high: float
    whole: bool  # whether all are integers, of whatever type
    depth: np.ndarray  # sum of each row, float64 of shape (n_spots,)
    totals: np.ndarray  # sum of each column, float64 of shape (n_features,)
    stored: (
        np.ndarray
    )  # columns that have a stored value (a dense matrix: one that is not zero), booleans (n_features,)


@dataclass(frozen=True)
class Blocks:
    """A matrix as blocks of its rows; each iteration reads them again, one after the other.

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
    treated: tuple[Callable[[Any], Any], ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of spots and features."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values as they are stored."""
        return self.array.dtype

    def __iter__(self) -> Iterator[np.ndarray | csr_matrix]:
        for block in self.array.to_delayed().ravel():
            rows = block.compute()
            rows = csr_matrix(rows) if issparse(rows) else np.asarray(rows)
            for treat in self.treated:
                rows = treat(rows)
            yield rows

    def treat(self, function: Callable[[Any], Any], *, dense: bool = False) -> Blocks:
        """The same with a function applied to each row; ``dense`` says that it makes sparse rows dense."""
        return replace(self, sparse=self.sparse and not dense, treated=(*self.treated, function))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of each feature, both (n_features,), from one reading."""
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler(with_mean=False)
        for rows in self:
            scaler.partial_fit(rows.astype(np.float64))
        return scaler.mean_, scaler.var_

    @cached_property
    def look(self) -> Look:
        """What the values are; read once."""
        extents, depth = [], []
        totals, stored = np.zeros(self.shape[1]), np.zeros(self.shape[1], dtype=bool)
        for rows in self:
            extents.append(extent([rows if isinstance(rows, np.ndarray) else rows.data]))
            depth.append(np.asarray(rows.sum(axis=1, dtype=np.float64)).ravel())
            totals += np.asarray(rows.sum(axis=0, dtype=np.float64)).ravel()
            stored |= ((rows != 0).sum(axis=0) if isinstance(rows, np.ndarray) else rows.getnnz(axis=0)) > 0
        low, high, whole = zip(*extents, strict=True)
        return Look(float(np.min(low)), float(np.max(high)), all(whole), np.concatenate(depth), totals, stored)


Matrix = np.ndarray | csr_matrix | Blocks
"""What a modality may be prepared from, (n_spots, n_features)."""


def extent(parts: Iterable[np.ndarray]) -> tuple[float, float, bool]:
    """Least and largest value of some arrays, 0 where they are empty, and whether all values are integers."""
    found = [
        (part.min(), part.max(), part.dtype.kind in "biu" or bool((part == np.rint(part)).all()))
        for part in parts
        if part.size
    ]
    low, high, whole = zip(*found, strict=True) if found else ([0], [0], [True])
    return float(np.min(low)), float(np.max(high)), all(whole)


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
    if X.numblocks[1] > 1:
        X = X.rechunk({1: -1})
    return blocks_of(X if X.shape[0] >= FEWEST_ROWS * X.numblocks[0] else X.rechunk({0: ROWS}))


def blocks_of(array: Array) -> Blocks:
    """A dask array in blocks of whole rows as :class:`Blocks`."""
    return Blocks(array, issparse(array._meta))


def by_rows(function: Callable[[Any], np.ndarray], X: Any) -> np.ndarray:
    """A function of each row alone, of a matrix in memory or of the blocks of one that is not."""
    return np.concatenate([function(rows) for rows in X]) if isinstance(X, Blocks) else function(X)


def on_rows(function: Callable[[Any], Any], X: Any, *, dense: bool = False) -> Any:
    """The same, put off until the blocks are read."""
    return X.treat(function, dense=dense) if isinstance(X, Blocks) else function(X)


class Opened:
    """A modality whose matrices, where they are not in memory, are :class:`Blocks`, each opened and looked at once."""

    def __init__(self, modality: AnnData) -> None:
        self.modality, self.var = modality, modality.var
        self._layers: dict[str, Any] = {}

    @cached_property
    def X(self) -> Any:
        """Matrix, (n_spots, n_features), or None."""
        return in_blocks(self.modality.X)

    def layer(self, name: str) -> Any:
        """A layer, (n_spots, n_features), or None where there is none of this name."""
        if name not in self._layers:
            layers = self.modality.layers
            self._layers[name] = in_blocks(layers[name], f"layers[{name!r}]") if name in layers else None
        return self._layers[name]


def opened(modality: AnnData | Opened) -> Opened:
    """A modality as :class:`Opened`, if it is not one already."""
    return modality if isinstance(modality, Opened) else Opened(modality)
