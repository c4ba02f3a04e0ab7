"""A MuData from AnnData."""

from __future__ import annotations

import anndata as ad
import mudata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import spamca
from spamca import _edge
from spamca.io import from_anndata


def test_rows_are_matched_by_name(pair, tissue):
    rna, protein = pair
    mdata = from_anndata({"rna": rna, "protein": protein})
    assert list(mdata.obs_names) == list(rna.obs_names[10:])
    for name in ("rna", "protein"):
        assert list(mdata[name].obs_names) == list(mdata.obs_names)
        np.testing.assert_array_equal(mdata[name].X.toarray(), tissue[name][mdata.obs_names].X.toarray())
        assert not mdata[name].is_view
    np.testing.assert_array_equal(mdata.obsm["spatial"], rna.obsm["spatial"][10:])
    spamca.pp.neighbors(mdata)


def test_outer(pair, tissue):
    rna, protein = pair
    mdata = from_anndata({"rna": rna, "protein": protein}, join="outer")
    assert mdata.n_obs == 225
    assert (mdata["rna"].n_obs, mdata["protein"].n_obs) == (200, 215)
    np.testing.assert_array_equal(mdata.obsm["spatial"], tissue[mdata.obs_names].obsm["spatial"])
    spamca.pp.neighbors(mdata)


@pytest.mark.parametrize("join", ["inner", "outer"])
def test_inputs_stay(pair, assert_same, join):
    rna, protein = pair
    rna.var_names = [*protein.var_names[:2], *rna.var_names[2:]]
    before = [adata.copy() for adata in pair]
    mdata = from_anndata({"rna": rna, "protein": protein}, join=join)
    spamca.pp.neighbors(mdata)
    for name in mdata.mod:
        mdata[name].X.data[:] = 0
        mdata[name].obsm["spatial"][:] = 0
    for one, other in zip(before, pair, strict=True):
        assert_same(one, other, "adata")


def test_everything_is_carried_along(pair):
    rna, protein = pair
    rna.obs["label"] = "a"
    rna.layers["counts"] = rna.X.copy()
    rna.obsp["graph"] = sparse.diags(np.arange(200.0)).tocsr()
    rna.uns["spatial"] = {"a": {"images": {}, "scalefactors": {}}}
    mdata = from_anndata({"rna": rna, "protein": protein})
    assert (mdata["rna"].obs["label"] == "a").all()
    assert mdata["rna"].layers["counts"].shape == (190, rna.n_vars)
    np.testing.assert_array_equal(mdata["rna"].obsp["graph"].diagonal(), np.arange(10, 200))
    assert mdata.uns["spatial"]["a"] == {"images": {}, "scalefactors": {}}


def test_named_by_feature_types(tissue):
    assert list(from_anndata([tissue["rna"], tissue["protein"]]).mod) == ["rna", "protein"]
    assert list(from_anndata(adata for adata in (tissue["protein"], tissue["rna"])).mod) == ["protein", "rna"]


def test_one_with_several_types(tissue):
    adata = ad.concat([tissue["rna"], tissue["protein"]], axis="var", merge="same")
    mdata = from_anndata(adata)
    assert list(mdata.mod) == ["rna", "protein"]
    np.testing.assert_array_equal(mdata["protein"].X.toarray(), tissue["protein"].X.toarray())
    spamca.pp.neighbors(mdata)


def test_one(tissue):
    assert list(from_anndata(tissue["rna"]).mod) == ["rna"]
    assert list(from_anndata({"mine": tissue["rna"]}).mod) == ["mine"]


def test_views(pair):
    rna, protein = pair
    assert from_anndata({"rna": rna[:50], "protein": protein[::2]}).n_obs > 0
    assert rna.n_obs == 200


@pytest.mark.parametrize("join", ["inner", "outer"])
def test_backed_by_a_file(pair, tmp_path, join):
    rna, protein = pair
    rna.write_h5ad(tmp_path / "rna.h5ad")
    backed = ad.read_h5ad(tmp_path / "rna.h5ad", backed="r")
    mdata = from_anndata({"rna": backed, "protein": protein}, join=join)
    assert not mdata["rna"].isbacked
    expected = from_anndata({"rna": rna, "protein": protein}, join=join)
    np.testing.assert_array_equal(mdata["rna"].X.toarray(), expected["rna"].X.toarray())
    backed.file.close()


def test_one_backed_by_a_file(tissue, tmp_path):
    adata = ad.concat([tissue["rna"], tissue["protein"]], axis="var", merge="same")
    adata.write_h5ad(tmp_path / "both.h5ad")
    backed = ad.read_h5ad(tmp_path / "both.h5ad", backed="r")
    assert list(from_anndata(backed).mod) == ["rna", "protein"]
    backed.file.close()


def test_written_and_read(pair, tmp_path, assert_same):
    mdata = from_anndata(dict(zip(["rna", "protein"], pair, strict=True)), join="outer")
    with _edge.without_pull():
        mdata.write(tmp_path / "tissue.h5mu")
        again = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert_same(mdata, again)


@pytest.mark.parametrize("wrong", [3, None, "rna"])
def test_no_tables(wrong):
    with pytest.raises(TypeError, match="adatas must be a mapping such as .* got (int|NoneType|str)"):
        from_anndata(wrong)


