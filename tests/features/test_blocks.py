"""Matrices in blocks of rows."""

from __future__ import annotations

import dask.array as da
import h5py
import numpy as np
import pytest
from anndata.io import sparse_dataset, write_elem
from scipy import sparse

from spamca.features import _blocks
from spamca.features._blocks import (
    by_rows,
    in_blocks,
    in_memory,
    is_counts,
    is_negative,
    is_whole,
    looks_logged,
    parted,
)


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


@pytest.mark.parametrize(("n_values", "few"), [(7_000, 500), (2_000, 0)])
def test_large_sparse_matrices_are_treated_in_blocks(counts, monkeypatch, n_values, few):
    monkeypatch.setattr(_blocks, "LARGE", n_values)
    monkeypatch.setattr(_blocks, "FEW_FEATURES", few)
    monkeypatch.setattr(_blocks, "ROWS_IN_MEMORY", 50)
    X = sparse.csc_matrix(counts)
    assert parted(counts) is counts
    assert parted(X[:60]) is not X
    assert not isinstance(parted(X[:30]), _blocks.Blocks)
    blocks = parted(X)
    assert (blocks.shape, blocks.dtype, blocks.sparse) == (X.shape, X.dtype, True)
    assert [part.shape[0] for part in blocks] == [50, 50, 20]
    np.testing.assert_array_equal(in_memory(blocks).toarray(), counts)
    np.testing.assert_array_equal(in_memory(blocks.treat(lambda rows: rows.toarray(), sparse=False)), counts)


def test_chunks_of_columns_and_of_few_rows_are_joined(counts):
    blocks = in_blocks(da.from_array(counts, chunks=(3, 7)))
    assert [part.shape for part in blocks] == [counts.shape]


def test_columns_are_an_error(counts):
    with pytest.raises(ValueError, match=r"layers\['counts'\] is stored by columns"):
        in_blocks(da.from_array(counts, chunks=(-1, 10)).map_blocks(sparse.csc_matrix), "layers['counts']")


def test_treated(counts):
    blocks = in_blocks(da.from_array(counts, chunks=(60, -1)).map_blocks(sparse.csr_matrix))
    assert blocks.sparse
    dense = blocks.treat(lambda rows: rows.toarray(), sparse=False).treat(lambda rows: rows + 1)
    assert not dense.sparse
    np.testing.assert_array_equal(np.concatenate(list(dense)), counts + 1)


@pytest.mark.parametrize(
    "change",
    [lambda X: X, lambda X: X - 1, lambda X: X / 3, lambda X: X * 1000.5, lambda X: X - 0.5, lambda X: X * np.nan],
    ids=["counts", "negative", "fractions", "large", "negative fractions", "nan"],
)
def test_values_are_recognised_as_in_memory(counts, change):
    X = change(counts)
    blocks = in_blocks(da.from_array(X, chunks=(50, -1)))
    for check in (is_counts, is_negative, is_whole, looks_logged):
        assert check(blocks) == check(X)


CASES = {
    "counts": ([[0, 3.0], [70, 2]], True, False, False),
    "logged": ([[0, 0.5], [7.25, 2]], False, True, False),
    "fractions of counts": ([[0, 0.5], [70.25, 2]], False, False, False),
    "negative": ([[0, -1.0], [2, 2]], False, True, True),
    "zeros": ([[0.0, 0], [0, 0]], True, False, False),
}


@pytest.mark.parametrize("chunk", [1, 1_000_000])
@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("case", CASES)
def test_values(case, form, chunk, monkeypatch):
    monkeypatch.setattr(_blocks, "CHUNK", chunk)
    values, counts, logged, negative = CASES[case]
    X = form(np.array(values))
    assert is_counts(X) == counts
    assert looks_logged(X) == logged
    assert is_negative(X) == negative


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_types(dtype):
    assert is_counts(np.ones((2, 2), dtype=dtype))
    assert is_counts(sparse.csr_matrix((3, 2), dtype=dtype))


def test_negative_integers_are_no_counts():
    assert not is_counts(np.array([[-1, 2]]))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_whole(form):
    assert is_whole(form(np.array([[-1.0, 0], [2, 3]])))
    assert is_whole(form(np.array([[-1, 0], [2, 3]])))
    assert not is_whole(form(np.array([[-1.0, 0], [2, 0.5]])))
