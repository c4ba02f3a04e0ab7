"""A preparation applied to other spots, and from components back to features."""

from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData
from scipy import sparse

from spamca.features import KINDS, _linear

OPTIONS = {"n_components": 8}


def applied(kind, X, position, fitted):
    treated, known = KINDS[kind].treat(X, position, fitted)
    return known.scores(treated)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("kind", KINDS)
def test_own_tissue_gets_its_own_features(counts, kind, form):
    X = form(counts)
    features = KINDS[kind].prepare(X, **OPTIONS)
    again = applied(kind, X, np.arange(60), features)
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, features.values, atol=1e-4)


def test_wide_sparse_matrices_stay_as_they_were(counts, monkeypatch):
    monkeypatch.setattr(_linear, "FEW_FEATURES", 0)
    features = KINDS["rna"].prepare(sparse.csr_matrix(counts), **OPTIONS)
    monkeypatch.undo()
    assert features.constants["sparse"] == 1
    again = applied("rna", sparse.csr_matrix(counts), np.arange(60), features)
    np.testing.assert_allclose(again, features.values, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_each_spot_stands_for_itself(counts, kind):
    fitted = KINDS[kind].prepare(counts, **OPTIONS)
    whole = applied(kind, counts, np.arange(60), fitted)
    part = applied(kind, counts[40:60], np.arange(60), fitted)
    np.testing.assert_allclose(part, whole[40:60], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_the_features_does_not_matter(counts, kind):
    fitted, order = KINDS[kind].prepare(counts, **OPTIONS), np.random.default_rng(1).permutation(60)
    np.testing.assert_allclose(
        applied(kind, counts[:, order], np.argsort(order), fitted),
        applied(kind, counts, np.arange(60), fitted),
        atol=1e-4,
    )


@pytest.mark.parametrize("kind", ["atac", "generic"])
def test_missing_features_count_as_their_mean(counts, kind):
    fitted, position = KINDS[kind].prepare(counts, **OPTIONS), np.arange(60)
    position[10:20] = -1
    without = applied(kind, counts, position, fitted)
    whole = applied(kind, counts, np.arange(60), fitted)
    difference = whole - without
    np.testing.assert_allclose(difference.mean(axis=0), 0, atol=1e-3)
    kept = np.delete(np.arange(60), np.arange(10, 20))
    only = applied(kind, counts, np.where(np.isin(np.arange(60), kept), -1, np.arange(60)), fitted)
    np.testing.assert_allclose(only, difference, atol=1e-3)


def test_depth_is_that_of_the_first_tissue(counts):
    fitted = KINDS["rna"].prepare(counts, **OPTIONS)
    assert fitted.constants["depth"] == pytest.approx(np.median(counts.sum(axis=1)), rel=0.05)
    once = applied("rna", counts, np.arange(60), fitted)
    np.testing.assert_allclose(applied("rna", 3 * counts, np.arange(60), fitted), once, atol=1e-4)


def test_rarity_is_that_of_the_first_tissue(counts):
    fitted = KINDS["atac"].prepare(counts, **OPTIONS)
    group = counts[:30]
    np.testing.assert_allclose(
        applied("atac", group, np.arange(60), fitted),
        applied("atac", counts, np.arange(60), fitted)[:30],
        atol=1e-5,
    )


def test_counts_and_logarithms_do_not_mix(counts):
    logged = np.log1p(counts).astype(np.float32)
    of_counts, of_logged = (KINDS["rna"].prepare(X, **OPTIONS) for X in (counts, logged))
    with pytest.raises(ValueError, match="holds logarithms of counts, and the tissue of the training held counts"):
        applied("rna", logged, np.arange(60), of_counts)
    with pytest.raises(ValueError, match="holds counts, and the tissue of the training held logarithms"):
        applied("rna", counts, np.arange(60), of_logged)
    np.testing.assert_allclose(
        applied("rna", logged, np.arange(60), of_logged), KINDS["rna"].prepare(logged, **OPTIONS).values, atol=1e-4
    )


def test_used_features_are_those_with_loadings(counts):
    features = KINDS["rna"].prepare(counts, n_top_genes=20, **OPTIONS)
    used = features.used()
    position = np.flatnonzero(used)
    np.testing.assert_allclose(applied("rna", counts, position, features.take(used)), features.values, atol=1e-4)


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
    np.testing.assert_allclose(features.to_features(features.values), X, atol=1e-3)


@pytest.mark.parametrize("dense_up_to", [0, 500])
def test_rna_is_log_normalised(low_rank, dense_up_to, monkeypatch):
    monkeypatch.setattr(_linear, "FEW_FEATURES", dense_up_to)
    features = KINDS["rna"].prepare(sparse.csr_matrix(low_rank), n_components=28)
    np.testing.assert_allclose(features.to_features(features.values), normalised(low_rank), atol=0.15)


def test_genes_not_used_are_nan(low_rank):
    features = KINDS["rna"].prepare(low_rank, n_components=5, n_top_genes=12)
    found = features.to_features(features.values)
    np.testing.assert_array_equal(np.isnan(found).all(axis=0), ~features.used())
    assert np.isfinite(found[:, features.used()]).all()


def test_atac_is_tfidf(low_rank):
    counts = np.minimum(low_rank, 200)
    features = KINDS["atac"].prepare(counts, n_components=25)
    share = counts / counts.sum(axis=1, keepdims=True)
    weighed = np.log1p(1e4 * share) * np.log1p(len(counts) / counts.sum(axis=0))
    found = features.to_features(features.values)
    np.testing.assert_allclose(found.mean(axis=0), weighed.mean(axis=0), rtol=1e-3)
    assert np.corrcoef(found.ravel(), weighed.ravel())[0, 1] > 0.99


def test_mean_where_nothing_is_known(low_rank):
    features = KINDS["protein"].prepare(low_rank, n_components=5)
    found = features.to_features(np.zeros((3, 5)))
    ratios = np.log1p(low_rank / np.exp(np.log1p(low_rank).mean(axis=1, keepdims=True)))
    np.testing.assert_allclose(found, np.tile(ratios.mean(axis=0), (3, 1)), rtol=1e-3, atol=1e-3)
