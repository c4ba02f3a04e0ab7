"""Principal axes of a matrix in blocks."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from spamca.features._blocks import in_blocks
from spamca.features._spectrum import spectrum


@pytest.fixture(params=["products", "iterations"])
def way(request, monkeypatch):
    if request.param == "iterations":
        monkeypatch.setattr("spamca.features._spectrum.PRODUCTS_UP_TO", 0)
    monkeypatch.setattr("spamca.features._spectrum._VALUES", 2000)


@pytest.fixture
def X(counts):
    return counts @ np.diag(np.linspace(0.5, 2, counts.shape[1], dtype=np.float32))


def as_blocks(X, *, as_sparse):
    array = da.from_array(X, chunks=(50, -1))
    return in_blocks(array.map_blocks(sparse.csr_matrix) if as_sparse else array)


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("off", [0, 100])
@pytest.mark.usefixtures("way")
def test_as_scikit_learn(X, as_sparse, off):
    X = X + off
    found = spectrum(as_blocks(X, as_sparse=as_sparse), 5)
    pca = PCA(5, svd_solver="full").fit(X.astype(np.float64))
    np.testing.assert_allclose(found.axes, pca.components_, atol=1e-3)
    np.testing.assert_allclose(found.values / (len(X) - 1), pca.explained_variance_, rtol=1e-4)
    np.testing.assert_allclose(found.mean, pca.mean_, rtol=1e-5, atol=1e-5)
    assert found.variance == pytest.approx(X.var(axis=0, dtype=np.float64).sum(), rel=1e-4)


@pytest.mark.usefixtures("way")
def test_not_centred(X):
    found = spectrum(as_blocks(X, as_sparse=True), 5, centred=False)
    _, singular, axes = np.linalg.svd(X.astype(np.float64), full_matrices=False)
    np.testing.assert_allclose(np.abs((found.axes * axes[:5]).sum(axis=1)), 1, atol=1e-5)
    np.testing.assert_allclose(found.values, singular[:5] ** 2, rtol=1e-5)


def test_many_features(monkeypatch):
    monkeypatch.setattr("spamca.features._spectrum.PRODUCTS_UP_TO", 100)
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(300, 8)) * np.arange(9, 1, -1) @ rng.normal(size=(8, 600))).astype(np.float32)
    X += rng.normal(size=X.shape).astype(np.float32)
    found = spectrum(as_blocks(X, as_sparse=False), 5)
    pca = PCA(5, svd_solver="full").fit(X.astype(np.float64))
    np.testing.assert_allclose(found.axes, pca.components_, atol=1e-4)
    np.testing.assert_allclose(found.values / (len(X) - 1), pca.explained_variance_, rtol=1e-5)
