from __future__ import annotations

import logging
from pathlib import Path

import mudata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import squidpy as sq
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca import _edge
from spamca.domains import DomainSettings
from spamca.model.domains import find_domains
from spamca.nn import Settings
from spamca.tissue import read

# A search for domains and a training that take a fraction of the time, where their quality does not matter.
LIGHT = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}
QUICK = {"max_epochs": 3, "progress_bar": False, "settings": LIGHT}


def test_writes_what_it_says(integrated):
    n, width = integrated.n_obs, sum(modality.obsm["X_pca"].shape[1] for modality in integrated.mod.values())
    shape = (n, min(Settings().n_latent, width))
    assert integrated.obsm["X_spamca"].shape == shape
    assert integrated.obsm["X_spamca"].dtype == np.float32
    weights = integrated.obs[["rna:spamca_weight", "protein:spamca_weight"]].to_numpy()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    for name, modality in integrated.mod.items():
        assert modality.obsm["X_spamca"].shape == shape
        np.testing.assert_array_equal(modality.obs["spamca_weight"], integrated.obs[f"{name}:spamca_weight"])
        views = modality.obsm["spamca_view_weights"]
        assert isinstance(views, pd.DataFrame)
        assert list(views) == ["spatial"]
        np.testing.assert_allclose(views.sum(axis=1), 1, rtol=1e-5)


def test_record(integrated):
    record = integrated.uns["spamca"]
    assert record["params"]["n_clusters"] == 3
    assert record["params"]["preset"] == "default"
    assert record["params"]["max_epochs"] == 20
    assert record["random_state"] == 0
    assert record["history"]["total"].shape == (20,)
    assert record["versions"]["spamca"] == spamca.__version__


def test_survives_writing(integrated, tmp_path: Path):
    integrated.write(tmp_path / "integrated.h5mu")
    read = mudata.read_h5mu(tmp_path / "integrated.h5mu")
    np.testing.assert_array_equal(read.obsm["X_spamca"], integrated.obsm["X_spamca"])
    for name, losses in integrated.uns["spamca"]["history"].items():
        np.testing.assert_array_equal(read.uns["spamca"]["history"][name], losses)
    assert {key: read.uns["spamca"]["params"][key] for key in ("n_clusters", "preset", "mask_rate")} == {
        "n_clusters": 3,
        "preset": "default",
        "mask_rate": 0.2,
    }
    pd.testing.assert_frame_equal(
        read["rna"].obsm["spamca_view_weights"], integrated["rna"].obsm["spamca_view_weights"], check_names=False
    )


