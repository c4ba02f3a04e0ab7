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
    np.testing.assert_array_equal(found.var["spamca_used"], expected.var["spamca_used"])


@pytest.mark.parametrize("n_top_genes", [100, 600])
@pytest.mark.usefixtures("small_blocks")
@pytest.mark.slow
def test_as_in_memory(lazy, tissue, n_top_genes):
    options = {"n_comps": 6, "n_top_genes": n_top_genes}
    expected = spamca.pp.prepare(tissue, copy=True, **options)
    spamca.pp.prepare(lazy, **options)
    for name in KEYS:
        alike(lazy[name], expected[name], name)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.slow
def test_very_many_features_as_in_memory(lazy, tissue, monkeypatch):
    monkeypatch.setattr("spamca.features._spectrum.PRODUCTS_UP_TO", 0)
    expected = spamca.pp.prepare(tissue, copy=True, n_comps=4, n_top_genes=600)
    spamca.pp.prepare(lazy, n_comps=4, n_top_genes=600)
    for name in KEYS:
        alike(lazy[name], expected[name], name)


def test_nothing_is_loaded_whole_or_written(path, monkeypatch):
    from anndata.abc import CSRDataset

    monkeypatch.setattr("spamca.features._blocks.ROWS", 60)
    monkeypatch.setattr(CSRDataset, "to_memory", lambda _: 1 / 0)
    before = path.read_bytes()
    mdata = mudata.read_h5mu(path, backed="r")
    sizes, rows_of = [], spamca.features.Blocks.__iter__

    def watched(X):
        for rows in rows_of(X):
            sizes.append(rows.shape[0])
            yield rows

    monkeypatch.setattr(spamca.features.Blocks, "__iter__", watched)
    spamca.pp.prepare(mdata, n_comps=5)
    assert max(sizes) == 60
    assert isinstance(mdata["rna"].X, CSRDataset)
    assert isinstance(mdata["metabolites"].X, h5py.Dataset)
    mdata.file.close()
    assert path.read_bytes() == before


def test_copy_of_a_backed_tissue_is_an_error(path):
    mdata = mudata.read_h5mu(path, backed="r")
    with pytest.raises(ValueError, match="copy=True, but mdata is backed by a file; leave copy out"):
        spamca.pp.prepare(mdata, copy=True)
    mdata.file.close()


def test_dask_arrays_are_copied_unread(tissue):
    mdata = as_dask(tissue, "rna", chunks=(70, 300))
    changed = spamca.pp.prepare(mdata, copy=True, n_comps=5)
    assert "X_pca" in changed["rna"].obsm
    assert "X_pca" not in mdata["rna"].obsm
    assert type(changed["rna"].X) is type(mdata["rna"].X)


def as_dask(tissue, name, *, chunks, X=None, layers=None):
    import dask.array as da

    modality = tissue[name]
    X = modality.X if X is None else X
    dense = da.from_array(X.toarray() if sparse.issparse(X) else X, chunks=chunks)
    return mudata.MuData({name: AnnData(dense, modality.obs, modality.var, layers=layers)})


def test_layer_of_counts(tissue, caplog):
    import dask.array as da

    expected = spamca.pp.prepare(mudata.MuData({"rna": tissue["rna"]}), copy=True, n_comps=5)
    counts = da.from_array(tissue["rna"].X.toarray(), chunks=(100, -1))
    mdata = as_dask(tissue, "rna", chunks=(100, -1), X=tissue["rna"].X.toarray() - 0.5, layers={"counts": counts})
    with caplog.at_level("INFO", logger="spamca"):
        spamca.pp.prepare(mdata, n_comps=5)
    assert "prepared from layers['counts'] as rna" in caplog.text
    alike(mdata["rna"], expected["rna"], "rna")


def test_logarithms_stay(tissue):
    logged = np.log1p(tissue["rna"].X.toarray())
    whole = mudata.MuData({"rna": AnnData(sparse.csr_matrix(logged), tissue["rna"].obs, tissue["rna"].var)})
    mdata = as_dask(tissue, "rna", chunks=(100, -1), X=logged)
    for one in (whole, mdata):
        spamca.pp.prepare(one, n_comps=5)
    assert "log-normalised" in mdata["rna"].uns["spamca"]["steps"]
    alike(mdata["rna"], whole["rna"], "rna")


@pytest.mark.parametrize(("value", "message"), [(-3, r"\(lowest -3\)"), (np.nan, "must be finite"), (np.inf, "finite")])
def test_values_that_will_not_do(tissue, value, message):
    X = tissue["rna"].X.toarray()
    X[160, 5] = value
    mdata = as_dask(tissue, "rna", chunks=(100, -1), X=X)
    with pytest.raises(ValueError, match=message):
        spamca.pp.prepare(mdata)
    assert "X_pca" not in mdata["rna"].obsm


def test_matrix_by_columns(tissue, tmp_path):
    modality = tissue["rna"]
    by_columns = mudata.MuData({"rna": AnnData(modality.X.tocsc(), modality.obs, modality.var)})
    by_columns.write(tmp_path / "columns.h5mu")
    mdata = mudata.read_h5mu(tmp_path / "columns.h5mu", backed="r")
    with pytest.raises(ValueError, match="stored by columns.*csr_matrix"):
        spamca.pp.prepare(mdata)
    mdata.file.close()


@pytest.mark.slow
def test_what_comes_after_works(path):
    mdata, new = (mudata.read_h5mu(path, backed="r") for _ in range(2))
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=3, max_epochs=3, progress_bar=False)
    spamca.tl.cluster(mdata, 3)
    spamca.tl.denoise(mdata)
    assert len(mdata.obsm["spamca_denoised_rna"]) == mdata.n_obs  # a table, as one gene has no counts
    spamca.tl.transform(new, mdata)
    np.testing.assert_allclose(new.obsm["X_spamca"], mdata.obsm["X_spamca"], atol=0.02)
    assert all(modality.isbacked for one in (mdata, new) for modality in one.mod.values())
    for one in (mdata, new):
        one.file.close()


@pytest.mark.usefixtures("small_blocks")
def test_applied_as_in_memory(lazy, tissue):
    from spamca.features import KINDS, Fitted, in_blocks

    spamca.pp.prepare(tissue, n_comps=5)
    for name, modality in tissue.mod.items():
        record, preparation = modality.uns["spamca"], modality.varm["spamca_preparation"]
        columns = {column: values.to_numpy() for column, values in preparation.items()}
        fitted = Fitted(modality.varm[record["loadings"]], columns, record["constants"])
        position = np.arange(modality.n_vars)
        both = (KINDS[record["kind"]].treat(X, position, fitted) for X in (in_blocks(lazy[name].X), modality.X))
        found, expected = (known.scores(treated) for treated, known in both)
        np.testing.assert_allclose(found, expected, atol=1e-4)
