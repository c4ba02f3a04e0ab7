"""Scaling and principal components."""

from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from scipy import sparse

from spamca.features import _linear
from spamca.features._linear import scaled_pca


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(100, 5)) @ rng.normal(size=(5, 40)) + rng.normal(size=(100, 40)) + 3).astype(np.float32)


def test_equals_scanpy(X):
    theirs = sc.pp.pca(sc.pp.scale(X, max_value=10), n_comps=8, random_state=0)
    ours = scaled_pca(X, n_components=8)
    # scanpy divides by n - 1
    np.testing.assert_allclose(np.abs(ours.values), np.abs(theirs) * np.sqrt(100 / 99), atol=2e-4)
    assert (ours.key, ours.loadings_key) == ("X_pca", "PCs")
    assert ours.values.dtype == ours.loadings.dtype == np.float32


@pytest.mark.parametrize("dense_up_to", [0, 500])
def test_sparse_equals_dense(counts, monkeypatch, dense_up_to):
    dense = scaled_pca(counts, n_components=10)
    monkeypatch.setattr(_linear, "FEW_FEATURES", dense_up_to)
    thin = scaled_pca(sparse.csr_matrix(counts), n_components=10)
    np.testing.assert_allclose(thin.values, dense.values, atol=2e-3)
    np.testing.assert_allclose(thin.variance_ratio, dense.variance_ratio, rtol=1e-3)


def test_sign(X):
    for features in (scaled_pca(X, n_components=6), scaled_pca(X[::-1], n_components=6)):
        largest = np.abs(features.loadings).argmax(axis=0)
        assert (features.loadings[largest, np.arange(6)] > 0).all()


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
def test_outlier_is_clipped(monkeypatch, form):
    monkeypatch.setattr(_linear, "FEW_FEATURES", 0)
    X = np.tile(np.random.default_rng(0).normal(size=(1000, 1)), 2)
    X[0] = 1e6
    assert np.ptp(scaled_pca(form(X), n_components=1).values) == pytest.approx(10 * 2**0.5, abs=0.1)


def test_features_that_do_not_vary_get_no_loading(X):
    X[:, 3], X[:, 7] = 0, 1e4
    features = scaled_pca(X, n_components=5)
    np.testing.assert_array_equal(features.loadings[[3, 7]], 0)
    np.testing.assert_allclose(
        scaled_pca(np.delete(X, [3, 7], axis=1), n_components=5).values, features.values, rtol=1e-5
    )


@pytest.mark.parametrize(("shape", "n"), [((100, 40), 30), ((100, 12), 11), ((8, 40), 7), ((100, 1), 1), ((2, 40), 1)])
def test_number_of_components(X, shape, n):
    features = scaled_pca(X[: shape[0], : shape[1]], n_components=30)
    assert features.values.shape == (shape[0], n)
    assert features.loadings.shape == (shape[1], n)
    assert features.variance.shape == features.variance_ratio.shape == (n,)
    assert np.isfinite(features.values).all()


def test_input_is_left(counts):
    thin, before = sparse.csr_matrix(counts), counts.copy()
    scaled_pca(thin, n_components=3)
    scaled_pca(counts, n_components=3)
    np.testing.assert_array_equal(counts, before)
    np.testing.assert_array_equal(thin.toarray(), before)


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
def test_nothing_varies(form):
    with pytest.raises(ValueError, match="none of the 4 features varies"):
        scaled_pca(form(np.ones((5, 4))), n_components=2)