@pytest.mark.slow
def test_same_seed_is_bit_identical(with_graphs):
    first, second, other = (
        spamca.tl.integrate(with_graphs, 3, random_state=seed, copy=True, **QUICK).obsm["X_spamca"]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_copy_leaves_the_original(with_graphs):
    assert spamca.tl.integrate(with_graphs, 3, copy=True, **QUICK) is not with_graphs
    assert "X_spamca" not in with_graphs.obsm
    assert spamca.tl.integrate(with_graphs, 3, **QUICK) is None
    assert "X_spamca" in with_graphs.obsm


def test_runs_neighbors_where_they_are_missing(tissue, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.integrate(tissue, 3, **QUICK)
    assert "neighbors: no features yet, 'rna' prepared from X" in caplog.text
    assert "spatial_connectivities" in tissue.obsp


def test_number_of_clusters_may_be_left_out(with_graphs, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.integrate(with_graphs, **QUICK)
    params = with_graphs.uns["spamca"]["params"]
    assert not params["n_clusters_given"]
    assert params["n_clusters"] == 3
    assert "integrate: estimated 3 domains between 2 and " in caplog.text
    assert with_graphs.uns["spamca"]["cluster"]["n_clusters_from"] == "estimate"


def test_key_added_names_everything(with_graphs):
    spamca.tl.integrate(with_graphs, 3, key_added="second", **QUICK)
    assert "X_second" in with_graphs.obsm
    assert "rna:second_weight" in with_graphs.obs
    assert "second" in with_graphs.uns
    assert "X_spamca" not in with_graphs.obsm


@pytest.mark.slow
def test_settings_of_the_search_change_the_domains_and_are_kept(with_graphs, tmp_path: Path):
    """They are recorded where they differ from the defaults, and used wherever the domains are used later."""
    usual = spamca.tl.integrate(with_graphs, 3, copy=True, max_epochs=0, progress_bar=False)
    assert not set(DomainSettings.__dataclass_fields__) & set(usual.uns["spamca"]["params"])
    given = {"scales": (1, 2), "noise": 2.0, "novelty_quantile": 0.9, "min_spots": 20}  # of the search
    given |= {"n_latent": 5, "spatial_scales": (0, 1)}  # of the network
    spamca.tl.integrate(with_graphs, 3, settings=given, max_epochs=0, progress_bar=False)
    assert not np.array_equal(with_graphs.obsm["spamca_posterior"], usual.obsm["spamca_posterior"])
    assert with_graphs.obsm["X_spamca"].shape[1] == 5
    params = with_graphs.uns["spamca"]["params"]
    assert (params["scales"], params["noise"], params["spatial_scales"]) == ([1, 2], 2.0, [0, 1])
    assert "min_spots" not in params, "that is the default"
    first, second = with_graphs.uns["spamca"], usual.uns["spamca"]
    assert first["unexplained"]["rna"] < second["unexplained"]["rna"], "90 % lie within less than 99 % do"

    with_graphs.write(tmp_path / "tissue.h5mu")
    read = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    spamca.tl.cluster(read, 3)
    np.testing.assert_array_equal(read.obsm["spamca_posterior"], with_graphs.obsm["spamca_posterior"])
    spamca.Model.from_mudata(read).save(tmp_path / "model.safetensors")
    model = spamca.Model.load(tmp_path / "model.safetensors")
    assert model.settings.n_latent == 5
    assert model.domain_settings == DomainSettings(scales=(1, 2), noise=2.0, novelty_quantile=0.9)
    assert model.emissions.settings == model.domain_settings
    spamca.tl.denoise(read)
    again = spamca.tl.transform(with_graphs, model, copy=True)
    assert {name: again.uns["spamca"]["params"][name] for name in ("scales", "noise")} == {
        "scales": [1, 2],
        "noise": 2.0,
    }
    assert again.uns["spamca"]["transform"]["share_beyond"] > 0.05, "novelty is in units of the 90 % quantile"


def test_paper_preset_is_normalised(with_graphs):
    spamca.tl.integrate(with_graphs, 3, preset="paper", **QUICK | {"settings": None})
    np.testing.assert_allclose(np.linalg.norm(with_graphs.obsm["X_spamca"], axis=1), 1, rtol=1e-5)


def test_one_modality(with_graphs):
    mdata = mudata.MuData({"rna": with_graphs["rna"].copy()})
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, 3, **QUICK)
    np.testing.assert_array_equal(mdata.obs["rna:spamca_weight"], 1)


@pytest.mark.slow
def test_units_of_a_modality_do_not_matter(with_graphs):
    scaled = with_graphs.copy()
    scaled["protein"].obsm["X_pca"] = scaled["protein"].obsm["X_pca"] * 1000
    for mdata in (with_graphs, scaled):
        spamca.tl.integrate(mdata, 3, **QUICK)
    np.testing.assert_allclose(scaled.obsm["X_spamca"], with_graphs.obsm["X_spamca"], rtol=1e-2, atol=2e-3)


def test_squidpy_finds_the_spatial_graph_of_a_modality(integrated):
    sq.gr.spatial_autocorr(integrated["rna"], mode="moran", genes=["gene1"], show_progress_bar=False)
    assert integrated["rna"].uns["moranI"]["I"].notna().all()


def test_neighbours_of_the_embedding_are_the_users(with_graphs, caplog):
    """None are written; those of an embedding that is replaced go, in modalities too, and others stay."""
    spamca.tl.integrate(with_graphs, 3, **QUICK)
    assert set(with_graphs.obsp) == {"spatial_connectivities", "spatial_distances"}
    assert "neighbors" not in with_graphs.uns
    rna, how = with_graphs["rna"], {"method": "gauss", "transformer": "sklearn"}
    sc.pp.neighbors(with_graphs, use_rep="X_spamca", **how)
    sc.pp.neighbors(rna, use_rep="X_spamca", key_added="mine", **how)
    sc.pp.neighbors(rna, use_rep="X_pca", **how)
    spamca.tl.integrate(with_graphs, 3, key_added="other", **QUICK)
    spamca.tl.cluster(with_graphs, 2)
    theirs, kept = rna.obsp["connectivities"], rna.uns["neighbors"]
    assert {"neighbors", "mine"} <= {*with_graphs.uns, *rna.uns}
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.integrate(with_graphs, 3, **QUICK)
    assert "integrate: removing the neighbours ['neighbors', 'mine'] of the earlier embedding 'X_spamca'" in caplog.text
    assert set(with_graphs.obsp) == {"spatial_connectivities", "spatial_distances"}
    assert set(rna.obsp) == {"spatial_connectivities", "connectivities", "distances"}
    assert "neighbors" not in with_graphs.uns
    assert "mine" not in rna.uns
    assert rna.uns["neighbors"] is kept
    assert rna.obsp["connectivities"] is theirs


@pytest.mark.slow
def test_rows_are_matched_by_name(with_graphs):
    """Modalities in different orders give what modalities in one order give."""
    order = np.random.default_rng(0).permutation(with_graphs.n_obs)
    shuffled = mudata.MuData({"rna": with_graphs["rna"].copy(), "protein": with_graphs["protein"][order].copy()})
    for key in ("spatial_connectivities", "spatial_distances"):
        shuffled.obsp[key] = with_graphs.obsp[key]
    for mdata in (with_graphs, shuffled):
        spamca.tl.integrate(mdata, 3, **QUICK)
    np.testing.assert_allclose(shuffled.obsm["X_spamca"], with_graphs.obsm["X_spamca"], rtol=1e-4, atol=1e-5)
    by_name = pd.Series(with_graphs.obs["protein:spamca_weight"], with_graphs.obs_names)
    np.testing.assert_allclose(
        shuffled["protein"].obs["spamca_weight"], by_name[shuffled["protein"].obs_names], rtol=1e-4
    )


def test_spot_may_lack_a_modality(tissue):
    part = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][20:].copy()})
    spamca.tl.integrate(part, 3, **QUICK)
    lacking = ~part.obs_names.isin(part["protein"].obs_names)
    assert lacking.sum() == 20
    assert (part.obs.loc[lacking, "protein:spamca_weight"] == 0).all()
    np.testing.assert_allclose(part.obs.loc[lacking, "rna:spamca_weight"], 1, rtol=1e-6)
    assert np.isfinite(part.obsm["X_spamca"]).all()


