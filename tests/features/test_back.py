"""From components back to features."""

from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData
from scipy import sparse

from spamca.features import KINDS
from spamca.features._back import to_features


@pytest.fixture
def low_rank():
    rng = np.random.default_rng(0)
    rate = np.exp(rng.normal(size=(120, 3)) @ rng.normal(size=(3, 30)) / 3 + 5)
    return rng.poisson(rate).astype(np.float32)


def normalised(X):
    adata = AnnData(X.copy())
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    return adata.X


def test_all_components_give_the_features_again():
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(100, 6)) @ rng.normal(size=(6, 30)) + 4).astype(np.float32)
    features = KINDS["generic"].prepare(X, n_components=6)
    np.testing.assert_allclose(to_features(features.values, features.fitted), X, atol=1e-3)


@pytest.mark.parametrize("dense_up_to", [0, 500])
def test_rna_is_log_normalised(low_rank, dense_up_to, monkeypatch):
    from spamca.features import _linear

    monkeypatch.setattr(_linear, "DENSE_UP_TO", dense_up_to)
    features = KINDS["rna"].prepare(sparse.csr_matrix(low_rank), n_components=28)
    np.testing.assert_allclose(to_features(features.values, features.fitted), normalised(low_rank), atol=0.15)


def test_genes_not_used_are_nan(low_rank):
    features = KINDS["rna"].prepare(low_rank, n_components=5, n_top_genes=12)
    found = to_features(features.values, features.fitted)
    np.testing.assert_array_equal(np.isnan(found).all(axis=0), ~features.fitted.used())
    assert np.isfinite(found[:, features.fitted.used()]).all()


def test_atac_is_tfidf(low_rank):
    counts = np.minimum(low_rank, 200)
    features = KINDS["atac"].prepare(counts, n_components=25)
    share = counts / counts.sum(axis=1, keepdims=True)
    weighed = np.log1p(1e4 * share) * np.log1p(len(counts) / counts.sum(axis=0))
    found = to_features(features.values, features.fitted)
    np.testing.assert_allclose(found.mean(axis=0), weighed.mean(axis=0), rtol=1e-3)
    assert np.corrcoef(found.ravel(), weighed.ravel())[0, 1] > 0.99


def test_mean_where_nothing_is_known(low_rank):
    features = KINDS["protein"].prepare(low_rank, n_components=5)
    found = to_features(np.zeros((3, 5)), features.fitted)
    ratios = np.log1p(low_rank / np.exp(np.log1p(low_rank).mean(axis=1, keepdims=True)))
    np.testing.assert_allclose(found, np.tile(ratios.mean(axis=0), (3, 1)), rtol=1e-3, atol=1e-3)
