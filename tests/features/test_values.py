"""What kind of numbers a matrix holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.features import _values

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
    monkeypatch.setattr(_values, "CHUNK", chunk)
    values, counts, logged, negative = CASES[case]
    X = form(np.array(values))
    assert _values.is_counts(X) == counts
    assert _values.looks_logged(X) == logged
    assert _values.is_negative(X) == negative


@pytest.mark.parametrize(("dtype", "counts"), [(bool, True), (np.uint8, True), (np.int64, True)])
def test_types(dtype, counts):
    assert _values.is_counts(np.ones((2, 2), dtype=dtype)) == counts


def test_negative_integers_are_no_counts():
    assert not _values.is_counts(np.array([[-1, 2]]))


def test_nothing():
    assert _values.is_counts(sparse.csr_matrix((3, 2)))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_whole(form):
    assert _values.is_whole(form(np.array([[-1.0, 0], [2, 3]])))
    assert _values.is_whole(form(np.array([[-1, 0], [2, 3]])))
    assert not _values.is_whole(form(np.array([[-1.0, 0], [2, 0.5]])))