@pytest.mark.parametrize("which", ["few", "half", "side"])
@pytest.mark.slow
def test_domains_where_a_modality_is_missing(tissue, which):
    """A few spots, every other one, or all of one side lack protein, and its rows are in an order of their own."""
    rng, x = np.random.default_rng(0), tissue.obsm["spatial"][:, 0]
    rows = {"few": np.arange(5, 225), "half": np.arange(0, 225, 2), "side": np.flatnonzero(x > np.quantile(x, 0.3))}
    rows = rng.permutation(rows[which])
    part = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][rows].copy()})
    spamca.tl.integrate(part, 3, progress_bar=False)
    has = part.obs_names.isin(part["protein"].obs_names)
    assert has.sum() == len(rows)
    np.testing.assert_array_equal(part.obs["protein:spamca_weight"] > 0, has)
    np.testing.assert_allclose(part.obs.loc[~has, "rna:spamca_weight"], 1, rtol=1e-6)
    truth = tissue.obs["label"].astype(str)[part.obs_names]
    assert adjusted_rand_score(truth, part.obs["spamca"]) > 0.75
    if which != "side":  # there RNA alone has to tell apart domains that it is blind to
        assert adjusted_rand_score(truth[~has], part.obs["spamca"][~has]) > 0.6


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"preset": "papier"}, ValueError, "preset.*papier"),
        (
            {"settings": {"epochs": 3}},
            ValueError,
            "settings must be one of 'start', .*'min_autocorrelation', .*got 'epochs'",
        ),
        ({"settings": {"scales": 2}}, TypeError, r"settings\['scales'\] must be a tuple .*\(1, 2, 4, 8\), got 2"),
        ({"settings": {"scales": (1, 2.5)}}, TypeError, r"settings\['scales'\] must be an integer, got 2.5"),
        ({"settings": {"n_starts": 0}}, ValueError, r"settings\['n_starts'\] must be at least 1, got 0"),
        ({"settings": {"noise": "much"}}, TypeError, r"settings\['noise'\] must be a number, got 'much'"),
        ({"settings": {"coherence": 100}}, ValueError, r"settings\['coherence'\] must lie between 0 and 40, got 100"),
        ({"settings": {"noise": float("inf")}}, ValueError, r"settings\['noise'\] must lie between .*got inf"),
        ({"settings": {"views": [["spatial"]]}}, ValueError, r"views must be some of .*\[\['spatial'\]\]"),
        ({"preset": "paper", "settings": {"coherence": 9.0}}, ValueError, "settings .*'coherence'.* for domains"),
        ({"settings": {"scales": (2, 1)}}, ValueError, r"settings\['scales'\] must rise.*\(2, 1\)"),
        ({"settings": {"novelty_quantile": 2.0}}, ValueError, r"settings\['novelty_quantile'\] must lie .*got 2.0"),
        ({"settings": {"noise": -1.0}}, ValueError, r"settings\['noise'\] must lie between 0 .*got -1.0"),
        ({"settings": {"fusion": "product"}}, ValueError, "fusion.*product"),
        ({"settings": {"n_latent": None}}, ValueError, "n_latent.*None"),
        ({"settings": 3}, TypeError, "settings.*3"),
        ({"max_epochs": -1}, ValueError, "max_epochs.*-1"),
        ({"max_epochs": 2.5}, TypeError, "max_epochs.*2.5"),
        ({"n_clusters": 0}, ValueError, "n_clusters.*0"),
        ({"n_clusters": 226}, ValueError, "n_clusters.*226"),
        ({"key_added": "rna"}, ValueError, "key_added.*rna"),
        ({"key_added": "label"}, ValueError, "key_added.*label"),
        ({"accelerator": "abacus"}, ValueError, "accelerator.*abacus"),
        ({"devices": 0}, ValueError, "devices.*0"),
        ({"devices": []}, ValueError, "devices.*\\[\\]"),
        ({"devices": True}, ValueError, "devices.*True"),
        ({"strategy": "fsdp"}, ValueError, "strategy.*fsdp"),
        ({"batch_size": 5}, ValueError, "batch_size.*64.*5"),
        ({"batch_size": "all"}, TypeError, "batch_size.*'all'"),
        ({"checkpoint": 3}, TypeError, "checkpoint.*3"),
        ({"checkpoint": "/no/such/folder/a.ckpt"}, ValueError, "checkpoint=.*such"),
        ({"precision": "64"}, ValueError, "precision.*64"),
        ({"random_state": "a"}, TypeError, "random_state.*a"),
        ({"random_state": -1}, ValueError, "random_state.*-1"),
        ({"modality_trust": {"atac": 1}}, KeyError, "modality_trust.*atac"),
        ({"modality_trust": {"rna": 2}}, ValueError, "modality_trust.*rna.*2"),
        ({"modality_trust": {"rna": 0, "protein": 0}}, ValueError, "modality_trust.*at least one"),
        ({"modality_trust": 0.5}, TypeError, "modality_trust.*0.5"),
        ({"preset": "paper", "modality_trust": {"rna": 0.5}}, ValueError, "modality_trust=.*0.5.*is for domains"),
        ({"settings": {"views": ()}}, ValueError, "views.*\\(\\)"),
        ({"settings": {"views": ("spatial", "x")}}, ValueError, "views.*'x'"),
        ({"settings": {"views": "spatial"}}, TypeError, "views.*'spatial'"),
    ],
)
def test_bad_arguments(with_graphs, arguments, error, says):
    with pytest.raises(error, match=says):
        spamca.tl.integrate(with_graphs, **arguments)
    assert "X_spamca" not in with_graphs.obsm


