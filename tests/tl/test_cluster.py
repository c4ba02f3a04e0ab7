from __future__ import annotations

import logging
from pathlib import Path

import mudata
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca.cluster import CLUSTERERS


def test_writes_what_it_says(integrated):
    labels, posterior = integrated.obs["spamca"], integrated.obsm["spamca_posterior"]
    assert list(labels.cat.categories) == ["0", "1", "2"]
    assert not labels.cat.ordered
    assert (np.diff(labels.value_counts(sort=False)) <= 0).all()
    assert list(posterior) == ["0", "1", "2"]
    np.testing.assert_allclose(posterior.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(posterior.idxmax(axis=1), labels)
    np.testing.assert_array_equal(posterior.max(axis=1), integrated.obs["spamca_confidence"])
    assert len(integrated.uns["spamca_colors"]) == 3
    record = integrated.uns["spamca"]["cluster"]
    assert record == {
        "method": "field",
        "n_clusters": 3,
        "n_clusters_from": "integrate",
        "n_found": 3,
        "refine": False,
        "random_state": 0,
    }
    assert "history" in integrated.uns["spamca"]
    assert set(integrated.uns["spamca"]["domains"]) > {"weights", "inflation", "hops", "objective"}
    for modality in integrated.mod.values():
        pd.testing.assert_series_equal(modality.obs["spamca"], labels)
        assert modality.uns["spamca_colors"] == integrated.uns["spamca_colors"]


@pytest.mark.parametrize("method", CLUSTERERS)
def test_finds_the_domains(integrated, method):
    truth = integrated.obs["label"]
    noise = np.random.default_rng(0).normal(scale=0.15, size=(integrated.n_obs, 3))
    integrated.obsm["X_clear"] = np.eye(3)[truth.cat.codes] + noise
    spamca.tl.cluster(integrated, 3, method=method, use_rep="X_clear")
    assert adjusted_rand_score(truth, integrated.obs["spamca"]) > 0.95


@pytest.mark.slow
def test_survives_writing(integrated, assert_same, tmp_path: Path):
    spamca.tl.cluster(integrated, 2)
    integrated.write(tmp_path / "clustered.h5mu")
    read = mudata.read_h5mu(tmp_path / "clustered.h5mu")
    assert_same(integrated, read)
    spamca.tl.cluster(read, 2)
    np.testing.assert_array_equal(read.obs["spamca"], integrated.obs["spamca"])


@pytest.mark.slow
def test_mixture_survives_writing(integrated, assert_same, tmp_path: Path):
    del integrated.uns["spamca"]["params"]["n_clusters"]
    spamca.tl.cluster(integrated, n_clusters_range=(2, 5), method="mixture")
    integrated.write(tmp_path / "clustered.h5mu")
    read = mudata.read_h5mu(tmp_path / "clustered.h5mu")
    assert_same(integrated, read)
    assert not read.obs["spamca"].cat.ordered
    spamca.tl.cluster(read, n_clusters_range=(2, 5), method="mixture")
    np.testing.assert_array_equal(read.obs["spamca"], integrated.obs["spamca"])


@pytest.mark.parametrize("method", CLUSTERERS)
@pytest.mark.parametrize("refine", [False, True])
def test_methods(integrated, method, refine):
    spamca.tl.cluster(integrated, 4, method=method, refine=refine, key_added="other", use_rep="X_spamca")
    record = integrated.uns["other"]["cluster"]
    assert integrated.obs["other"].nunique() == record["n_clusters"] == 4
    assert record["n_clusters_from"] == "argument"
    assert ("n_refined" in record) == refine
    assert integrated.obs["spamca"].nunique() == 3
    assert integrated["rna"].obs["other"].nunique() == 4


@pytest.mark.slow
def test_same_seed_same_domains(integrated):
    first, second = (spamca.tl.cluster(integrated, 5, random_state=2, copy=True) for _ in range(2))
    pd.testing.assert_frame_equal(first.obsm["spamca_posterior"], second.obsm["spamca_posterior"])


def test_number_is_estimated_and_logged(integrated, caplog):
    integrated.uns["spamca"]["params"]["n_clusters"] = None
    with caplog.at_level(logging.INFO, "spamca"):
        spamca.tl.cluster(integrated, n_clusters_range=(2, 6), method="mixture")
    record = integrated.uns["spamca"]["cluster"]
    assert record["n_clusters_from"] == "estimate"
    np.testing.assert_array_equal(record["tried"], np.arange(2, 7))
    assert f"estimated {record['n_clusters']} between 2 and 6" in caplog.text
    assert integrated.obs["spamca"].nunique() == record["n_clusters"]


@pytest.mark.slow
def test_choice_of_another_mixture_is_named(integrated, caplog):
    # noise has no domains, so that many mixtures are nearly as likely, and the most coherent is seldom the likeliest
    rng = np.random.default_rng(2)
    integrated.obsm["X_noise"] = rng.normal(size=(integrated.n_obs, 6))
    with caplog.at_level(logging.INFO, "spamca"):
        spamca.tl.cluster(integrated, 8, use_rep="X_noise", key_added="noise")
    record = integrated.uns["noise"]["cluster"]
    assert record["log_likelihood"] < record["best_log_likelihood"]
    assert "took the mixture of highest coherence" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, "spamca"):
        spamca.tl.cluster(integrated, 8, use_rep="X_noise", key_added="noise", selection="likelihood")
    record = integrated.uns["noise"]["cluster"]
    assert record["log_likelihood"] == record["best_log_likelihood"]
    assert "took the mixture" not in caplog.text


