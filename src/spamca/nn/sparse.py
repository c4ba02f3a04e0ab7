"""Sparse symmetric products with a dense matrix, the only operation that moves information between spots."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from torch import Tensor

COMPRESSED_DEVICES = ("cpu", "cuda")
"""Where torch multiplies compressed sparse rows; elsewhere the product is gathered and scattered edge by edge."""


@dataclass(frozen=True)
class Adjacency:
    """A normalised graph in compressed sparse rows; square and **symmetric** but for what :meth:`rows` gives.

    Parameters
    ----------
    indptr
        Where each row begins, integers of shape (n_spots + 1,).
    indices
        Neighbour of each edge, integers of shape (n_edges,).
    weights
        Weight of each edge, shape (n_edges,).
    n_columns
        Number of spots that the neighbours are counted in; None is as many as there are rows.
    """

    indptr: Tensor
    indices: Tensor
    weights: Tensor
    n_columns: int | None = None

    @classmethod
    def from_scipy(cls, matrix: csr_matrix) -> Adjacency:
        """From a SciPy matrix, in float32 and with 32-bit indices where they fit."""
        matrix = matrix.tocsr()
        index = np.int32 if max(matrix.nnz, matrix.shape[0]) < np.iinfo(np.int32).max else np.int64
        return cls(
            torch.from_numpy(matrix.indptr.astype(index, copy=False)),
            torch.from_numpy(matrix.indices.astype(index, copy=False)),
            torch.from_numpy(matrix.data.astype(np.float32, copy=False)),
        )

    @property
    def n_spots(self) -> int:
        """Number of spots (rows)."""
        return len(self.indptr) - 1

    def to(self, device: torch.device | str, **kwargs: bool) -> Adjacency:
        """The same graph on another device."""
        return Adjacency(
            *(part.to(device, **kwargs) for part in (self.indptr, self.indices, self.weights)), self.n_columns
        )

    def product(self, x: Tensor) -> Tensor:
        """Multiply with a dense matrix (n_columns, n_features), without gradient."""
        if x.device.type in COMPRESSED_DEVICES:
            return self._compressed() @ x
        from torch_geometric.utils import scatter

        row = torch.repeat_interleave(torch.arange(self.n_spots, device=x.device), self.indptr.diff())
        return scatter(self.weights[:, None] * x[self.indices], row, dim=0, dim_size=self.n_spots, reduce="sum")

    def neighbours(self, spots: Tensor) -> Tensor:
        """Spots within one hop of some spots, themselves included: int64, rising."""
        near = torch.zeros(self.n_columns or self.n_spots, dtype=torch.bool, device=spots.device)
        near[spots] = True
        near[self.indices[self._edges(spots)[0]]] = True
        return near.nonzero().squeeze(1)

    def rows(self, spots: Tensor) -> tuple[Adjacency, Tensor]:
        """Rows of some spots, over the columns that they need.

        Parameters
        ----------
        spots
            Integers of shape (n,).

        Returns
        -------
        The graph of shape (n, n_needed), and the spots that its columns stand for, int64, rising.
        """
        edges, degree = self._edges(spots)
        indices = self.indices[edges]
        needed = torch.zeros(self.n_spots, dtype=torch.bool, device=spots.device)
        needed[indices] = True
        columns = needed.nonzero().squeeze(1)
        position = torch.empty(self.n_spots, dtype=self.indices.dtype, device=spots.device)
        position[columns] = torch.arange(len(columns), dtype=position.dtype, device=spots.device)
        return Adjacency(_starts(degree), position[indices], self.weights[edges], len(columns)), columns

    def within(self, spots: Tensor) -> Adjacency:
        """The graph between some spots only, in their order, as symmetric as the whole: shape (n, n).

        Parameters
        ----------
        spots
            Integers of shape (n,), none twice.
        """
        edges, degree = self._edges(spots)
        position = torch.full((self.n_spots,), -1, dtype=self.indices.dtype, device=spots.device)
        position[spots] = torch.arange(len(spots), dtype=position.dtype, device=spots.device)
        indices = position[self.indices[edges]]
        inside = indices >= 0
        row = torch.repeat_interleave(torch.arange(len(spots), device=spots.device), degree)[inside]
        return Adjacency(
            _starts(torch.bincount(row, minlength=len(spots))), indices[inside], self.weights[edges][inside]
        )

    def _edges(self, spots: Tensor) -> tuple[Tensor, Tensor]:
        """Positions of the edges of some rows, and how many each row has."""
        first = self.indptr[spots].long()
        degree = self.indptr[spots + 1].long() - first
        shift = first - (degree.cumsum(0) - degree)
        return torch.repeat_interleave(shift, degree) + torch.arange(int(degree.sum()), device=spots.device), degree

    def _compressed(self) -> Tensor:
        _warn_of_beta()
        return torch.sparse_csr_tensor(
            self.indptr,
            self.indices,
            self.weights,
            size=(self.n_spots, self.n_columns or self.n_spots),
            check_invariants=False,
        )


@cache
def _warn_of_beta() -> None:
    """Let torch say that such tensors are in beta, which it does once, where nobody hears it.

    Filters of warnings belong to all threads: set in each product, those of a batch that is prepared ahead and those of the step
    beside it would put back each other's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = torch.zeros(1)
        torch.sparse_csr_tensor(torch.tensor([0, 1]), torch.tensor([0]), one, size=(1, 1), check_invariants=False)


def _starts(degree: Tensor) -> Tensor:
    return torch.nn.functional.pad(degree.cumsum(0), (1, 0)).int()


class _SymmetricProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, adjacency: Adjacency, x: Tensor) -> Tensor:
        ctx.adjacency = adjacency
        return _in_precision_of(adjacency, x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        # A is symmetric, so the transpose that autograd would build (and sort) at every step is A itself.
        return None, _in_precision_of(ctx.adjacency, gradient.contiguous())


def _in_precision_of(adjacency: Adjacency, x: Tensor) -> Tensor:
    # Sparse products know no half precision on every device, and autocast would hand it to them.
    with torch.autocast(x.device.type, enabled=False):
        return adjacency.product(x.to(adjacency.weights.dtype)).to(x.dtype)


def propagate(adjacency: Adjacency, x: Tensor) -> Tensor:
    r"""One hop over a graph: :math:`\hat A X`.

    Parameters
    ----------
    adjacency
        Normalised symmetric graph of n_spots spots; it gets no gradient.
    x
        Shape (n_spots, n_features).

    Returns
    -------
    Shape (n_spots, n_features).
    """
    return _SymmetricProduct.apply(adjacency, x)