def test_two_spots_are_too_few(tissue):
    small = mudata.MuData({name: modality[:2].copy() for name, modality in tissue.mod.items()})
    with pytest.raises(ValueError, match="at least 3 spots.* 2"):
        spamca.tl.integrate(small, 2)


def test_graphs_for_a_part_are_not_replaced(with_graphs):
    spatial = with_graphs.obsp["spatial_connectivities"]
    del with_graphs["protein"].uns["spamca"]
    with pytest.raises(ValueError, match=r"\['protein'\].*spamca.pp.neighbors"):
        spamca.tl.integrate(with_graphs, 3, **QUICK)
    assert with_graphs.obsp["spatial_connectivities"] is spatial


def test_paper_preset_refuses_missing_modalities(tissue):
    part = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][20:].copy()})
    with pytest.raises(ValueError, match="20 spots lack"):
        spamca.tl.integrate(part, 3, preset="paper", **QUICK | {"settings": None})
    assert "X_spamca" not in part.obsm


@pytest.mark.slow
def test_paper_preset_trains_to_the_end(with_graphs):
    paper = {"preset": "paper", "max_epochs": 70, "settings": {"learning_rate": 1e-9}}
    spamca.tl.integrate(with_graphs, 3, progress_bar=False, **paper)
    assert len(with_graphs.uns["spamca"]["history"]["total"]) == 70


