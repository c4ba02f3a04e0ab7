"""Matrices in memory or in blocks of rows, read one at a time, and what kind of numbers they hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, issparse

from spamca import _edge
from spamca.features._rows import look_at_rows
from spamca.features.controls import is_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd
    from anndata import AnnData
    from dask.array import Array

ROWS = 1000
"""Rows of a block of a matrix that a file backs, as anndata's own."""

FEWEST_ROWS = 100
"""Rows below which the blocks of a dask array are joined: each has a cost of its own."""

CHUNK = 1_000_000
"""Values compared with integers at a time, so that it takes no copy of the matrix."""

COUNT_LAYERS = ("counts", "raw_counts")
"""Layers in which scanpy's and scvi-tools' users keep counts after normalising ``X``."""

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


def by_rows(function: Callable[[Any], np.ndarray], X: Any) -> np.ndarray:
    """A function of each row alone, applied to a matrix in memory or to the blocks of one that is not."""
    return np.concatenate([function(rows) for rows in X]) if isinstance(X, Blocks) else function(X)


def on_rows(function: Callable[[Any], Any], X: Any, *, sparse: bool | None = None) -> Any:
    """The same, delayed until the blocks are read; ``sparse`` as in :meth:`Blocks.treat`."""
    return X.treat(function, sparse=sparse) if isinstance(X, Blocks) else function(X)


class Opened:
    """What counts of a modality: the spots where it was measured, (n_measured,), and its features without controls, (n_real,).

    Matrices that are not in memory are :class:`Blocks`, each opened and looked at once.

    Parameters
    ----------
    modality
        The modality, with n spots and p features.
    measured
        Spots where it was measured, booleans (n,); by default those that its preparation noted, else all.
    """

    def __init__(self, modality: AnnData, measured: np.ndarray | None = None) -> None:
        self.modality = modality
        self.measured = _edge.measured(modality) if measured is None else measured

    @cached_property
    def real(self) -> np.ndarray:
        """Features that are no controls, booleans (p,): their names are read, which takes a second for 200,000."""
        return ~is_control(self.modality.var)

    @cached_property
    def var(self) -> pd.DataFrame:
        """Annotation of the features that count, (n_real, ...)."""
        return self.modality.var[self.real]

    def having(self, measured: np.ndarray) -> Opened:
        """The same of other spots, booleans (n,)."""
        found = Opened(self.modality, measured)
        found.real = self.real
        return found

    @cached_property
    def X(self) -> Any:
        """Matrix, (n_measured, n_real), or None."""
        return self.part(in_blocks(self.modality.X))

    @cached_property
    def counts(self) -> tuple[Any, str]:
        """A layer of counts where X has none, else X; and where it is."""
        layers = self.modality.layers
        for name in COUNT_LAYERS if self.X is not None and not is_counts(self.X) else ():
            where = f"layers[{name!r}]"
            if name in layers and is_counts(X := self.part(in_blocks(layers[name], where))):
                return X, where
        return self.X, "X"

    def part(self, X: Any) -> Any:
        """A matrix of all spots and features, cut to those that count; not copied where all do."""
        X = self.rows(X)
        return X if X is None or self.real.all() else take_columns(X, np.flatnonzero(self.real))

    def rows(self, X: Any) -> Any:
        """A matrix of all spots, cut to those that were measured, with controls; not copied where all were."""
        if X is None or self.measured.all():
            return X
        rows = np.flatnonzero(self.measured)
        return Blocks(X.array[rows]) if isinstance(X, Blocks) else X[rows]


def opened(modality: AnnData | Opened) -> Opened:
    """A modality as :class:`Opened`, if it is not one already."""
    return modality if isinstance(modality, Opened) else Opened(modality)
