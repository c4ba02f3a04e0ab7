"""RNA."""

from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData
from scipy import sparse

from spamca.features.rna import prepare_rna


def by_scanpy(counts, n_top_genes):
    adata = AnnData(counts.copy())
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sc.pp.highly_variable_genes(adata, n_top_genes=n_top_genes, flavor="seurat")
    return adata


def test_genes_are_scanpys(counts):
    counts = counts[1:, np.arange(60) != 5]
    features = prepare_rna(counts, n_components=5, n_top_genes=20)
    theirs = by_scanpy(counts, 20)
    np.testing.assert_array_equal(features.used(), theirs.var["highly_variable"])
    n = theirs.var["highly_variable"].sum()  # 20, and those tied with the last
    assert features.steps == ("normalize", "log1p", f"{n} of 59 genes", "scale", "5 principal components")
    assert (features.loadings[~features.used()] == 0).all()
    assert (features.loadings[features.used()] != 0).any(axis=1).all()
    chosen = sc.pp.scale(theirs.X[:, features.used()], max_value=10)
    expected = sc.pp.pca(chosen, n_comps=5, random_state=0) * np.sqrt(119 / 118)
    np.testing.assert_allclose(np.abs(features.values), np.abs(expected), atol=1e-3)


@pytest.mark.parametrize(
    "form", [np.array, sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, lambda x: x.astype(np.int64)]
)
def test_every_form_gives_the_same(counts, form):
    X = form(counts)
    before = X.copy()
    features = prepare_rna(X, n_components=6)
    np.testing.assert_array_equal(features.values, prepare_rna(counts, n_components=6).values)
    assert np.isfinite(features.values).all()
    assert not features.used()[5]
    assert (before != X).sum() == 0


def test_logarithms_are_taken_as_such(counts):
    features = prepare_rna(by_scanpy(counts[1:], 20).X, n_components=6)
    assert features.steps[0] == "taken as log-normalised"
    np.testing.assert_allclose(features.values, prepare_rna(counts[1:], n_components=6).values, atol=1e-3)


@pytest.mark.parametrize("made", [np.asarray, sparse.csr_matrix])
def test_no_counts_at_all(made):
    with pytest.raises(ValueError, match="none of the 4 features varies"):
        prepare_rna(made(np.zeros((5, 4), dtype=np.float32)))


def test_wide_and_repeatable():
    X = sparse.random(
        80, 900, 0.2, "csr", random_state=0, data_rvs=lambda n: np.random.default_rng(0).integers(1, 9, n)
    )
    a, b = prepare_rna(X, n_components=20), prepare_rna(X, n_components=20)
    np.testing.assert_array_equal(a.values, b.values)
    other = prepare_rna(X, n_components=20, random_state=1)
    np.testing.assert_allclose(a.values, other.values, atol=1e-2)
