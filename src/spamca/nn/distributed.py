"""Sums over processes: losses and batch norm of a batch that several devices share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

_by_itself = False


class _SumOverRanks(torch.autograd.Function):  # torch has one, and deprecates it
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _SumOverRanks.apply(gradient.contiguous())  # type: ignore[no-untyped-call]


@contextmanager
def by_itself() -> Iterator[None]:
    """Compute without the other processes of a group, which have no part in it."""
    global _by_itself  # torch has one group for all of a process, too
    before, _by_itself = _by_itself, True
    try:
        yield
    finally:
        _by_itself = before


def alone() -> bool:
    """Whether one process has the whole batch."""
    return _by_itself or not (
        distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1
    )


def all_sum(x: Tensor) -> Tensor:
    """Sum of a tensor over all processes, with gradient; of a single process the tensor itself.

    Every process then computes the same loss from sums over all spots. Its gradient counts once for each process; the
    mean over processes in data-parallel training undoes that.
    """
    return x if alone() else _SumOverRanks.apply(x.contiguous())  # type: ignore[no-untyped-call]


def all_mean(x: Tensor) -> Tensor:
    """Mean over the rows of all processes, with gradient; zero where there are none."""
    return all_sum(x.sum(dim=0)) / all_sum(x.new_tensor(float(len(x)))).clamp(min=1)


class BatchNorm(nn.BatchNorm1d):
    r"""Batch norm (Ioffe and Szegedy 2015) over the spots of all processes.

    .. math:: y = \gamma \, \frac{x - \bar x}{\sqrt{\operatorname{var}(x) + \epsilon}} + \beta

    Input and output have shape (n_spots, n_features), the spots of this process. In a single process it is
    :class:`torch.nn.BatchNorm1d`; torch's own synchronised form runs on CUDA only.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        if alone() or not self.training:
            return super().forward(x)
        x = x.float()  # half precision counts to 2,048 and ends at 65,504
        n = all_sum(x.new_tensor([float(len(x))]))
        mean = all_mean(x)
        variance = all_mean((x - mean).square())
        with torch.no_grad():
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            unbiased = variance * n / (n - 1).clamp(min=1)
            self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
            self.num_batches_tracked += 1
        return (x - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias
