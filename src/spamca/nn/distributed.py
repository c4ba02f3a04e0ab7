"""Sums over processes: losses and batch norm of a batch that several devices share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn


class _SumOverRanks(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _SumOverRanks.apply(gradient.contiguous())


def alone() -> bool:
    """Whether one process has the whole batch."""
    return not (distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1)


def all_sum(x: Tensor) -> Tensor:
    """Sum of a tensor over all processes, with gradient; of a single process the tensor itself.

    Every process then computes the same loss from sums over all spots. Its gradient counts once for each process, which the
    mean over processes that data-parallel training takes makes good.
    """
    return x if alone() else _SumOverRanks.apply(x.contiguous())


class BatchNorm(nn.BatchNorm1d):
    r"""Batch norm (Ioffe and Szegedy 2015) over the spots of all processes.

    .. math:: y = \gamma \, \frac{x - \bar x}{\sqrt{\operatorname{var}(x) + \epsilon}} + \beta

    In a single process it is :class:`torch.nn.BatchNorm1d`; torch's own synchronised form knows CUDA only.

    Shape
    -----
    - x: (n_spots, n_features), the spots of this process
    - output: the same shape
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        if alone() or not self.training:
            return super().forward(x)
        x = x.float()  # half precision counts to 2,048 and ends at 65,504
        n = all_sum(x.new_tensor([float(len(x))]))
        mean = all_sum(x.sum(dim=0)) / n
        variance = all_sum((x - mean).square().sum(dim=0)) / n
        with torch.no_grad():
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            unbiased = variance * n / (n - 1).clamp(min=1)
            self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
            self.num_batches_tracked += 1
        return (x - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias
