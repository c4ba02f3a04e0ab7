"""The number of threads that a call may use."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

import spamca
from spamca import _threads
from spamca._threads import in_blocks, limited, n_threads


def test_numbers():
    assert n_threads(None) is None
    assert n_threads(3) == 3
    assert n_threads(-1) >= 1
    assert n_threads(-1000) == 1


@pytest.mark.parametrize(("n_jobs", "error"), [(0, ValueError), ("2", TypeError), (1.5, TypeError), (True, TypeError)])
def test_what_is_no_number_of_threads(tissue, n_jobs, error):
    with pytest.raises(error, match=f"n_jobs must be .*got {n_jobs!r}"):
        spamca.pp.neighbors(tissue, n_jobs=n_jobs)
    assert not tissue.obsp


def test_threads_are_limited_and_restored():
    def pools():
        return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}

    before = torch.get_num_threads(), pools()
    with limited(3):
        assert torch.get_num_threads() == 3
    assert (torch.get_num_threads(), pools() | before[1]) == (before[0], pools()), "numba may have begun one more"
    with limited(1):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}


def test_blocks_are_the_same_with_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(_threads, "ROWS", 100)
    values = np.random.default_rng(0).standard_normal((950, 7))

    def products(rows):
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}
        return values[rows].T @ values[rows]

    found = []
    for n in (1, 3):
        with limited(n):
            found.append(in_blocks(products, len(values)))
    assert len(found[0]) == 10
    np.testing.assert_array_equal(*found)
    np.testing.assert_array_equal(found[0][9], values[900:].T @ values[900:])


def test_no_rows_make_no_block():
    assert in_blocks(lambda rows: rows, 0) == []