def test_copies_hold_no_stale_domains(integrated):
    first = integrated.copy()  # which lets mudata 0.3 pull the columns of the modalities
    spamca.tl.cluster(first, 2)
    again = spamca.tl.cluster(first, 3, copy=True)
    assert again.obs["spamca"].nunique() == 3
    assert not [column for column in again.obs if column.endswith(":spamca")]


def test_interrupted_training_leaves_no_trace(tissue, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    before = set(tissue.obsm), set(tissue.obsp), set(tissue.uns), set(tissue["rna"].obsm), list(tissue.obs)
    monkeypatch.setattr("spamca.train.plan.TrainingPlan.training_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        spamca.tl.integrate(tissue, 3, **QUICK)
    after = set(tissue.obsm), set(tissue.obsp), set(tissue.uns), set(tissue["rna"].obsm), list(tissue.obs)
    assert before == after


@pytest.mark.parametrize("views", [("spatial",), ("feature",), ("feature", "spatial")])
@pytest.mark.slow
def test_views(with_graphs, tmp_path: Path, views):
    network = {"views": views, "start": "random", "fusion": "attention"}
    spamca.tl.integrate(with_graphs, 3, **QUICK | {"settings": LIGHT | network})
    columns = [view for view in ("spatial", "feature") if view in views]
    for modality in with_graphs.mod.values():
        weights = modality.obsm["spamca_view_weights"]
        assert list(weights) == columns
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    with_graphs.write(tmp_path / "views.h5mu")
    read = mudata.read_h5mu(tmp_path / "views.h5mu")
    assert list(read.uns["spamca"]["params"]["views"]) == list(views)
    pd.testing.assert_frame_equal(
        read["rna"].obsm["spamca_view_weights"], with_graphs["rna"].obsm["spamca_view_weights"], check_names=False
    )


def test_preset_of_the_paper_leaves_the_number_open_and_finds_no_domains(with_graphs, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.integrate(with_graphs, preset="paper", **QUICK | {"settings": None})
    assert with_graphs.uns["spamca"]["params"]["n_clusters"] is None
    assert "n_clusters not given" in caplog.text
    assert "spamca" not in with_graphs.obs
    assert not {"domains", "cluster"} & set(with_graphs.uns["spamca"])
    spamca.tl.cluster(with_graphs, 3)
    assert with_graphs.uns["spamca"]["cluster"]["method"] == "mixture"


def test_domains_are_written(with_graphs):
    spamca.tl.integrate(with_graphs, 3, max_epochs=0, progress_bar=False)
    found = find_domains(read(with_graphs), 3, None, random_state=0)
    labels, posterior = with_graphs.obs["spamca"], with_graphs.obsm["spamca_posterior"]
    assert list(labels.cat.categories) == ["0", "1", "2"]
    np.testing.assert_array_equal(labels.cat.codes, found.assignment.argmax(axis=1))
    np.testing.assert_array_equal(posterior, found.assignment)
    np.testing.assert_array_equal(with_graphs.obs["spamca_confidence"], found.assignment.max(axis=1))
    np.testing.assert_array_equal(with_graphs.obs[["rna:spamca_weight", "protein:spamca_weight"]], found.shares)
    record = with_graphs.uns["spamca"]["domains"]
    names = ("rna", "protein")
    assert record["weights"] == dict(zip(names, found.weights, strict=True))
    assert record["inflation"] == dict(zip(names, found.inflation, strict=True))
    assert record["hops"] == list(found.hops)
    assert {name: record[name] for name in found.record} == found.record
    cluster = with_graphs.uns["spamca"]["cluster"]
    assert cluster == {
        "method": "field",
        "n_clusters": 3,
        "n_clusters_from": "argument",
        "n_found": 3,
        "refine": False,
        "random_state": 0,
    }
    assert len(with_graphs.uns["spamca_colors"]) == 3
    assert "modality_trust" not in with_graphs.uns["spamca"]["params"]
    for name, modality in with_graphs.mod.items():
        pd.testing.assert_series_equal(modality.obs["spamca"], labels)
        np.testing.assert_array_equal(modality.obs["spamca_weight"], with_graphs.obs[f"{name}:spamca_weight"])
    assert adjusted_rand_score(with_graphs.obs["label"], labels) > 0.8


def test_embedding_does_not_depend_on_the_domains(with_graphs):
    first, second = (spamca.tl.integrate(with_graphs, k, copy=True, **QUICK) for k in (2, 3))
    assert first.obs["spamca"].nunique() < second.obs["spamca"].nunique()
    np.testing.assert_array_equal(first.obsm["X_spamca"], second.obsm["X_spamca"])


def test_domains_survive_writing(with_graphs, tmp_path: Path):
    spamca.tl.integrate(with_graphs, 3, modality_trust={"protein": 0.5}, **QUICK)
    with_graphs.write(tmp_path / "domains.h5mu")
    read = mudata.read_h5mu(tmp_path / "domains.h5mu")
    pd.testing.assert_frame_equal(
        read.obsm["spamca_posterior"], with_graphs.obsm["spamca_posterior"], check_names=False
    )
    assert read.uns["spamca"]["params"]["modality_trust"] == {"protein": 0.5}
    domains = with_graphs.uns["spamca"]["domains"]
    assert read.uns["spamca"]["domains"]["weights"] == domains["weights"]
    assert read.uns["spamca"]["domains"]["inflation"] == domains["inflation"]
    spamca.tl.cluster(read)
    np.testing.assert_array_equal(read.obs["spamca"].cat.codes, with_graphs.obs["spamca"].cat.codes)


def test_new_domains_replace_the_old(integrated):
    spamca.tl.integrate(integrated, 2, **QUICK)
    for holder in (integrated, *integrated.mod.values()):
        assert list(holder.obs["spamca"].cat.categories) == ["0", "1"]
    assert integrated.obsm["spamca_posterior"].shape == (225, 2)
    assert len(integrated.uns["spamca_colors"]) == 2


def test_published_embedding_drops_the_domains_of_the_old(integrated):
    spamca.tl.integrate(integrated, 3, preset="paper", **QUICK | {"settings": None})
    for holder in (integrated, *integrated.mod.values()):
        assert "spamca" not in holder.obs
        assert "spamca_confidence" not in holder.obs
    assert "spamca_posterior" not in integrated.obsm


def test_trust_is_recorded_and_used(with_graphs):
    given = {"protein": 0}
    spamca.tl.integrate(with_graphs, 3, modality_trust=given, **QUICK)
    record = with_graphs.uns["spamca"]
    assert record["params"]["modality_trust"] == given == {"protein": 0}
    assert record["domains"]["weights"]["protein"] == 0
    assert np.isnan(record["domains"]["inflation"]["protein"])
    assert (with_graphs.obs["protein:spamca_weight"] == 0).all()
    np.testing.assert_array_equal(with_graphs.obs["rna:spamca_weight"], 1)


def test_trust_replaces_what_is_measured(with_graphs):
    spamca.tl.integrate(with_graphs, 3, modality_trust={"protein": 0.125}, **QUICK)
    domains = with_graphs.uns["spamca"]["domains"]
    assert domains["weights"]["protein"] == 0.125
    assert domains["inflation"]["protein"] >= 1


def test_modality_of_noise_has_no_weight(with_graphs):
    protein = with_graphs["protein"]
    protein.obsm["X_pca"] = np.random.default_rng(0).normal(size=protein.obsm["X_pca"].shape).astype(np.float32)
    spamca.tl.integrate(with_graphs, 3, **QUICK)
    assert with_graphs.uns["spamca"]["domains"]["weights"]["protein"] == 0
    assert (with_graphs.obs["protein:spamca_weight"] == 0).all()


def test_tissue_in_which_nothing_is_shared_by_neighbours(tissue, caplog):
    """There are no domains to be found: they are uniform, and an embedding is made all the same."""
    order = np.random.default_rng(0).permutation(tissue.n_obs)
    mdata = mudata.MuData({name: modality.copy() for name, modality in tissue.mod.items()})
    for modality in mdata.mod.values():
        modality.obsm["spatial"] = np.asarray(tissue.obsm["spatial"])[order]
    mdata.obsm["spatial"] = np.asarray(tissue.obsm["spatial"])[order]
    spamca.tl.integrate(mdata, 3, **QUICK)
    assert "neighbours share nothing in any modality" in caplog.text
    domains = mdata.uns["spamca"]["domains"]
    assert set(domains) == {"weights", "inflation", "hops"}
    assert domains["weights"] == {"rna": 0, "protein": 0}
    np.testing.assert_allclose(mdata.obsm["spamca_posterior"], 1 / 3, rtol=1e-6)
    np.testing.assert_array_equal(mdata.obs["rna:spamca_weight"], 0.5)
    assert np.isfinite(mdata.obsm["X_spamca"]).all()


def test_interrupted_search_leaves_no_trace(with_graphs, monkeypatch, assert_same):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    spamca.tl.integrate(with_graphs, 3, **QUICK)
    sc.pp.neighbors(with_graphs, use_rep="X_spamca", method="gauss", transformer="sklearn")
    before = with_graphs.copy()
    _edge.drop_pulled(before, "spamca")  # mudata 0.3 copies columns of the modalities
    for where in (
        "spamca.domains.find_domains",
        "spamca.tissue.results.palette",
    ):
        with monkeypatch.context() as patched:
            patched.setattr(where, interrupted)
            with pytest.raises(KeyboardInterrupt):
                spamca.tl.integrate(with_graphs, 2, **QUICK)
        assert_same(before, with_graphs)


def test_large_tissue_in_tiles(with_graphs):
    """Tiles are a way of training; what they find and what is stored is the same."""
    first, second = (
        spamca.tl.integrate(with_graphs, 3, batch_size=size, copy=True, **QUICK | {"max_epochs": 10})
        for size in (None, 100)
    )
    assert second.uns["spamca"]["params"]["batch_size"] == 100
    assert len(second.uns["spamca"]["history"]["total"]) >= len(first.uns["spamca"]["history"]["total"])
    for tissue in (first, second):
        spamca.tl.cluster(tissue, 3, method="mixture")
    assert adjusted_rand_score(first.obs["spamca"], second.obs["spamca"]) > 0.9


def test_checkpoint_stays_until_all_is_stored(with_graphs, monkeypatch, tmp_path):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("spamca.nn.Settings.checkpoint_every", 0.0)
    path = tmp_path / "ended.ckpt"
    with monkeypatch.context() as patch:
        patch.setattr("spamca.tl._integrate.write", full)
        with pytest.raises(MemoryError):
            spamca.tl.integrate(with_graphs, 3, checkpoint=path, **QUICK)
    assert path.exists()
    spamca.tl.integrate(with_graphs, 3, checkpoint=path, **QUICK)
    assert not path.exists()


def test_a_file_that_no_training_looked_at_is_left(with_graphs, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("of something else")
    spamca.tl.integrate(with_graphs, 3, checkpoint=path, **QUICK | {"max_epochs": 0})
    assert path.read_text() == "of something else"


@pytest.mark.parametrize(("given", "searched"), [({"accelerator": "cpu"}, False), ({}, True)])
def test_no_gpu_is_used_where_the_cpu_is_asked_for(with_graphs, monkeypatch, given, searched):
    from spamca.graph import neighbors

    used = []
    monkeypatch.setattr(neighbors, "EXACT_UP_TO", 10)
    monkeypatch.setattr(neighbors, "approximate_neighbors", lambda *a, random_state: neighbors.exact_neighbors(*a))
    monkeypatch.setattr(neighbors, "_on_gpu", lambda *_: used.append(neighbors._gpu.get()))
    spamca.tl.integrate(with_graphs, preset="paper", **given, max_epochs=1, progress_bar=False)
    assert used == [searched] * 2  # a feature graph of each modality


def test_interrupted_training_goes_on(with_graphs, monkeypatch, tmp_path):
    from spamca.train.plan import TrainingPlan

    monkeypatch.setattr("spamca.nn.Settings.checkpoint_every", 0.0)
    step, path = TrainingPlan.training_step, tmp_path / "half.ckpt"

    def interrupted(plan, batch):
        if plan.global_step == 8:
            raise KeyboardInterrupt
        return step(plan, batch)

    given = QUICK | {"max_epochs": 16}
    with monkeypatch.context() as patch:
        patch.setattr(TrainingPlan, "training_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            spamca.tl.integrate(with_graphs, 3, checkpoint=path, **given)
    assert path.exists()
    assert "spamca" not in with_graphs.uns
    straight = spamca.tl.integrate(with_graphs, 3, copy=True, **given)
    spamca.tl.integrate(with_graphs, 3, checkpoint=path, **given)
    np.testing.assert_allclose(
        with_graphs.uns["spamca"]["history"]["total"], straight.uns["spamca"]["history"]["total"], rtol=1e-3
    )
    assert not path.exists()


def test_the_bar_counts_numbers_that_are_tried(with_graphs, capsys):
    spamca.tl.integrate(with_graphs, n_clusters_range=(2, 3))
    shown = capsys.readouterr().err
    assert "5/5" in shown
    assert "embedding" in shown
    spamca.tl.integrate(with_graphs, 3, progress_bar=False)
    assert "integrate" not in capsys.readouterr().err
