"""Sparse symmetric products with a dense matrix, the only operation that moves information between spots."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
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
    """A normalised **symmetric** graph in compressed sparse rows.

    Parameters
    ----------
    indptr
        Where each row begins, integers of shape (n_spots + 1,).
    indices
        Neighbour of each edge, integers of shape (n_edges,).
    weights
        Weight of each edge, shape (n_edges,).
    """

    indptr: Tensor
    indices: Tensor
    weights: Tensor

    @classmethod
    def from_scipy(cls, matrix: csr_matrix) -> Adjacency:
        """From a SciPy matrix, in float32 and with 32-bit indices where they fit."""
        matrix = matrix.tocsr()
        index = np.int32 if max(matrix.nnz, matrix.shape[0]) < np.iinfo(np.int32).max else np.int64
        return cls(
            torch.from_numpy(matrix.indptr.astype(index)),
            torch.from_numpy(matrix.indices.astype(index)),
            torch.from_numpy(matrix.data.astype(np.float32)),
        )

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return len(self.indptr) - 1

    def to(self, device: torch.device | str, **kwargs: bool) -> Adjacency:
        """The same graph on another device."""
        return Adjacency(*(part.to(device, **kwargs) for part in (self.indptr, self.indices, self.weights)))

    def product(self, x: Tensor) -> Tensor:
        """Multiply with a dense matrix (n_spots, n_features), without gradient."""
        if x.device.type in COMPRESSED_DEVICES:
            return self._compressed() @ x
        from torch_geometric.utils import scatter

        degrees = self.indptr.diff()
        row = torch.repeat_interleave(torch.arange(self.n_spots, device=x.device), degrees)
        return scatter(self.weights[:, None] * x[self.indices], row, dim=0, dim_size=self.n_spots, reduce="sum")

    def _compressed(self) -> Tensor:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
            return torch.sparse_csr_tensor(
                self.indptr, self.indices, self.weights, size=(self.n_spots, self.n_spots), check_invariants=False
            )


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
