from __future__ import annotations

import pytest
import torch

from spamca.nn import sparse
from spamca.nn.sparse import propagate


def dense(adjacency):
    return adjacency.product(torch.eye(adjacency.n_spots))


def test_product_is_that_of_the_matrix(adjacency):
    x = torch.randn(adjacency.n_spots, 5)
    torch.testing.assert_close(propagate(adjacency, x), dense(adjacency) @ x)


def test_gradient_is_that_of_the_matrix(adjacency):
    x = torch.randn(adjacency.n_spots, 5, requires_grad=True)
    weight = torch.randn(adjacency.n_spots, 5)
    (propagate(adjacency, x) * weight).sum().backward()
    torch.testing.assert_close(x.grad, dense(adjacency).T @ weight)


def test_devices_without_compressed_rows_give_the_same(adjacency, monkeypatch):
    x = torch.randn(adjacency.n_spots, 5)
    expected = adjacency.product(x)
    monkeypatch.setattr(sparse, "COMPRESSED_DEVICES", ())
    torch.testing.assert_close(adjacency.product(x), expected)


def test_half_precision_is_kept_outside_the_product(adjacency):
    x = torch.randn(adjacency.n_spots, 5).bfloat16().requires_grad_()
    out = propagate(adjacency, x)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), adjacency.product(x.detach().float()), rtol=1e-2, atol=1e-2)
    out.sum().backward()
    assert x.grad.dtype == torch.bfloat16


def test_indices_are_narrow_where_they_fit(adjacency):
    assert adjacency.indices.dtype == torch.int32
    assert adjacency.weights.dtype == torch.float32


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_the_same(adjacency):
    x = torch.randn(adjacency.n_spots, 5)
    torch.testing.assert_close(adjacency.to("cuda").product(x.cuda()).cpu(), adjacency.product(x))
