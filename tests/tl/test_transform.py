from __future__ import annotations

import logging
import pickle

import mudata
import numpy as np
import pandas as pd
import pytest
import squidpy as sq
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca.tl._transform import FAR

LIGHT = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}
QUICK = {"max_epochs": 2, "progress_bar": False, "settings": LIGHT}  # where the quality of the domains does not matter
SLOTS = ("X_spamca", "spamca_posterior")


@pytest.fixture(scope="module")
def whole():
    """Tissue of which one half is trained on: as a reader gives it."""
    return spamca.datasets.simulated(n_spots=400, n_domains=3, n_features=40, difficulty=0.2)


@pytest.fixture(scope="module")
def left(whole):
    return np.asarray(whole.obsm["spatial"])[:, 0] <= np.median(np.asarray(whole.obsm["spatial"])[:, 0])


@pytest.fixture(scope="module")
def trained(whole, left):
    """The left half after ``integrate`` and ``cluster``."""
    mdata = whole[left].copy()
    spamca.pp.prepare(mdata, n_comps=8)
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, 3, progress_bar=False)
    spamca.tl.cluster(mdata)
    return mdata


@pytest.fixture(scope="module")
def model(trained):
    return spamca.Model.from_mudata(trained)


@pytest.fixture
def new(whole, left):
    """The right half, untouched."""
    return whole[~left].copy()


def truth(mdata):
    return mdata.obs["label"]


def same(one, other):
    return all(np.array_equal(np.asarray(one.obsm[slot]), np.asarray(other.obsm[slot])) for slot in SLOTS)


def test_domains_carry_over(new, model, trained):
    spamca.tl.transform(new, model)
    assert adjusted_rand_score(truth(new), new.obs["spamca"]) > 0.8
    both = pd.concat([trained.obs[["label", "spamca"]], new.obs[["label", "spamca"]]])
    assert adjusted_rand_score(both["label"], both["spamca"].astype(str)) > 0.8, "a domain has one name in both"


@pytest.fixture(scope="module")
def unseen():
    """Tissue of five domains, who of its spots is of the first three, and these after ``integrate`` and ``cluster``."""
    whole = spamca.datasets.simulated(n_spots=900, n_domains=5, n_features=60, difficulty=0.1)
    seen = (whole.obs["label"].cat.codes < 3).to_numpy()
    trained = whole[seen].copy()
    spamca.pp.neighbors(trained)
    spamca.tl.integrate(trained, 3, progress_bar=False)
    spamca.tl.cluster(trained)
    return whole, seen, trained


def test_domains_that_the_training_lacked_are_new(unseen, caplog):
    whole, seen, trained = unseen
    fixed = spamca.tl.transform(whole, trained, adapt=False, copy=True)
    assert list(fixed.obs["spamca"].cat.categories) == ["0", "1", "2"]
    assert fixed.uns["spamca"]["transform"]["n_new_domains"] == 0
    with caplog.at_level(logging.INFO, logger="spamca"):
        new = spamca.tl.transform(whole, trained, copy=True)
    assert "2 domains that the model does not know: 'new 1', 'new 2'" in caplog.text
    assert list(new.obs["spamca"].cat.categories) == ["0", "1", "2", "new 1", "new 2"]
    assert adjusted_rand_score(truth(new), new.obs["spamca"]) > 0.9
    assert adjusted_rand_score(truth(fixed), fixed.obs["spamca"]) < 0.8
    assert (new.obs["spamca"][seen].astype(str) == trained.obs["spamca"].astype(str)).mean() > 0.95
    record = new.uns["spamca"]
    assert record["transform"]["n_new_domains"] == 2
    assert record["cluster"]["n_clusters"] == 5
    assert len(set(new.uns["spamca_colors"])) == 5
    assert new.uns["spamca_colors"][:3] == list(trained.uns["spamca_colors"])
    assert new.obsm["spamca_posterior"].shape == (900, 5)


def test_names_of_new_domains_are_free(unseen):
    whole, _, trained = unseen
    renamed = trained.copy()
    renamed.obs["spamca"] = renamed.obs["spamca"].cat.rename_categories({"1": "new 1"})
    new = spamca.tl.transform(whole, renamed, copy=True)
    assert list(new.obs["spamca"].cat.categories) == ["0", "new 1", "2", "new 2", "new 3"]


