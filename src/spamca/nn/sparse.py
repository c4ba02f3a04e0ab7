"""Products of a sparse symmetric graph with features, the only operation that moves information between spots."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scipy.sparse import csr_matrix
    from torch import Tensor
    from torch_geometric.nn import SimpleConv

T = TypeVar("T")

COMPRESSED_DEVICES = ("cpu", "cuda")
"""Where torch multiplies compressed sparse rows; elsewhere PyG passes messages, 15 to 20 times slower on a CPU."""


@dataclass
class Adjacency:
    """A normalised graph in compressed sparse rows; square and **symmetric** but for what :meth:`rows` gives."""

    indptr: Tensor  #: where each row begins, integers of shape (n_spots + 1,)
    indices: Tensor  #: neighbour of each edge, integers of shape (n_edges,)
    weights: Tensor  #: weight of each edge, shape (n_edges,)
    n_columns: int | None = None  #: number of spots that neighbours are counted in; None is the number of rows

    @classmethod
    def from_scipy(cls, matrix: csr_matrix) -> Adjacency:
        """From a SciPy matrix, in float32 and with 32-bit indices where they fit."""
        matrix = matrix.tocsr()
        index = np.int32 if max(matrix.nnz, matrix.shape[0]) < np.iinfo(np.int32).max else np.int64
        indptr, indices = (x.astype(index, copy=False) for x in (matrix.indptr, matrix.indices))
        weights = matrix.data.astype(np.float32, copy=False)
        return cls(torch.from_numpy(indptr), torch.from_numpy(indices), torch.from_numpy(weights))

    @property
    def n_spots(self) -> int:
        """Number of spots (rows)."""
        return len(self.indptr) - 1

    @property
    def row(self) -> Tensor:
        """Row of each edge, int64 of shape (n_edges,)."""
        return torch.repeat_interleave(torch.arange(self.n_spots, device=self.indptr.device), self.indptr.diff())

    def product(self, x: Tensor) -> Tensor:
        """Multiply with a dense matrix (n_columns, n_features), without gradient."""
        # Not through PyG on these devices: the default trains nothing, and importing PyG would take it 3 s.
        return self._compressed() @ x if x.device.type in COMPRESSED_DEVICES else self.convolved(x)

    def convolved(self, x: Tensor) -> Tensor:
        """The same by PyG, on any device: as fast on CPU and CUDA."""
        if x.device.type in COMPRESSED_DEVICES:
            return _convolution()(x, self._compressed())
        edges = torch.stack([self.indices.long(), self.row])
        return _convolution()((x, None), edges, self.weights, size=(len(x), self.n_spots))

    # PyG's k_hop_subgraph looks at all edges at every hop.
    def reached(self, spots: Tensor, n_hops: int) -> Tensor:
        """Some spots, none twice, in their order, and after them, rising, those within some hops: int64."""
        seen = torch.zeros(self.n_spots, dtype=torch.bool, device=spots.device)
        seen[spots] = True
        front, found = spots, []
        for _ in range(n_hops):
            near = self.indices[self._edges(front)[0]]
            front = near[~seen[near]].unique().long()
            seen[front] = True
            found.append(front)
        return torch.cat([spots, torch.cat([spots[:0], *found]).sort().values])

    def rows(self, spots: Tensor) -> tuple[Adjacency, Tensor]:
        """Rows of some spots, of shape (n, n_needed), and the spots that their columns stand for: int64, rising."""
        edges, degree = self._edges(spots)
        columns, position = self.indices[edges].unique(return_inverse=True)
        position = position.to(self.indices.dtype)
        return Adjacency(_starts(degree), position, self.weights[edges], len(columns)), columns.long()

    def within(self, spots: Tensor) -> Adjacency:
        """The graph between some spots only, none twice, in their order, as symmetric as the whole: shape (n, n)."""
        edges, degree = self._edges(spots)
        # Not filled, which would take as long as the tissue is large: a place counts where the spot at it says so.
        position = torch.empty(self.n_spots, dtype=self.indices.dtype, device=spots.device)
        position[spots] = torch.arange(len(spots), dtype=position.dtype, device=spots.device)
        columns = self.indices[edges]
        indices = position[columns]
        inside = (indices >= 0) & (indices < len(spots))
        inside &= spots[indices.where(inside, 0)] == columns
        row = torch.repeat_interleave(torch.arange(len(spots), device=spots.device), degree)[inside]
        degree = torch.bincount(row, minlength=len(spots))
        return Adjacency(_starts(degree), indices[inside], self.weights[edges][inside])

    def _edges(self, spots: Tensor) -> tuple[Tensor, Tensor]:
        """Positions of the edges of some rows, and how many each row has."""
        first = self.indptr[spots].long()
        degree = self.indptr[spots + 1].long() - first
        shift = first - (degree.cumsum(0) - degree)
        return torch.repeat_interleave(shift, degree) + torch.arange(int(degree.sum()), device=spots.device), degree

    def _compressed(self) -> Tensor:
        _warn_of_beta()
        size = (self.n_spots, self.n_columns or self.n_spots)
        return torch.sparse_csr_tensor(self.indptr, self.indices, self.weights, size=size, check_invariants=False)


def _starts(degree: Tensor) -> Tensor:
    return torch.nn.functional.pad(degree.cumsum(0), (1, 0)).int()


@cache
def _convolution() -> SimpleConv:
    from torch_geometric.nn import SimpleConv

    return SimpleConv("sum")


@cache
def _warn_of_beta() -> None:
    """Let torch warn once, unseen, that such tensors are in beta: filters at each product are not safe in threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.sparse_csr_tensor(
            torch.tensor([0, 1]), torch.tensor([0]), torch.zeros(1), size=(1, 1), check_invariants=False
        )


