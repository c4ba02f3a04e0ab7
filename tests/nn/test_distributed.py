from __future__ import annotations

import pytest
import torch

from spamca.nn import distributed
from spamca.nn.distributed import BatchNorm


@pytest.fixture
def shared(monkeypatch):
    """As if there were other processes, none of which has a spot."""
    monkeypatch.setattr(distributed, "alone", lambda: False)
    monkeypatch.setattr(distributed, "all_sum", lambda x: x)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16])
def test_batch_norm_over_processes_is_torchs(shared, kind):
    x = (3 + 2 * torch.randn(70_000, 2, generator=torch.Generator().manual_seed(0))).to(kind)
    ours, torchs = BatchNorm(2), torch.nn.BatchNorm1d(2)
    torch.testing.assert_close(ours(x), torchs(x.float()), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(dict(ours.named_buffers()), dict(torchs.named_buffers()), rtol=1e-4, atol=1e-4)


def test_batch_norm_in_evaluation_needs_no_other_process(shared):
    norm = BatchNorm(2).eval()
    x = torch.randn(5, 2)
    torch.testing.assert_close(norm(x), x / (1 + norm.eps) ** 0.5)