@pytest.mark.slow
def test_domains_are_found_as_integrate_finds_them(integrated):
    """Labels, posterior, weights and record are those of integrate with that number; the embedding stays."""
    before = integrated.obsm["X_spamca"].copy()
    spamca.tl.cluster(integrated, 2)
    other = spamca.tl.integrate(integrated, 2, max_epochs=0, progress_bar=False, copy=True)
    pd.testing.assert_frame_equal(integrated.obsm["spamca_posterior"], other.obsm["spamca_posterior"])
    for name in ("rna", "protein"):
        np.testing.assert_array_equal(integrated.obs[f"{name}:spamca_weight"], other.obs[f"{name}:spamca_weight"])
        np.testing.assert_array_equal(integrated[name].obs["spamca_weight"], other[name].obs["spamca_weight"])
    assert integrated.uns["spamca"]["domains"] == other.uns["spamca"]["domains"]
    assert integrated.uns["spamca"]["cluster"]["n_clusters_from"] == "argument"
    np.testing.assert_array_equal(integrated.obsm["X_spamca"], before)


def test_trust_of_integrate_is_kept(integrated):
    spamca.tl.integrate(integrated, 3, max_epochs=0, progress_bar=False, modality_trust={"protein": 0})
    spamca.tl.cluster(integrated, 2)
    assert integrated.uns["spamca"]["domains"]["weights"]["protein"] == 0
    assert (integrated.obs["protein:spamca_weight"] == 0).all()


def test_domains_found_again_make_a_model(integrated):
    spamca.tl.cluster(integrated, 2)
    model = spamca.Model.from_mudata(integrated)
    assert model.domains == ["0", "1"]
    assert model.emissions.gaussians[0].means.shape[0] == 2


def test_mixture_after_domains_and_back(integrated):
    labels = integrated.obs["spamca"].copy()
    spamca.tl.cluster(integrated, method="mixture")
    record = integrated.uns["spamca"]["cluster"]
    assert (record["method"], record["use_rep"], record["selection"]) == ("mixture", "X_spamca", "coherence")
    assert record["log_likelihood"] <= record["best_log_likelihood"]
    assert {"axes", "means"} < set(record["readout"])
    spamca.tl.cluster(integrated)
    assert integrated.uns["spamca"]["cluster"]["method"] == "field"
    pd.testing.assert_series_equal(integrated.obs["spamca"], labels)


def test_published_embedding_is_read_by_coherence(integrated):
    spamca.tl.integrate(integrated, 3, preset="paper", max_epochs=2, progress_bar=False, key_added="paper")
    spamca.tl.cluster(integrated, key="paper")
    assert integrated.uns["paper"]["cluster"]["method"] == "mixture"
    assert integrated.uns["paper"]["cluster"]["selection"] == "coherence"
    with pytest.raises(KeyError, match=r"uns\['paper'\] holds no domains"):
        spamca.tl.cluster(integrated, key="paper", method="field")