class _SymmetricProduct(torch.autograd.Function):
    """Gradient of a symmetric product, which is that product again.

    Autograd transposes the matrix at every step: 113 ms forward and backward instead of 38 (104,520 spots, 64 features;
    PyG's EdgeIndex 58).
    """

    @staticmethod
    def forward(ctx: Any, adjacency: Adjacency, x: Tensor) -> Tensor:
        ctx.adjacency = adjacency
        # Sparse products know no half precision on every device, and autocast would hand it to them.
        with torch.autocast(x.device.type, enabled=False):
            return adjacency.convolved(x.to(adjacency.weights.dtype)).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        return None, _SymmetricProduct.apply(ctx.adjacency, gradient.contiguous())  # type: ignore[no-untyped-call]


def propagate(adjacency: Adjacency, x: Tensor) -> Tensor:
    r"""One hop over a symmetric graph, :math:`\hat A X`, (n_spots, n_features) as x, with gradient for x alone."""
    return _SymmetricProduct.apply(adjacency, x)  # type: ignore[no-untyped-call]


def hops(adjacency: Adjacency, x: Tensor, scales: Sequence[int]) -> Iterator[tuple[int, Tensor]]:
    r"""Each scale s, rising, and features (n_columns, n_features) s hops on, :math:`\hat A^s X`, without gradient."""
    for scale in range(max(scales) + 1):
        x = adjacency.product(x) if scale else x
        if scale in scales:
            yield scale, x


def at(x: Tensor | None, positions: Tensor | None) -> Any:  # a tensor where x is one
    """Rows of a tensor at some positions, or all for None; None of None."""
    return x if x is None or positions is None else x[positions]


@torch.no_grad()
def in_tiles(work: Callable[[Tensor | None], T], tiles: Sequence[Tensor] | None, device: torch.device) -> list[T]:
    """What some work on each tile of spots, integers (n,), gives, in their order, without gradient; None is the tissue at once.

    On the CPU, threads share the tiles, and torch takes one for each: several at each operation would wait for each other.
    """
    if tiles is None:
        return [work(None)]
    if device.type != "cpu":
        return [work(tile.to(device)) for tile in tiles]
    n_threads, alone = torch.get_num_threads(), torch.no_grad()(work)
    try:
        with ThreadPoolExecutor(n_threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(alone, tiles))
    finally:
        torch.set_num_threads(n_threads)
