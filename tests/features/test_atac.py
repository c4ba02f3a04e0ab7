"""Chromatin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.features.atac import prepare_atac


@pytest.fixture
def deep(counts):
    """Counts whose depth spans two orders of magnitude."""
    rng = np.random.default_rng(1)
    return rng.poisson(counts * 10 ** rng.uniform(-1, 1, size=(len(counts), 1))).astype(np.float32)


def by_hand(X):
    seen = X[:, X.sum(axis=0) > 0]
    share = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    weighted = np.log1p(1e4 * share) * np.log1p(len(X) / seen.sum(axis=0))
    u, s, _ = np.linalg.svd(weighted, full_matrices=False)
    return u * s


def test_decomposition_of_tfidf(counts, monkeypatch):
    from spamca.features import atac

    monkeypatch.setattr(atac, "DEPTH", 2)
    features = prepare_atac(counts, n_components=6)
    expected = by_hand(counts)[:, :6]
    expected -= expected.mean(axis=0)
    np.testing.assert_allclose(np.abs(features.values), np.abs(expected), atol=2e-2)
    assert features.steps == ("TF-IDF", "6 latent semantic components")
    assert (features.key, features.loadings_key) == ("X_lsi", "LSI")
    np.testing.assert_array_equal(features.loadings[5], 0)


def test_component_of_depth_is_left_out(deep):
    features = prepare_atac(deep, n_components=6)
    assert features.steps[1].endswith("after the first, which is depth")
    assert features.values.shape == (120, 6)
    assert features.loadings.shape == (60, 6)
    assert features.variance.shape == features.variance_ratio.shape == (6,)
    expected = by_hand(deep)[:, 1:7]
    np.testing.assert_allclose(np.abs(features.values), np.abs(expected - expected.mean(axis=0)), atol=2e-2)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, lambda x: x.astype(np.int32)])
def test_every_form_gives_the_same(counts, form):
    X = form(counts)
    before = X.copy()
    np.testing.assert_array_equal(prepare_atac(X).values, prepare_atac(counts).values)
    assert np.isfinite(prepare_atac(X).values).all()
    assert (before != X).sum() == 0


def test_stored_zeros(counts):
    X = sparse.csr_matrix(counts)
    X.data[:100] = 0
    assert np.isfinite(prepare_atac(X).values).all()


def test_few_peaks(counts):
    assert prepare_atac(counts[:, :2]).values.shape == (120, 1)
    assert prepare_atac(counts[1:8]).values.shape[1] <= 6


@pytest.mark.parametrize("X", [np.ones((4, 1)), np.zeros((4, 3)), np.eye(4)[:, :1]])
def test_too_few_counts(X):
    with pytest.raises(ValueError, match="need counts in two features and two spots"):
        prepare_atac(X)


def test_even_depth_is_no_component():
    X = np.random.default_rng(0).permuted(np.tile(np.arange(10.0), (30, 1)), axis=1)
    assert prepare_atac(X, n_components=3).steps[1] == "3 latent semantic components"
