"""``pp.prepare``."""

from __future__ import annotations

import logging

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from anndata import AnnData
from mudata import MuData
from scipy import sparse

import spamca


@pytest.fixture
def three():
    return spamca.datasets.simulated(n_spots=100, n_domains=3, n_features=40, modalities=("rna", "protein", "atac"))


def test_writes_by_kind(three):
    spamca.pp.prepare(three, n_comps=8)
    for name, key, loadings in (("rna", "X_pca", "PCs"), ("protein", "X_pca", "PCs"), ("atac", "X_lsi", "LSI")):
        modality = three[name]
        assert modality.obsm[key].shape == (100, 8)
        assert modality.varm[loadings].shape == (40, 8)
        record = modality.uns["spamca"]
        assert (record["kind"], record["use_rep"]) == (name, key)
        assert "components" in record["steps"]
        assert modality.uns[key[2:]]["variance_ratio"].shape == (8,)
        np.testing.assert_array_equal(modality.var["spamca_used"], (modality.varm[loadings] != 0).any(axis=1))
        assert "highly_variable" not in modality.var
        assert "spamca_measured" not in modality.obs


def test_leaves_values(three):
    before = {name: modality.X.copy() for name, modality in three.mod.items()}
    spamca.pp.prepare(three)
    for name, modality in three.mod.items():
        assert type(modality.X) is type(before[name])
        assert modality.X.dtype == before[name].dtype
        assert (before[name] != modality.X).sum() == 0
        assert not list(modality.layers.keys() - {None})


def test_copy(three):
    changed = spamca.pp.prepare(three, copy=True)
    assert "X_pca" in changed["rna"].obsm
    assert "X_pca" not in three["rna"].obsm
    assert spamca.pp.prepare(three) is None


def test_copy_of_a_view(three):
    changed = spamca.pp.prepare(three[10:], copy=True)
    assert not changed.is_view
    assert changed["rna"].obsm["X_pca"].shape[0] == three.n_obs - 10
    assert "X_pca" not in three["rna"].obsm