@pytest.mark.parametrize("empty", [[], {}])
def test_empty(empty):
    with pytest.raises(ValueError, match="adatas must hold at least one AnnData"):
        from_anndata(empty)


def test_not_a_table(pair):
    with pytest.raises(TypeError, match="adatas\\['protein'\\] must be an AnnData, got ndarray"):
        from_anndata({"rna": pair[0], "protein": np.ones((3, 3))})
    with pytest.raises(TypeError, match=r"adatas\[0\] must be an AnnData, got (str|NoneType)"):
        from_anndata([None, pair[0]])


def test_without_names(pair, tissue):
    with pytest.raises(
        ValueError, match=r"adatas\[0\] has no var\['feature_types'\] to be named after; pass a mapping"
    ):
        from_anndata(pair)
    with pytest.raises(ValueError, match="one AnnData without var"):
        from_anndata(pair[0])
    both = ad.concat([tissue["rna"], tissue["protein"]], axis="var", merge="same")
    with pytest.raises(
        ValueError, match=r"adatas\[1\] holds features of types \['Gene Expression', 'Antibody Capture'\]"
    ):
        from_anndata([tissue["rna"], both])
    with pytest.raises(ValueError, match=r"adatas\[1\] would be modality 'rna', and so would another"):
        from_anndata([tissue["rna"], tissue["rna"]])


@pytest.mark.parametrize("name", ["", "a/b", "spatial"])
def test_names_that_cannot_be(pair, name):
    with pytest.raises(ValueError, match=f"name of a modality must not be empty, 'spatial', or hold '/', got '{name}'"):
        from_anndata({name: pair[0]})
    with pytest.raises(TypeError, match="the name of a modality must be a string, got 1"):
        from_anndata({1: pair[0]})


def test_join(pair):
    with pytest.raises(ValueError, match="join must be one of 'inner', 'outer', 'apart', got 'left'"):
        from_anndata({"rna": pair[0]}, join="left")


def test_other_endings(pair):
    rna, protein = pair
    protein.obs_names = protein.obs_names + "-1"
    with pytest.raises(ValueError, match="without endings such as '-1' 190 of them agree"):
        from_anndata({"rna": rna, "protein": protein})


@pytest.fixture
def tables(tissue):
    rng = np.random.default_rng(0)
    rna, protein = tissue["rna"][:200].copy(), tissue["protein"][rng.permutation(225)].copy()
    protein.obsm["X_image"] = rng.normal(size=(225, 7))
    return {"rna": rna, "protein": protein}


def test_rows_follow_their_table(tables):
    mdata = spamca.io.from_anndata(tables, obsm={"image": "X_image"})
    assert list(mdata.mod) == ["rna", "protein", "image"]
    assert mdata.n_obs == 200
    expected = pd.DataFrame(tables["protein"].obsm["X_image"], tables["protein"].obs_names)
    np.testing.assert_allclose(mdata["image"].X, expected.loc[mdata["image"].obs_names], rtol=1e-6)
    assert mdata["image"].var_names[6] == "X_image_6"
    assert "X_image" in tables["protein"].obsm
    spamca.pp.neighbors(mdata)
    assert mdata["image"].uns["spamca"]["kind"] == "image"


def test_spots_without_it(tables):
    mdata = spamca.io.from_anndata(tables, obsm={"image": "X_image"}, join="outer")
    assert mdata["rna"].n_obs == 200
    assert mdata["image"].n_obs == 225


@pytest.mark.parametrize("form", [sparse.csr_matrix, lambda x: pd.DataFrame(x, columns=list("abcdefg"))])
def test_forms(tables, form):
    values = tables["protein"].obsm["X_image"]
    made = form(values)
    if isinstance(made, pd.DataFrame):
        made.index = tables["protein"].obs_names
    tables["protein"].obsm["X_image"] = made
    image = spamca.io.from_anndata({"protein": tables["protein"]}, obsm={"histology": "X_image"})["histology"]
    found = image.X.toarray() if sparse.issparse(image.X) else image.X
    np.testing.assert_allclose(found, values, rtol=1e-6)
    assert (image.var_names[0] == "a") == isinstance(made, pd.DataFrame)


@pytest.mark.parametrize(
    ("obsm", "error", "message"),
    [
        ("X_image", TypeError, "obsm must be a mapping"),
        ({"image": 3}, TypeError, r"obsm\['image'\] must be a string"),
        ({"image": "X_none"}, KeyError, "X_none"),
        ({"rna": "X_image"}, ValueError, "'rna', which is a table already"),
        ({"a/b": "X_image"}, ValueError, "a/b"),
    ],
)
def test_refuses(tables, obsm, error, message):
    with pytest.raises(error, match=message):
        spamca.io.from_anndata(tables, obsm=obsm)


def test_refuses_what_is_no_matrix(tables):
    tables["protein"].obsm["X_image"] = np.zeros((225, 2, 2))
    with pytest.raises(ValueError, match=r"matrix of numbers, got shape \(225, 2, 2\)"):
        spamca.io.from_anndata(tables, obsm={"image": "X_image"})
