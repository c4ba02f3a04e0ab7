"""Leading eigenvectors from products."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.features._leading import leading_eigenvectors


@pytest.mark.parametrize("n", [12, 90, 700])
def test_are_those_of_the_whole_matrix(n):
    rng = np.random.default_rng(0)
    half = rng.normal(size=(n, n)) * 0.99 ** np.arange(n)
    matrix = half.T @ half
    calls = []
    vectors, values = leading_eigenvectors(lambda v: calls.append(v.shape[1]) or matrix @ v, n, 8)
    expected, axes = np.linalg.eigh(matrix)
    np.testing.assert_allclose(values, expected[::-1][:8], rtol=1e-8)
    np.testing.assert_allclose(np.abs((vectors * axes[:, ::-1][:, :8]).sum(axis=0)), 1, atol=1e-6)
    assert len(calls) < 40


def test_begins_anew_where_vectors_become_many(monkeypatch):
    monkeypatch.setattr("spamca.features._leading.MOST_BLOCKS", 3)
    rng = np.random.default_rng(0)
    half = rng.normal(size=(600, 600))
    matrix = half.T @ half
    vectors, values = leading_eigenvectors(lambda v: matrix @ v, 600, 4)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix)[::-1][:4], rtol=1e-8)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(4), atol=1e-8)


def test_low_rank():
    half = np.random.default_rng(0).normal(size=(5, 300))
    _, values = leading_eigenvectors(lambda v: half.T @ (half @ v), 300, 4)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(half @ half.T)[::-1][:4])


def test_same_seed_same_bits():
    half = np.random.default_rng(0).normal(size=(200, 300))
    a, b = (leading_eigenvectors(lambda v: half.T @ (half @ v), 300, 4, random_state=1)[0] for _ in range(2))
    np.testing.assert_array_equal(a, b)