def test_file_gives_the_same_new_domains(unseen, tmp_path):
    whole, _, trained = unseen
    spamca.Model.from_mudata(trained).save(tmp_path / "model.safetensors")
    first, again = (spamca.tl.transform(whole, given, copy=True) for given in (trained, tmp_path / "model.safetensors"))
    assert same(first, again)
    first.write(tmp_path / "new.h5mu")
    read = mudata.read_h5mu(tmp_path / "new.h5mu")
    assert list(read.obs["spamca"].cat.categories) == ["0", "1", "2", "new 1", "new 2"]
    spamca.pl.spatial_clusters(read)


def test_domains_do_not_depend_on_the_network(new, model):
    usual = spamca.tl.transform(new, model, copy=True)
    turned = spamca.Model(model.header, dict(model.arrays))
    turned.arrays |= {name: 2 * values for name, values in model.arrays.items() if name.startswith("network.")}
    other = spamca.tl.transform(new, turned, copy=True)
    assert not np.allclose(other.obsm["X_spamca"], usual.obsm["X_spamca"], rtol=0.1)
    np.testing.assert_array_equal(other.obsm["spamca_posterior"], usual.obsm["spamca_posterior"])


def test_weights_are_shares_in_the_domains(new, model):
    spamca.tl.transform(new, model)
    weights = new.obs[["rna:spamca_weight", "protein:spamca_weight"]].to_numpy()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    alone = mudata.MuData({"rna": new["rna"].copy()})
    spamca.tl.transform(alone, model)
    np.testing.assert_allclose(alone.obs["rna:spamca_weight"], 1)