def test_works_without_graph_and_without_record(tissue):
    tissue.obsm["X_mine"] = pd.DataFrame(np.random.default_rng(0).normal(size=(tissue.n_obs, 3)), tissue.obs_names)
    spamca.tl.cluster(tissue, 3, use_rep="X_mine")
    assert tissue.uns["spamca"].keys() == {"cluster"}
    assert tissue.uns["spamca"]["cluster"]["selection"] == "agreement"


def test_fewer_domains_than_wanted_are_named(tissue, caplog):
    tissue.obsm["X_spamca"] = np.repeat(np.eye(3), tissue.n_obs // 3, axis=0)
    with caplog.at_level(logging.INFO, "spamca"):
        spamca.tl.cluster(tissue, 5)
    assert list(tissue.obs["spamca"].cat.categories) == ["0", "1", "2"]
    assert "only 3 of 5 domains hold spots" in caplog.text


def test_colours_of_the_right_number_stay(integrated):
    own = ["#111111", "#222222", "#333333"]
    integrated.uns["spamca_colors"] = np.array(own)
    spamca.tl.cluster(integrated)
    assert list(integrated.uns["spamca_colors"]) == own
    assert list(integrated["rna"].uns["spamca_colors"]) == own
    spamca.tl.cluster(integrated, 2)
    assert len(set(integrated.uns["spamca_colors"])) == 2
    assert own[0] not in integrated.uns["spamca_colors"]


def test_spots_that_lack_a_modality_and_other_orders(integrated):
    first, second = integrated["rna"].copy(), integrated["protein"].copy()
    shuffled = np.random.default_rng(0).permutation(integrated.n_obs)[:150]
    with pd.option_context("mode.chained_assignment", None):
        part = mudata.MuData({"rna": first, "protein": second[shuffled].copy()})
    label = integrated.obs.loc[part.obs_names, "spamca"]
    # one cluster apart from the others, and not one of its spots in the second modality
    rare = ~part.obs_names.isin(second.obs_names[shuffled])
    part.obsm["X_spamca"] = np.eye(3)[label.cat.codes] + 20 * rare[:, None] * [1, 0, 0]
    part.obsm["X_spamca"] += np.random.default_rng(0).normal(scale=0.05, size=(part.n_obs, 3))
    spamca.tl.cluster(part, 2)
    for name, modality in part.mod.items():
        expected = part.obs["spamca"].loc[modality.obs_names]
        np.testing.assert_array_equal(modality.obs["spamca"].astype(str), expected.astype(str))
        categories = list(modality.obs["spamca"].cat.categories)
        assert categories == sorted(set(expected.astype(str)))
        stored = dict(zip(part.obs["spamca"].cat.categories, part.uns["spamca_colors"], strict=True))
        assert modality.uns["spamca_colors"] == [stored[category] for category in categories], name
    assert part["protein"].obs["spamca"].nunique() < part["rna"].obs["spamca"].nunique() == 2


def snapshot(mdata):
    holders = [mdata, *mdata.mod.values()]
    return [(list(h.obs), list(h.obsm), list(h.uns), h.obs["spamca"].astype(str).tolist()) for h in holders]


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"n_clusters": 0}, ValueError, "n_clusters .* got 0"),
        ({"n_clusters": 10_000}, ValueError, "n_clusters .* got 10000"),
        ({"n_clusters": 3.0}, TypeError, r"n_clusters .* got 3\.0"),
        ({"method": "louvain"}, ValueError, "method must be one of .*got 'louvain'"),
        ({"selection": "best", "method": "mixture"}, ValueError, "selection must be one of .*got 'best'"),
        (
            {"selection": "coherence"},
            ValueError,
            "selection='coherence' is for domains in an embedding, not method='field'",
        ),
        ({"refine": True}, ValueError, "refine=True is for domains in an embedding, not method='field'"),
        ({"method": "field", "use_rep": "X_spamca"}, ValueError, "use_rep='X_spamca' is for domains in an embedding"),
        ({"method": "field", "key": "new"}, KeyError, r"call spamca\.tl\.integrate\(mdata, key_added='new'\)"),
        ({"selection": "likelihood", "method": "leiden"}, ValueError, "selection='likelihood' is for method='mixture'"),
        ({"n_comps": 0}, ValueError, "n_comps"),
        ({"n_clusters_range": (5, 2)}, ValueError, r"n_clusters_range must rise .*\(5, 2\)"),
        ({"n_clusters_range": (1, 4)}, ValueError, "n_clusters_range must be at least 2, got 1"),
        ({"n_clusters_range": (2, 4, 6)}, ValueError, "n_clusters_range must be a pair"),
        ({"n_clusters_range": (2, 4.5)}, TypeError, "n_clusters_range"),
        ({"key_added": "rna"}, ValueError, "collides with a modality"),
        ({"key": "new"}, KeyError, r"X_new.*spamca\.tl\.integrate\(mdata, key_added='new'\)"),
        ({"use_rep": "X_absent"}, KeyError, "X_absent.*use_rep"),
        ({"use_rep": "rna"}, KeyError, "obsm.'rna'"),
        ({"use_rep": "X_nan"}, ValueError, "1 spots have NaN or infinite values, first at row 7"),
        ({"use_rep": "X_flat"}, ValueError, "table of numbers"),
        (
            {"use_rep": "X_spamca", "key_added": "taken"},
            ValueError,
            r"key_added='taken' would replace mdata\.uns\['taken'\]",
        ),
    ],
)
def test_bad_arguments_change_nothing(integrated, arguments, error, match):
    integrated.obsm["X_nan"] = np.where(np.arange(integrated.n_obs)[:, None] == 7, np.nan, 1.0)
    integrated.obsm["X_flat"] = np.ones((integrated.n_obs, 0))
    integrated.uns["taken"] = "mine"
    before = snapshot(integrated)
    with pytest.raises(error, match=match):
        spamca.tl.cluster(integrated, **arguments)
    assert snapshot(integrated) == before


