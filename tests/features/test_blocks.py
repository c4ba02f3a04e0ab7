"""Matrices in blocks of rows."""

from __future__ import annotations

import dask.array as da
import h5py
import numpy as np
import pytest
from anndata.io import sparse_dataset, write_elem
from scipy import sparse

from spamca.features._blocks import by_rows, in_blocks
from spamca.features._values import is_counts, is_negative, is_whole, looks_logged


@pytest.mark.parametrize("X", [None, np.eye(3), sparse.eye(3, format="csr")])
def test_what_is_in_memory_stays(X):
    assert in_blocks(X) is X


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8])
@pytest.mark.parametrize("as_sparse", [False, True])
def test_of_a_file(counts, tmp_path, monkeypatch, dtype, as_sparse):
    monkeypatch.setattr("spamca.features._blocks.ROWS", 50)
    monkeypatch.setattr("spamca.features._blocks.FEWEST_ROWS", 1)
    X = counts.astype(dtype)
    with h5py.File(tmp_path / "X.h5", "w") as file:
        write_elem(file, "X", sparse.csr_matrix(X) if as_sparse else X)
    with h5py.File(tmp_path / "X.h5") as file:
        blocks = in_blocks(sparse_dataset(file["X"]) if as_sparse else file["X"])
        assert in_blocks(blocks) is blocks
        assert (blocks.shape, blocks.dtype, blocks.sparse) == (X.shape, X.dtype, as_sparse)
        rows = list(blocks)
        assert [len(part.toarray() if as_sparse else part) for part in rows] == [50, 50, 20]
        found = by_rows(lambda part: part.toarray() if as_sparse else part, blocks)
        np.testing.assert_array_equal(found, X)
        look = blocks.look
    assert (look.low, look.high, look.whole) == (X[X > 0].min() if as_sparse else 0, X.max(), True)
    np.testing.assert_array_equal(look.depth, X.sum(axis=1))
    np.testing.assert_array_equal(look.totals, X.sum(axis=0))
    np.testing.assert_array_equal(look.stored, X.any(axis=0))


def test_chunks_of_columns_and_of_few_rows_are_joined(counts):
    blocks = in_blocks(da.from_array(counts, chunks=(3, 7)))
    assert [part.shape for part in blocks] == [counts.shape]


def test_columns_are_an_error(counts):
    with pytest.raises(ValueError, match=r"layers\['counts'\] is stored by columns"):
        in_blocks(da.from_array(counts, chunks=(-1, 10)).map_blocks(sparse.csc_matrix), "layers['counts']")


def test_treated(counts):
    blocks = in_blocks(da.from_array(counts, chunks=(60, -1)).map_blocks(sparse.csr_matrix))
    assert blocks.sparse
    dense = blocks.treat(lambda rows: rows.toarray(), dense=True).treat(lambda rows: rows + 1)
    assert not dense.sparse
    np.testing.assert_array_equal(np.concatenate(list(dense)), counts + 1)


@pytest.mark.parametrize(
    "change",
    [lambda X: X, lambda X: X - 1, lambda X: X / 3, lambda X: X * 1000.5, lambda X: X - 0.5, lambda X: X * np.nan],
    ids=["counts", "negative", "fractions", "large", "negative fractions", "nan"],
)
def test_values_are_judged_as_in_memory(counts, change):
    X = change(counts)
    blocks = in_blocks(da.from_array(X, chunks=(50, -1)))
    for judge in (is_counts, is_negative, is_whole, looks_logged):
        assert judge(blocks) == judge(X)
