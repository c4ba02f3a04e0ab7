"""Rows that hold nothing."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from scipy import sparse

from spamca.features import Blocks, holding
from spamca.features.protein import level_protein

FORMS = [np.array, sparse.csr_matrix, sparse.csc_matrix, sparse.coo_array]


@pytest.fixture
def counts():
    return np.random.default_rng(0).poisson(3, (60, 8)).astype(np.float32)


EMPTY = [0, 7, 59]


def expected(n=60):
    out = np.ones(n, dtype=bool)
    out[EMPTY] = False
    return out


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [0, np.nan])
def test_zeros_and_missing_values(counts, form, value):
    counts[EMPTY] = value
    np.testing.assert_array_equal(holding(form(counts)), expected())


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, bool, np.float64])
def test_any_type_of_numbers(counts, dtype):
    counts[EMPTY] = 0
    np.testing.assert_array_equal(holding(counts.astype(dtype)), expected())


def test_zeros_that_a_sparse_matrix_stores(counts):
    X = sparse.csr_matrix(counts + 1)
    X.data[: X.shape[1]] = 0
    assert not holding(X)[0]
    assert holding(X)[1:].all()


@pytest.mark.parametrize("form", FORMS)
def test_one_fraction_in_all_features(counts, form):
    values = np.log1p(counts) - 0.3
    values[EMPTY] = -0.25
    np.testing.assert_array_equal(holding(form(values)), expected())


def test_equal_counts_were_measured(counts):
    counts[5] = 2
    assert holding(counts).all()


def test_what_scaling_made_of_zeros(counts):
    counts[EMPTY] = 0
    values = np.log1p(counts)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    np.testing.assert_array_equal(holding(scaled), expected())


def test_two_equal_rows_may_be_chance(counts):
    values = level_protein(counts + 1)
    values[1] = values[0]
    assert holding(values).all()


def test_equal_rows_of_sparse_measurements_were_measured():
    """Cells in which one transcript was seen are alike after normalisation."""
    values = np.zeros((60, 8), dtype=np.float32)
    values[:, 0], values[:, 1] = 1.7, 0.3
    assert holding(values).all()


@pytest.mark.parametrize("value", [0, np.nan])
@pytest.mark.parametrize("n_features", [1, 2])
def test_zero_may_be_measured_where_there_are_few_features(value, n_features):
    few = np.ones((4, n_features)) * np.arange(1, 5)[:, None]
    few[2] = value
    np.testing.assert_array_equal(holding(few), [True, True, value == 0, True])


def test_blocks(counts):
    counts[EMPTY] = 0
    fractions = np.where(counts > 0, counts + 0.5, 0).astype(np.float32)
    fractions[[3, 40]] = 0.5
    for values in (counts, fractions):
        blocks = Blocks(da.from_array(values, chunks=(25, -1)))
        np.testing.assert_array_equal(holding(blocks), holding(values))
    assert not holding(Blocks(da.from_array(fractions, chunks=(25, -1))))[[3, 40]].any()


def test_measurements_that_are_repeated(counts):
    """Points carried to several spots, or the means of groups of spots: no row is the one that was filled in."""
    values = np.random.default_rng(0).normal(size=(20, 8))[np.arange(60) % 20]
    assert holding(values).all()
    assert holding(values[np.random.default_rng(0).integers(20, size=60)]).all()


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
def test_one_whole_number_among_fractions_was_measured(counts, form):
    values = counts + 0.5
    values[5] = 2
    assert holding(form(values)).all()
    values[5] = -np.inf  # the logarithm of zeros
    assert np.flatnonzero(~holding(form(values))).tolist() == [5]


def test_missing_counts_in_blocks(counts):
    counts[EMPTY], counts[5] = np.nan, 1
    np.testing.assert_array_equal(holding(Blocks(da.from_array(counts, chunks=(20, -1)))), expected())
    np.testing.assert_array_equal(holding(counts), expected())