def test_missing_embedding_names_integrate(tissue):
    with pytest.raises(KeyError, match=r"X_spamca.*call spamca\.tl\.integrate\(mdata\)"):
        spamca.tl.cluster(tissue, 3)
    with pytest.raises(TypeError, match="MuData"):
        spamca.tl.cluster(tissue["rna"], 3)


@pytest.mark.parametrize("arguments", [{"refine": True}, {"selection": "coherence"}])
def test_missing_graph_names_neighbors(tissue, arguments):
    tissue.obsm["X_spamca"] = np.random.default_rng(0).normal(size=(tissue.n_obs, 3))
    with pytest.raises(KeyError, match=r"spatial graph.*spamca\.pp\.neighbors\(mdata\)"):
        spamca.tl.cluster(tissue, 3, **arguments)


def test_failure_while_writing_is_undone(integrated, monkeypatch):
    from spamca import _edge

    before = snapshot(integrated)

    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(_edge, "collect", fail)
    with pytest.raises(RuntimeError):
        spamca.tl.cluster(integrated, 5)
    assert snapshot(integrated) == before
    assert integrated.uns["spamca"]["cluster"]["n_clusters"] == 3


def test_copy_leaves_the_original(integrated):
    changed = spamca.tl.cluster(integrated, 2, copy=True)
    assert changed.obs["spamca"].nunique() == 2
    assert integrated.obs["spamca"].nunique() == 3
    assert spamca.tl.cluster(integrated, 2) is None


def test_domains_that_new_tissue_would_be_given_otherwise_are_named(integrated, caplog, monkeypatch):
    spamca.tl.cluster(integrated, method="leiden")
    assert "Gaussians, by which" not in caplog.text
    monkeypatch.setattr("spamca.tl._cluster_embedding.KEPT", 1.01)
    spamca.tl.cluster(integrated, method="mixture")
    assert "Gaussians, by which" not in caplog.text
    spamca.tl.cluster(integrated, method="leiden")
    assert "Gaussians, by which tl.transform reads domains out, give 100 % of these spots the same" in caplog.text