def test_writes_what_it_says(new, model, trained):
    assert spamca.tl.transform(new, model) is None
    n = new.n_obs
    width = trained.obsm["X_spamca"].shape[1]
    assert new.obsm["X_spamca"].shape == (n, width)
    assert new.obsm["X_spamca"].dtype == np.float32
    assert list(new.obs["spamca"].cat.categories) == list(trained.obs["spamca"].cat.categories)
    assert new.uns["spamca_colors"] == list(trained.uns["spamca_colors"])
    posterior = new.obsm["spamca_posterior"]
    np.testing.assert_allclose(posterior.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(new.obs["spamca_confidence"], posterior.max(axis=1))
    weights = new.obs[["rna:spamca_weight", "protein:spamca_weight"]]
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    for modality in new.mod.values():
        assert modality.obsm["X_spamca"].shape == (n, width)
        assert list(modality.obsm["spamca_view_weights"]) == ["spatial"]
        assert modality.obs["spamca"].tolist() == new.obs["spamca"].tolist()
        assert "X_pca" not in modality.obsm
    assert new.obsp["spatial_connectivities"].shape == (n, n)
    assert set(new.obsp) == {"spatial_connectivities", "spatial_distances"}
    record = new.uns["spamca"]
    assert record["transform"]["n_spots_trained"] == trained.n_obs
    assert record["params"]["n_clusters"] == 3
    assert record["cluster"]["n_clusters_from"] == "model"


def test_result_survives_writing(new, model, tmp_path, assert_same):
    spamca.tl.transform(new, model)
    new.write(tmp_path / "new.h5mu")
    assert_same(new, mudata.read_h5mu(tmp_path / "new.h5mu"))


def test_tissue_of_the_training_gets_back_what_it_had(trained, model):
    again = spamca.tl.transform(trained, model, key_added="again", copy=True)
    assert adjusted_rand_score(trained.obs["spamca"], again.obs["again"]) > 0.97
    assert 0.005 < again.uns["again"]["transform"]["share_beyond"] < 0.04
    assert again.uns["again"]["transform"]["n_new_domains"] == 0
    near = np.abs(again.obsm["X_again"] - trained.obsm["X_spamca"]).max(axis=1)
    assert np.median(near) < 0.01


def test_what_an_earlier_training_left_goes(trained, model):
    again = trained.copy()
    spamca.tl.denoise(again)
    again["rna"].obsm["X_spamca_corrected"] = again["rna"].obsm["X_pca"]
    spamca.tl.transform(again, model)
    assert not [key for key in again.obsm if "denoised" in key]
    assert "domains" not in again.uns["spamca"]
    for modality in again.mod.values():
        assert "spamca_denoised" not in modality.layers
        assert "X_spamca_corrected" not in modality.obsm


def test_file_and_mudata_give_the_same_bits(new, model, trained, tmp_path):
    first = spamca.tl.transform(new, model, copy=True)
    model.save(tmp_path / "model.safetensors")
    for given in (tmp_path / "model.safetensors", str(tmp_path / "model.safetensors"), trained):
        again = spamca.tl.transform(new, given, copy=True)
        assert same(first, again)
        np.testing.assert_array_equal(first.obs["spamca_novelty"], again.obs["spamca_novelty"])
    assert "X_spamca" not in new.obsm


def test_novelty_shows_tissue_that_is_far(new, model, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        near = spamca.tl.transform(new, model, copy=True).uns["spamca"]["transform"]
    assert near["share_beyond"] < FAR
    assert "far from" not in caplog.text
    rng = np.random.default_rng(0)
    new["rna"].X = new["rna"].X[:, rng.permutation(new["rna"].n_vars)]
    with caplog.at_level(logging.WARNING, logger="spamca"):
        spamca.tl.transform(new, model)
    far = new.uns["spamca"]["transform"]
    assert far["share_beyond"] > max(0.5, near["share_beyond"] + 0.2)
    assert (new.obs["spamca_novelty"] > 1).mean() == pytest.approx(far["share_beyond"])
    assert "this tissue is far from that of the training" in caplog.text


def test_features_may_come_in_another_order_and_some_be_missing(new, model, caplog):
    whole = spamca.tl.transform(new, model, copy=True)
    rna = new["rna"][:, np.random.default_rng(0).permutation(40)].copy()
    turned = mudata.MuData({"rna": rna, "protein": new["protein"].copy()})
    spamca.tl.transform(turned, model)
    assert (turned.obs["spamca"].astype(str) == whole.obs["spamca"].astype(str)).mean() > 0.99
    part = mudata.MuData({"rna": rna[:, 5:].copy(), "protein": new["protein"].copy()})
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.transform(part, model)
    assert "'rna' lacks 5 of the 40 features of the model" in caplog.text
    assert part.uns["spamca"]["transform"]["missing_features"] == {"rna": 5}
    assert adjusted_rand_score(part.obs["spamca"], whole.obs["spamca"]) > 0.7
    few = mudata.MuData({"rna": rna[:, 30:].copy(), "protein": new["protein"].copy()})
    with pytest.raises(ValueError, match="modality 'rna' lacks 30 of the 40 features of the model"):
        spamca.tl.transform(few, model)
    assert "X_spamca" not in few.obsm


def test_modality_may_be_absent(new, model, caplog):
    part = mudata.MuData({"rna": new["rna"].copy()})
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.transform(part, model)
    assert "modality 'protein' is not there" in caplog.text
    assert list(part.uns["spamca"]["transform"]["absent_modalities"]) == ["protein"]
    np.testing.assert_allclose(part.obs["rna:spamca_weight"], 1)
    assert "protein:spamca_weight" not in part.obs
    assert np.isfinite(part.obsm["X_spamca"]).all()
    assert np.isfinite(part.obs["spamca_novelty"]).all()


def test_spots_may_lack_a_modality(new, model):
    whole = spamca.tl.transform(new, model, copy=True)
    order = np.random.default_rng(0).permutation(np.arange(30, new.n_obs))
    part = mudata.MuData({"rna": new["rna"].copy(), "protein": new["protein"][order].copy()})
    spamca.tl.transform(part, model)
    assert (part.obs["protein:spamca_weight"][:30] == 0).all()
    assert np.isfinite(part.obsm["X_spamca"]).all()
    found = part.obs["spamca"].astype(str).reindex(new.obs_names)
    assert (found == whole.obs["spamca"].astype(str)).mean() > 0.8


def test_modalities_may_come_in_another_order(new, model):
    whole = spamca.tl.transform(new, model, copy=True)
    turned = mudata.MuData({"protein": new["protein"].copy(), "rna": new["rna"].copy()})
    spamca.tl.transform(turned, model)
    np.testing.assert_allclose(turned.obsm["X_spamca"], whole.obsm["X_spamca"], atol=1e-6)
    np.testing.assert_allclose(turned.obs["rna:spamca_weight"], whole.obs["rna:spamca_weight"], atol=1e-6)


def test_unknown_modalities_are_passed_over(new, model, caplog):
    other = new["rna"].copy()
    other.var_names = "other " + other.var_names
    extra = mudata.MuData({"rna": new["rna"].copy(), "protein": new["protein"].copy(), "other": other.copy()})
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.transform(extra, model)
    assert "does not know modalities ['other']" in caplog.text
    assert extra["other"].obs["spamca"].notna().all()
    extra.obs["other:spamca_weight"] = extra["other"].obs["spamca_weight"] = (
        0.5  # as a training that knew it would leave
    )
    spamca.tl.transform(extra, model)
    assert "other:spamca_weight" not in extra.obs
    assert "spamca_weight" not in extra["other"].obs
    only = mudata.MuData({"other": other.copy()})
    with pytest.raises(ValueError, match=r"mdata has modalities \['other'\], but the model knows only"):
        spamca.tl.transform(only, model)
    some = mudata.MuData({"rna": new["rna"][:50].copy(), "other": other})
    with pytest.raises(ValueError, match="spots have none of the modalities"):
        spamca.tl.transform(some, model)


def test_spatial_graph_of_the_user_stays(new, model):
    sq.gr.spatial_neighbors_knn(new["rna"])
    before = new["rna"].obsp["spatial_connectivities"].copy()
    spamca.tl.transform(new, model)
    assert (new["rna"].obsp["spatial_connectivities"] != before).nnz == 0


@pytest.mark.parametrize("method", ["leiden", "kmeans"])
def test_other_readouts(trained, new, method):
    mdata = trained.copy()
    spamca.tl.cluster(mdata, method=method, refine=method == "kmeans")
    spamca.tl.transform(new, mdata)
    assert new.uns["spamca"]["cluster"]["method"] == method
    again = trained.copy()
    spamca.tl.transform(again, mdata)
    assert adjusted_rand_score(mdata.obs["spamca"], again.obs["spamca"]) > 0.7


def test_domains_of_an_embedding(trained, new):
    mdata = trained.copy()
    spamca.tl.integrate(mdata, 3, preset="paper", **QUICK | {"settings": None})
    spamca.tl.cluster(mdata)
    spamca.tl.transform(new, mdata)
    assert np.isfinite(new.obsm["X_spamca"]).all()
    assert new.uns["spamca"]["transform"]["share_beyond"] < FAR
    assert new.uns["spamca"]["transform"]["n_new_domains"] == 0
    assert "moved" not in new.uns["spamca"]["transform"]
    assert new.uns["spamca"]["cluster"]["method"] == "mixture"


def test_mixture_in_the_default_embedding(trained, new):
    mdata = trained.copy()
    spamca.tl.cluster(mdata, 3, method="mixture")
    spamca.tl.transform(new, mdata)
    assert new.uns["spamca"]["cluster"]["method"] == "mixture"
    again = trained.copy()
    spamca.tl.transform(again, mdata)
    assert adjusted_rand_score(mdata.obs["spamca"], again.obs["spamca"]) > 0.9


def noise(*tissues):
    rng = np.random.default_rng(0)
    for tissue in tissues:
        for modality in tissue.mod.values():
            modality.obsm["noise"] = rng.normal(size=(modality.n_obs, 5)).astype(np.float32)


def test_noise_alone_has_no_novelty(trained, new, caplog):
    mdata = trained.copy()
    noise(mdata, new)
    spamca.pp.neighbors(mdata, use_rep="noise")
    spamca.tl.integrate(mdata, 3, **QUICK)
    spamca.tl.cluster(mdata, method="mixture")
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.transform(new, mdata)
    assert new.obs["spamca_novelty"].isna().all()
    assert "share_beyond" not in new.uns["spamca"]["transform"]
    assert "so novelty is not known" in caplog.text


def test_model_of_no_domains_is_refused(trained, new):
    mdata = trained.copy()
    noise(mdata)
    spamca.pp.neighbors(mdata, use_rep="noise")
    spamca.tl.integrate(mdata, 3, **QUICK)
    with pytest.raises(ValueError, match="neighbours share nothing in any modality"):
        spamca.tl.transform(new, mdata)
    assert "X_spamca" not in new.obsm


def test_features_of_the_user(trained, new):
    mdata = trained.copy()
    for tissue in (mdata, new):
        for modality in tissue.mod.values():
            modality.obsm["own"] = np.log1p(modality.X[:, :10].toarray())
    spamca.pp.neighbors(mdata, use_rep="own")
    spamca.tl.integrate(mdata, 3, **QUICK)
    spamca.tl.cluster(mdata)
    spamca.tl.transform(new, mdata)
    assert np.isfinite(new.obsm["X_spamca"]).all()
    new["rna"].obsm["own"] = new["rna"].obsm["own"][:, :9]
    with pytest.raises(
        ValueError, match=r"mdata\['rna'\].obsm\['own'\] has 9 columns, and the model was trained on 10"
    ):
        spamca.tl.transform(new, mdata)
    del new["rna"].obsm["own"]
    with pytest.raises(KeyError, match="use_rep='own' is not in mdata"):
        spamca.tl.transform(new, mdata)


def test_sections(trained, new):
    mdata = trained.copy()
    for tissue in (mdata, new):
        tissue.obs["slide"] = np.where(np.arange(tissue.n_obs) % 2, "a", "b")
    spamca.pp.neighbors(mdata, library_key="slide")
    spamca.tl.integrate(mdata, 3, **QUICK)
    spamca.tl.cluster(mdata)
    parted = spamca.tl.transform(new, mdata, copy=True)
    assert parted.uns["spatial_neighbors"]["params"]["library_key"] == "slide"
    edges = parted.obsp["spatial_connectivities"].tocoo()
    assert (edges.row % 2 == edges.col % 2).all()
    whole = spamca.tl.transform(new, mdata, library_key=None, copy=True)
    assert "library_key" not in whole.uns["spatial_neighbors"]["params"]
    del new.obs["slide"]
    spamca.tl.transform(new, mdata)
    assert "library_key" not in new.uns["spatial_neighbors"]["params"]


def test_sections_of_new_tissue_that_overlap_are_found(new, model):
    new.obs["sample"] = np.where(np.arange(new.n_obs) % 2, "a", "b")
    place = new.obsm["spatial"].copy()
    place[1::2] = place[::2][: len(place[1::2])] + 1 / 7
    for holder in (new, *new.mod.values()):
        holder.obsm["spatial"] = place
    named = spamca.tl.transform(new, model, library_key="sample", copy=True)
    found = spamca.tl.transform(new, model, copy=True)
    assert (found.obsp["spatial_connectivities"] != named.obsp["spatial_connectivities"]).nnz == 0
    np.testing.assert_array_equal(found.obs["spamca"], named.obs["spamca"])
    del new.obs["sample"]
    with pytest.raises(ValueError, match="spots lie on nearly one point"):
        spamca.tl.transform(new, model)


def test_small_sections_do_not_thin_the_graph_of_others(new, model):
    new.obs["slide"] = np.where(np.arange(new.n_obs) < 2, "small", "large")
    spamca.tl.transform(new, model, library_key="slide")
    n_neighbors = np.diff(new.obsp["spatial_connectivities"].indptr)
    assert set(n_neighbors[:2]) == {1}
    assert n_neighbors[2:].min() >= 6


def test_graph_of_the_user(trained, new):
    mdata = trained.copy()
    sq.gr.spatial_neighbors_knn(mdata, n_neighs=4, key_added="mine")
    spamca.pp.neighbors(mdata, spatial_graph="mine")
    spamca.tl.integrate(mdata, 3, **QUICK)
    spamca.tl.cluster(mdata)
    with pytest.raises(KeyError, match="trained on a spatial graph that the user made, 'mine'"):
        spamca.tl.transform(new, mdata)
    assert "spamca" not in new.uns
    sq.gr.spatial_neighbors_knn(new, n_neighs=4, key_added="mine")
    spamca.tl.transform(new, mdata)
    assert new.obs["spamca"].notna().all()


def test_large_tissue_is_embedded_in_parts(new, model, monkeypatch):
    whole = spamca.tl.transform(new, model, copy=True)
    monkeypatch.setattr("spamca.nn.Settings.whole_tissue", 10)
    monkeypatch.setattr("spamca.nn.Settings.spots_per_batch", 60)
    spamca.tl.transform(new, model)
    np.testing.assert_allclose(new.obsm["X_spamca"], whole.obsm["X_spamca"], atol=1e-4)


def test_large_matrices_are_treated_in_parts(new, model, monkeypatch):
    whole, parts = new.copy(), new.copy()
    spamca.tl.transform(whole, model)
    monkeypatch.setattr("spamca.features._blocks.LARGE", 100)
    monkeypatch.setattr("spamca.tl._new_tissue._SPOTS", 30)
    spamca.tl.transform(parts, model)
    np.testing.assert_allclose(parts.obs["spamca_novelty"], whole.obs["spamca_novelty"], rtol=1e-3)
    np.testing.assert_allclose(parts.obsm["X_spamca"], whole.obsm["X_spamca"], atol=1e-4)


def test_result_can_be_worked_with(new, model):
    spamca.tl.transform(new, model)
    spamca.tl.transform(new, model)
    spamca.pl.spatial_clusters(new)
    sq.gr.interaction_matrix(new, cluster_key="spamca")
    spamca.tl.cluster(new, 3, key_added="spamca")
    spamca.tl.integrate(new, 3, **QUICK)
    assert "spamca_novelty" not in new.obs
    assert "transform" not in new.uns["spamca"]


class Trap:
    def __reduce__(self):
        return pytest.fail, ("something in the file was run",)


def test_failed_calls_leave_the_tissue(new, model, tmp_path, monkeypatch, assert_same):
    before = new.copy()
    with pytest.raises(TypeError, match="model must be a spamca.Model"):
        spamca.tl.transform(new, 3)
    with pytest.raises(FileNotFoundError, match="no file"):
        spamca.tl.transform(new, tmp_path / "none.safetensors")
    (tmp_path / "trap.safetensors").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="trap.safetensors"):
        spamca.tl.transform(new, tmp_path / "trap.safetensors")
    with pytest.raises(ValueError, match="random_state"):
        spamca.tl.transform(new, model, random_state=-1)
    with pytest.raises(TypeError, match="adapt"):
        spamca.tl.transform(new, model, adapt="yes")
    with pytest.raises(KeyError, match="no coordinates"):
        spamca.tl.transform(new, model, spatial_key="none")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("spamca._edge.drop_pulled", interrupted)
    with pytest.raises(KeyboardInterrupt):
        spamca.tl.transform(new, model)
    assert_same(before, new)


def test_logarithms_are_refused_where_the_training_saw_counts(new, model):
    new["rna"].X = new["rna"].X.log1p()
    with pytest.raises(ValueError, match="'rna' cannot be prepared as the model was: it holds logarithms of counts"):
        spamca.tl.transform(new, model)


@pytest.mark.parametrize("n_spots", [3, 5])
def test_tissue_of_a_few_spots(model, n_spots):
    few = spamca.datasets.simulated(n_spots=60, random_state=0)[:n_spots].copy()
    spamca.tl.transform(few, model)
    assert few.obs["spamca"].notna().all()


def test_feature_graphs_are_built_in_the_precision_of_the_features(tissue):
    """Features of the user's in float64, with ties that float32 would break."""
    spamca.pp.prepare(tissue)
    for modality in tissue.mod.values():
        rounded = np.rint(modality.obsm["X_pca"][:, :3]).astype(np.float64)
        modality.obsm["given"] = rounded / 3 + 1e-9 * np.random.default_rng(0).random(rounded.shape)
    spamca.pp.neighbors(tissue, use_rep="given", feature_graphs=True)
    settings = {"views": ("spatial", "feature"), "start": "random", "fusion": "attention", "n_steps": 2}
    spamca.tl.integrate(tissue, n_clusters=3, settings=settings, progress_bar=False)
    trained = tissue.obsm["X_spamca"].copy()
    spamca.tl.transform(tissue, spamca.Model.from_mudata(tissue))
    np.testing.assert_allclose(tissue.obsm["X_spamca"], trained, atol=1e-5)