def test_kinds_are_logged_and_overridden(three, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.prepare(three, kinds={"atac": "generic"}, n_comps=5)
    assert three["atac"].uns["spamca"]["kind"] == "generic"
    assert three["atac"].obsm["X_pca"].shape == (100, 5)
    assert "prepare: 'rna' prepared from X as rna: normalize, log1p, scale, 5 principal components" in caplog.text
    assert len(caplog.records) == 3


def test_layer_of_counts(three, caplog):
    expected = spamca.pp.prepare(three, copy=True)["rna"].obsm["X_pca"]
    three["rna"].layers["counts"] = three["rna"].X
    three["rna"].X = three["rna"].X.toarray() - 1
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.prepare(three)
    np.testing.assert_array_equal(three["rna"].obsm["X_pca"], expected)
    assert "from layers['counts'] as rna" in caplog.text


def test_same_seed_same_bits(three):
    a, b = (spamca.pp.prepare(three, copy=True, random_state=4) for _ in range(2))
    for name, key in (("rna", "X_pca"), ("protein", "X_pca"), ("atac", "X_lsi")):
        np.testing.assert_array_equal(a[name].obsm[key], b[name].obsm[key])


def test_global_random_state_is_left(three):
    np.random.seed(0)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    spamca.pp.prepare(three)
    assert np.random.random() == expected  # noqa: NPY002


def test_number_of_top_genes(three):
    spamca.pp.prepare(three, n_top_genes=20, n_comps=5)
    assert three["rna"].var["spamca_used"].sum() == pytest.approx(20, abs=2)


def test_rest_of_scanpy_finds_it(three):
    import scanpy as sc

    spamca.pp.prepare(three, n_comps=5)
    sc.pl.pca_variance_ratio(three["rna"], n_pcs=5, show=False)
    sc.pl.pca_loadings(three["rna"], components="1,2", n_points=5, show=False)


def test_survives_the_file(three, tmp_path):
    import mudata

    spamca.pp.prepare(three)
    three.write(tmp_path / "three.h5mu")
    back = mudata.read_h5mu(tmp_path / "three.h5mu")
    for name, modality in three.mod.items():
        assert dict(back[name].uns["spamca"]) == modality.uns["spamca"]
        np.testing.assert_array_equal(
            back[name].obsm[modality.uns["spamca"]["use_rep"]], modality.obsm[modality.uns["spamca"]["use_rep"]]
        )


@pytest.mark.parametrize("value", [-1, -7])
def test_a_negative_count_is_an_error(three, value):
    three["rna"].X = three["rna"].X.toarray()
    three["rna"].X[3, 2] = value
    for verb in (spamca.pp.prepare, spamca.pp.neighbors):
        with pytest.raises(ValueError, match=rf"'rna' is to be prepared as counts but .* \(lowest {value}\)"):
            verb(three)
    assert "X_pca" not in three["protein"].obsm
    spamca.pp.prepare(three, kinds={"rna": "generic"})


def test_feature_graphs_on_other_features_are_removed(three, caplog):
    spamca.pp.neighbors(three, feature_graphs=True)
    three["rna"].obsp["own"] = three["rna"].obsp["feature_neighbors_distances"]
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.prepare(three, n_comps=5)
    assert "removed the feature graphs of ['rna', 'protein', 'atac']" in caplog.text
    for modality in three.mod.values():
        assert "feature_neighbors" not in modality.uns
        assert not [key for key in modality.obsp if key.startswith("feature_neighbors")]
        assert "spatial_connectivities" in modality.obsp
    assert "own" in three["rna"].obsp
    assert "spatial_connectivities" in three.obsp
    spamca.pp.neighbors(three, feature_graphs=True)
    assert three["rna"].uns["feature_neighbors"]["params"]["use_rep"] == "X_pca"


def test_feature_graphs_on_the_same_features_are_kept(three, caplog):
    spamca.pp.neighbors(three, feature_graphs=True)
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.prepare(three)
    assert "removed" not in caplog.text
    assert all("feature_neighbors" in modality.uns for modality in three.mod.values())


def test_feature_graph_comes_back_with_a_failure(three, monkeypatch):
    spamca.pp.neighbors(three, feature_graphs=True)
    monkeypatch.setattr("spamca.pp._modality.store_features", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        spamca.pp.prepare(three, n_comps=5)
    assert "feature_neighbors" in three["rna"].uns
    assert "feature_neighbors_distances" in three["rna"].obsp


# Spots that were not measured


@pytest.mark.parametrize("name", ["rna", "protein", "atac"])
@pytest.mark.parametrize("value", [0, np.nan])
def test_rows_that_hold_nothing_change_nothing(three, caplog, name, value):
    empty = [0, 17, 99]
    rest = np.delete(np.arange(three.n_obs), empty)
    expected = three[name][rest].copy()
    X = three[name].X.toarray()
    X[empty] = value
    three[name].X = sparse.csr_matrix(X)
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.prepare(three)
    assert f"{name!r} holds nothing in 3 of 100 spots" in caplog.text
    alone = MuData({name: expected})
    spamca.pp.prepare(alone)
    key = three[name].uns["spamca"]["use_rep"]
    np.testing.assert_array_equal(three[name].obsm[key][rest], alone[name].obsm[key])
    assert not three[name].obsm[key][empty].any()
    assert three[name].obs["spamca_measured"].tolist() == [i not in empty for i in range(100)]
    others = [modality for other, modality in three.mod.items() if other != name]
    assert all("spamca_measured" not in modality.obs for modality in others)


def test_rows_that_hold_nothing_may_be_kept(three):
    three["protein"].X = three["protein"].X.toarray()
    three["protein"].X[5] = 0
    spamca.pp.prepare(three)
    assert not three["protein"].obs["spamca_measured"].iloc[5]
    spamca.pp.prepare(three, empty_rows="keep")
    assert "spamca_measured" not in three["protein"].obs
    assert three["protein"].obsm["X_pca"][5].any()
    three["protein"].X[5] = np.nan
    with pytest.raises(ValueError, match="must be finite"):
        spamca.pp.prepare(three, empty_rows="keep")
    with pytest.raises(ValueError, match=r"empty_rows must be one of 'missing', 'keep', got 'drop'"):
        spamca.pp.prepare(three, empty_rows="drop")


def test_modality_that_holds_nothing(three):
    three["atac"].X = three["atac"].X * 0
    with pytest.raises(ValueError, match="modality 'atac' holds nothing"):
        spamca.pp.prepare(three)


# Controls


def test_controls_are_left_out_bit_for_bit(three, caplog):
    expected = spamca.pp.prepare(three, copy=True)
    rng, mod = np.random.default_rng(0), {}
    for name, modality in three.mod.items():
        extra = AnnData(
            sparse.csr_matrix(rng.poisson(5, (three.n_obs, 2)).astype(np.float32)),
            obs=modality.obs[[]],
            var=pd.DataFrame(index=["NegControlProbe_00042", "BLANK_0001"]),
        )
        extra.var_names = [f"{name}:{one}" for one in extra.var_names]
        mod[name] = ad.concat([extra[:, :1], modality, extra[:, 1:]], axis=1, merge="first")
    mdata = MuData(mod)
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.prepare(mdata)
    assert caplog.text.count("leaving out 2 controls") == 3
    for name, modality in mdata.mod.items():
        key = modality.uns["spamca"]["use_rep"]
        np.testing.assert_array_equal(modality.obsm[key], expected[name].obsm[key])
        assert not modality.var["spamca_used"].iloc[[0, -1]].any()


def test_user_decides_what_a_control_is(three):
    three["rna"].var["control"] = np.arange(40) < 5
    spamca.pp.prepare(three)
    assert not three["rna"].var["spamca_used"].iloc[:5].any()
    three["rna"].var["control"] = True
    with pytest.raises(ValueError, match="all 40 features of modality 'rna' are controls"):
        spamca.pp.prepare(three)


# Features that the user chose


@pytest.mark.parametrize("name", ["rna", "protein", "atac"])
def test_features_that_the_user_chose(three, name):
    chosen = np.arange(40) % 2 == 0
    three[name].var["highly_variable"] = chosen
    spamca.pp.prepare(three, n_comps=5)
    np.testing.assert_array_equal(three[name].var["spamca_used"], chosen)
    np.testing.assert_array_equal(three[name].var["highly_variable"], chosen)
    spamca.pp.prepare(three, n_comps=5, n_top_genes=3000)
    assert three[name].var["spamca_used"].all()
    np.testing.assert_array_equal(three[name].var["highly_variable"], chosen)


def test_choice_as_files_give_it(three):
    three["rna"].var["highly_variable"] = pd.Series(["True", "False", None, "True"] * 10, three["rna"].var_names)
    spamca.pp.prepare(three, n_comps=5)
    np.testing.assert_array_equal(three["rna"].var["spamca_used"], np.isin(np.arange(40) % 4, [0, 3]))
    three["rna"].var["highly_variable"] = False
    with pytest.raises(ValueError, match="highly_variable.*marks no feature"):
        spamca.pp.prepare(three)


def test_depth_is_that_of_all_genes(three):
    """As in scanpy, where genes are chosen after normalising."""
    rna = three["rna"]
    rna.var["highly_variable"] = np.arange(40) < 20
    spamca.pp.prepare(three, n_comps=5)
    theirs = rna.copy()
    sc.pp.normalize_total(theirs)
    sc.pp.log1p(theirs)
    theirs = theirs[:, :20].copy()
    theirs.X = theirs.X.toarray()
    sc.pp.scale(theirs, max_value=10)
    sc.pp.pca(theirs, n_comps=5, random_state=0)
    scale = np.sqrt(len(rna) / (len(rna) - 1))
    np.testing.assert_allclose(np.abs(rna.obsm["X_pca"]), np.abs(theirs.obsm["X_pca"]) * scale, atol=1e-3)


def test_components_of_the_user_stay(three, caplog):
    """What scanpy left under its names is neither replaced nor taken for ours, however often the modality is prepared."""
    rna = three["rna"]
    rna.obsm["X_pca"] = np.random.default_rng(0).normal(size=(rna.n_obs, 4))
    rna.varm["PCs"], rna.uns["pca"] = np.ones((rna.n_vars, 4)), {"variance": np.ones(4)}
    kept = {"obsm": rna.obsm["X_pca"].copy(), "varm": rna.varm["PCs"].copy()}
    for _ in range(2):
        with caplog.at_level(logging.INFO, logger="spamca"):
            spamca.pp.prepare(three, n_comps=5)
        assert "into obsm['X_spamca_pca'], as obsm or varm hold others under the usual name" in caplog.text
        np.testing.assert_array_equal(rna.obsm["X_pca"], kept["obsm"])
        np.testing.assert_array_equal(rna.varm["PCs"], kept["varm"])
        assert list(rna.uns["pca"]) == ["variance"]
        assert rna.obsm["X_spamca_pca"].shape == (rna.n_obs, 5)
        assert rna.uns["spamca"]["use_rep"] == "X_spamca_pca"
        assert rna.varm["spamca_PCs"].shape == (rna.n_vars, 5)
    spamca.pp.neighbors(three)
    assert rna.uns["spamca"]["use_rep"] == "X_spamca_pca"
    spamca.tl.integrate(three, 2)
    spamca.tl.denoise(three, modalities=["rna"])
    assert "spamca_pca" in rna.uns


def test_own_components_are_replaced(three):
    spamca.pp.prepare(three, n_comps=5)
    spamca.pp.prepare(three, n_comps=4)
    assert three["rna"].obsm["X_pca"].shape[1] == 4
    assert "X_spamca_pca" not in three["rna"].obsm
