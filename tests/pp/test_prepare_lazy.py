"""``pp.prepare`` on matrices that are not in memory."""

from __future__ import annotations

import h5py
import mudata
import numpy as np
import pytest
from anndata import AnnData
from anndata.experimental import read_elem_lazy
from scipy import sparse

import spamca

KEYS = {"rna": ("X_pca", "PCs"), "protein": ("X_pca", "PCs"), "atac": ("X_lsi", "LSI"), "metabolites": ("X_pca", "PCs")}


@pytest.fixture(scope="module")
def tissue():
    """Four kinds, one of them dense; one spot without counts, and more genes than are kept."""
    mdata = spamca.datasets.simulated(n_spots=250, n_domains=4, n_features=60, modalities=("rna", "protein", "atac"))
    rng = np.random.default_rng(0)
    domain = np.unique(mdata.obs["label"], return_inverse=True)[1]
    genes = mdata["rna"].X
    more = rng.poisson(rng.gamma(0.3, 1, size=(4, 700))[domain] * rng.lognormal(0, 0.4, size=(250, 1)))
    rna = np.hstack([genes.toarray() if sparse.issparse(genes) else genes, more]).astype(np.float32)
    rna[17] = 0
    values = rng.normal(size=(4, 25))[domain] + rng.normal(size=(250, 25)) + 1e3
    dense = mdata["protein"].X
    protein = AnnData(dense.toarray() if sparse.issparse(dense) else dense, mdata["protein"].obs, mdata["protein"].var)
    mod = {"rna": AnnData(sparse.csr_matrix(rna), mdata["rna"].obs), "protein": protein, "atac": mdata["atac"]}
    mod["metabolites"] = AnnData(values, mdata["rna"].obs)
    for name, modality in mod.items():
        modality.var_names = [f"{name} {j}" for j in range(modality.n_vars)]
    whole = mudata.MuData(mod)
    whole.obsm["spatial"] = mdata.obsm.get("spatial", mdata["rna"].obsm.get("spatial"))
    return whole


@pytest.fixture(scope="module")
def path(tissue, tmp_path_factory):
    path = tmp_path_factory.mktemp("lazy") / "tissue.h5mu"
    tissue.write(path)
    return path


@pytest.fixture(params=["backed", "dask"])
def lazy(request, path):
    with h5py.File(path) as file:
        if request.param == "backed":
            mdata = mudata.read_h5mu(path, backed="r")
            yield mdata
            mdata.file.close()
            return
        whole = mudata.read_h5mu(path)
        mod = {
            name: AnnData(read_elem_lazy(file[f"mod/{name}/X"]), modality.obs, modality.var)
            for name, modality in whole.mod.items()
        }
        mdata = mudata.MuData(mod)
        mdata.obsm["spatial"] = whole.obsm["spatial"]
        yield mdata


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 60 rows, in several parts each."""
    monkeypatch.setattr("spamca.features._blocks.ROWS", 60)
    monkeypatch.setattr("spamca.features._spectrum._VALUES", 10_000)


def alike(found, expected, name):
    key, loadings = KEYS[name]
    assert found.uns["spamca"]["kind"] == expected.uns["spamca"]["kind"]
    assert found.uns["spamca"]["steps"] == expected.uns["spamca"]["steps"]
    a, b = found.obsm[key], expected.obsm[key]
    assert a.dtype == b.dtype
    for one, other in zip(a.T, b.T, strict=True):
        assert np.corrcoef(one, other)[0, 1] > 0.9999
    np.testing.assert_allclose(a, b, atol=1e-3 * np.abs(b).max())
    np.testing.assert_allclose(found.varm[loadings], expected.varm[loadings], atol=2e-3)
    record = found.uns[key.removeprefix("X_")]
    for value, of in record.items():
        np.testing.assert_allclose(of, expected.uns[key.removeprefix("X_")][value], rtol=1e-4)
    assert list(found.varm["spamca_preparation"]) == list(expected.varm["spamca_preparation"])
    for column, values in expected.varm["spamca_preparation"].items():
        np.testing.assert_allclose(found.varm["spamca_preparation"][column], values, rtol=1e-4, atol=1e-5)
    constants, others = (dict(one.uns["spamca"]["constants"]) for one in (found, expected))
    assert constants == pytest.approx(others, rel=1e-6)
    if "highly_variable" in expected.var:
        np.testing.assert_array_equal(found.var["highly_variable"], expected.var["highly_variable"])


@pytest.mark.parametrize("n_top_genes", [100, 600])
@pytest.mark.usefixtures("small_blocks")
def test_as_in_memory(lazy, tissue, n_top_genes):
    options = {"n_components": 6, "n_top_genes": n_top_genes}
    expected = spamca.pp.prepare(tissue, copy=True, **options)
    spamca.pp.prepare(lazy, **options)
    for name in KEYS:
        alike(lazy[name], expected[name], name)
