"""The exact searches, and the choice between all."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spamca.graph import neighbors
from spamca.graph.neighbors import compared_neighbors, exact_neighbors, nearest_neighbors, without_gpu


def test_nearest_first_and_never_itself():
    points = np.array([[0.0], [1.0], [1.0], [5.0]])
    column, distance = exact_neighbors(points, 2)
    assert (column != np.arange(4)[:, None]).all()
    np.testing.assert_array_equal(distance, [[1, 1], [0, 1], [0, 1], [4, 4]])


@pytest.mark.parametrize("at_once", [1, 700, 2**20])
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_comparing_in_blocks_finds_the_same(monkeypatch, at_once, device):
    monkeypatch.setattr(neighbors, "_COMPARED", at_once)
    points = np.random.default_rng(0).normal(size=(120, 6)) + 1e5
    expected, found = exact_neighbors(points, 5), compared_neighbors(points, 5, device)
    np.testing.assert_array_equal(expected[0], found[0])
    np.testing.assert_allclose(expected[1], found[1], rtol=1e-4)


def test_points_that_coincide_are_no_neighbours_of_themselves():
    column, distance = compared_neighbors(np.zeros((5, 3)), 2, "cpu")
    assert (column != np.arange(5)[:, None]).all()
    assert not distance.any()


def test_a_training_with_less_precision_leaves_distances_alone(monkeypatch):
    products = torch.backends.cuda.matmul
    name, full = ("fp32_precision", "ieee") if hasattr(products, "fp32_precision") else ("allow_tf32", False)

    def product(*given, **options):
        precision.append(getattr(products, name))
        return addmm(*given, **options)

    precision, addmm = [], torch.addmm
    monkeypatch.setattr(torch, "addmm", product)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        compared_neighbors(np.eye(6), 5, "cpu")
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(before)
    assert set(precision) == {full}


@pytest.fixture
def searches(monkeypatch):
    """Which searches were made of 20 points, 10 being many."""
    made = []
    monkeypatch.setattr(neighbors, "EXACT_UP_TO", 10)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for name in ("exact", "approximate", "compared"):
        monkeypatch.setattr(neighbors, f"{name}_neighbors", lambda *_, name=name, **__: made.append(name) or name)
    return made


@pytest.mark.parametrize(
    ("n", "approximate", "gpu", "wanted"),
    [
        (10, None, True, "exact"),
        (10, True, True, "approximate"),
        (20, None, True, "compared"),
        (20, None, False, "approximate"),
        (20, False, True, "exact"),
    ],
)
def test_search_fits_the_number_of_points(searches, n, approximate, gpu, wanted):
    with without_gpu(wanted=not gpu):
        assert nearest_neighbors(np.zeros((n, 2)), 3, approximate=approximate) == wanted
    assert searches == [wanted]


def test_gpu_may_be_used_again_after_a_context_without(searches):
    with without_gpu(), without_gpu(wanted=False):
        assert nearest_neighbors(np.zeros((20, 2)), 3) == "approximate"
    assert nearest_neighbors(np.zeros((20, 2)), 3) == "compared"


def test_a_full_gpu_costs_no_result(searches, monkeypatch):
    def full(*_):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(neighbors, "compared_neighbors", full)
    assert nearest_neighbors(np.zeros((20, 2)), 3) == "approximate"
