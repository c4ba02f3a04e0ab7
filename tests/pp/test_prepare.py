"""``pp.prepare``."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import spamca


@pytest.fixture
def three():
    return spamca.datasets.simulated(n_spots=100, n_domains=3, n_features=40, modalities=("rna", "protein", "atac"))


def test_writes_by_kind(three):
    spamca.pp.prepare(three, n_components=8)
    for name, key, loadings in (("rna", "X_pca", "PCs"), ("protein", "X_pca", "PCs"), ("atac", "X_lsi", "LSI")):
        modality = three[name]
        assert modality.obsm[key].shape == (100, 8)
        assert modality.varm[loadings].shape == (40, 8)
        record = modality.uns["spamca"]
        assert (record["kind"], record["use_rep"]) == (name, key)
        assert "components" in record["steps"]
        assert modality.uns[key[2:]]["variance_ratio"].shape == (8,)
    assert three["rna"].var["highly_variable"].dtype == bool
    assert "highly_variable" not in three["protein"].var


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
        spamca.pp.prepare(three, kinds={"atac": "generic"}, n_components=5)
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
    spamca.pp.prepare(three, n_top_genes=20, n_components=5)
    assert three["rna"].var["highly_variable"].sum() == pytest.approx(20, abs=2)


def test_rest_of_scanpy_finds_it(three):
    import scanpy as sc

    spamca.pp.prepare(three, n_components=5)
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
        spamca.pp.prepare(three, n_components=5)
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
        spamca.pp.prepare(three, n_components=5)
    assert "feature_neighbors" in three["rna"].uns
    assert "feature_neighbors_distances" in three["rna"].obsp
