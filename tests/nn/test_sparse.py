from __future__ import annotations

import warnings

import pytest
import torch
from lightning.fabric.utilities import move_data_to_device

from spamca.nn import sparse
from spamca.nn.sparse import propagate

SPOTS = torch.tensor([7, 3, 39, 0])


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


@pytest.mark.parametrize("devices", [sparse.COMPRESSED_DEVICES, ()])
def test_pyg_gives_the_same_with_compressed_rows_and_without(adjacency, monkeypatch, devices):
    x = torch.randn(adjacency.n_spots, 5)
    expected, (rows, needed) = adjacency.product(x), adjacency.rows(SPOTS)
    monkeypatch.setattr(sparse, "COMPRESSED_DEVICES", devices)
    torch.testing.assert_close(adjacency.convolved(x), expected)
    torch.testing.assert_close(rows.convolved(x[needed]), expected[SPOTS])
    torch.testing.assert_close(rows.product(x[needed]), expected[SPOTS])


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


@pytest.mark.parametrize("n_hops", [0, 1, 3])
def test_spots_within_some_hops_are_those_of_powers_of_the_matrix(adjacency, n_hops):
    expected = (dense(adjacency).matrix_power(n_hops)[SPOTS] > 0).any(dim=0)
    expected[SPOTS] = False
    found = adjacency.reached(SPOTS, n_hops)
    assert torch.equal(found, torch.cat([SPOTS, expected.nonzero().squeeze(1)]))


def test_rows_are_those_of_the_matrix(adjacency):
    x = torch.randn(adjacency.n_spots, 5)
    rows, needed = adjacency.rows(SPOTS)
    assert rows.n_columns == len(needed) < adjacency.n_spots
    torch.testing.assert_close(rows.product(x[needed]), (dense(adjacency) @ x)[SPOTS])


def test_within_is_the_part_of_the_matrix(adjacency):
    spots = torch.randperm(adjacency.n_spots)[:25]
    torch.testing.assert_close(dense(adjacency.within(spots)), dense(adjacency)[spots][:, spots])


def test_no_spots_have_no_rows(adjacency):
    rows, needed = adjacency.rows(torch.tensor([], dtype=torch.long))
    assert rows.n_spots == len(needed) == 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_the_same(adjacency):
    x, cuda = torch.randn(adjacency.n_spots, 5), move_data_to_device(adjacency, "cuda")
    torch.testing.assert_close(cuda.product(x.cuda()).cpu(), adjacency.product(x))
    rows, needed = cuda.rows(SPOTS.cuda())
    torch.testing.assert_close(rows.product(x.cuda()[needed]).cpu(), adjacency.product(x)[SPOTS])
    torch.testing.assert_close(
        dense(move_data_to_device(cuda.within(SPOTS.cuda()), "cpu")), dense(adjacency.within(SPOTS))
    )


def test_products_of_several_threads_share_no_filters_of_warnings(adjacency, monkeypatch):
    class Counted(warnings.catch_warnings):
        def __enter__(self):
            entered.append(self)
            return super().__enter__()

    x, entered = torch.randn(adjacency.n_spots, 5), []
    expected = adjacency.product(x)
    with monkeypatch.context() as patch:
        patch.setattr(warnings, "catch_warnings", Counted)
        again = adjacency.product(x)
    torch.testing.assert_close(again, expected)
    assert not entered
