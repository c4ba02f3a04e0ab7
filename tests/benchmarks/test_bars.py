from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks import altered, confidence, fusion, gradient, left_out, number, ours, stability, true_model, weights
from scipy import sparse

import spamca
from spamca.graph import spatial_graph


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def drawn():
    return spamca.datasets.simulated(n_spots=400, n_domains=3, n_features=40, difficulty=0.3)


def test_another_order_keeps_values_places_and_labels(tissue, rng):
    names = tissue.obs_names[rng.permutation(tissue.n_obs)]
    other = altered.ordered(tissue, names)
    assert list(other.obs_names) == list(names)
    assert list(other.obs["label"]) == list(tissue.obs["label"].loc[names])
    for name, modality in other.mod.items():
        assert (modality.X != tissue[name][names].X).nnz == 0
        assert np.array_equal(modality.obsm["spatial"], tissue[name][names].obsm["spatial"])


def test_jitter_is_a_share_of_the_spacing(tissue, rng):
    moved = altered.jittered(tissue, 1e-3, rng)
    by = moved["rna"].obsm["spatial"] - tissue["rna"].obsm["spatial"]
    assert by.std() == pytest.approx(1e-3, rel=0.2)
    assert np.array_equal(moved["rna"].obsm["spatial"], moved["protein"].obsm["spatial"])


def test_constant_feature(tissue):
    found = altered.with_constant(tissue)
    for name, modality in tissue.mod.items():
        assert found[name].n_vars == modality.n_vars + 1
        assert (found[name].X[:, -1].toarray() == 1).all()
        assert list(found[name].var["feature_types"].unique()) == list(modality.var["feature_types"].unique())


def test_halves_add_up_to_the_counts(tissue, rng):
    one, other = altered.halves(tissue, rng)
    for name in tissue.mod:
        assert (one[name].X + other[name].X != tissue[name].X).nnz == 0


def test_fields_are_smooth_and_as_strong_as_asked(rng):
    at = np.stack(np.meshgrid(np.arange(40.0), np.arange(40.0)), axis=-1).reshape(-1, 2)
    graph = spatial_graph(at, n_neighbors=6).connectivities
    assert altered.shared_by_neighbors(altered.random_fields(at, 20, rng), graph) > 0.95
    for counts in (True, False):
        values = altered.structure(at, 0.3, rng, counts=counts)
        assert altered.shared_by_neighbors(values, graph) == pytest.approx(0.3, abs=0.05)
    assert abs(altered.shared_by_neighbors(altered.pure_noise(len(at), rng), graph)) < 0.02


def test_modality_more(tissue, rng):
    found = altered.with_modality(tissue, "noise", altered.pure_noise(tissue.n_obs, rng))
    assert list(found.mod) == [*tissue.mod, "noise"]
    assert list(found.obs["label"]) == list(tissue.obs["label"])


def test_disturbances_are_as_many_as_asked(tissue):
    for part in stability.DISTURBANCES:
        expected = 1 if part == "constant" else 2
        assert len(list(stability.disturbed(tissue, part, 2))) == expected
    assert stability.without_some(tissue, 0).n_obs == tissue.n_obs - max(1, round(0.01 * tissue.n_obs))


def test_ari_matches_spots_by_name():
    one = pd.Series(["a", "a", "b", "b", ""], list("vwxyz"))
    assert ours.ari(one, one[::-1].replace("a", "c")) == 1
    assert ours.ari(one, one.drop("v")) == 1


def test_groups_are_matched_one_to_one():
    assert list(ours.matched(np.array([0, 0, 1, 1, 2]), np.array([2, 2, 0, 0, 1]), 3)) == [2, 0, 1]


def test_results_are_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = []
    for _ in range(2):
        assert ours.kept(__file__, "set", 1, lambda: made.append(1) or len(made)) == 1
    assert ours.kept(__file__, "set", 2, lambda: 5) == 5


def test_fusion_row():
    found = {
        "together": 0.5,
        "alone": {"rna": 0.4, "adt": 0.45},
        "noise": [0.4, 0.5],
        "structure": [0.5],
        "strength": 0.1,
    }
    cells = fusion.row("set", found)
    assert cells[2] == "0.450 adt"
    assert cells[3:6] == pytest.approx([0.05, 0.45, 0.05])


def test_weights_of_two_seeds():
    one = np.column_stack([np.linspace(0, 1, 9), np.full(9, 0.5)])
    assert weights.agreement(one, 0.5 * one)["correlation"] == pytest.approx(1)
    assert np.isnan(weights.agreement(one[:, 1:], one[:, 1:])["correlation"])


def test_weights_at_borders():
    graph = sparse.csr_matrix(np.eye(4, k=1) + np.eye(4, k=-1))
    truth, seen = np.array([0, 0, 1, 1]), np.array([["x", "a"], ["x", "b"]])
    low = np.tile([0.2, 0.8], (4, 1))
    assert weights.at_borders(low, truth, graph, seen) == (1, 1)
    assert weights.at_borders(1 - low, truth, graph, seen) == (0, 1)


def test_what_happens_as_predicted_is_calibrated(rng):
    predicted = rng.uniform(size=20_000)
    happened = rng.uniform(size=20_000) < predicted
    assert confidence.calibration_error(predicted, happened) < 0.02
    assert confidence.calibration_error(np.ones(20_000), happened) == pytest.approx(0.5, abs=0.02)
    assert confidence.auroc(predicted, happened) == pytest.approx(5 / 6, abs=0.02)
    assert np.isnan(confidence.auroc(predicted, np.ones(20_000, dtype=bool)))


def test_agreement_is_predicted_by_each_half_alone():
    p, q = np.array([[0.9, 0.1], [1, 0], [0, 1], [0, 1]]), np.eye(3)[[2, 2, 0, 1]]
    predicted, same = confidence.agreement(p, q, p.argmax(axis=1), q.argmax(axis=1))
    assert list(predicted) == [pytest.approx(0.82), *[1] * 7]
    assert list(same) == 2 * [True, True, same[2], same[3]]
    assert same[2] != same[3], "two domains of one half are one of the other's"


def test_true_model_knows_the_domains(drawn):
    truth = drawn.obs["label"].cat.codes.to_numpy()
    evidence = true_model.evidence_of(drawn)
    together = sum(evidence.values())
    alone = {name: (values.argmax(axis=1) == truth).mean() for name, values in evidence.items()}
    assert (together.argmax(axis=1) == truth).mean() > max(0.9, *alone.values())
    graph = spatial_graph(drawn.obsm["spatial"], n_neighbors=6).connectivities
    found = true_model.posterior(together, truth, graph)
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == truth).mean() > 0.95


def test_information_is_least_where_a_modality_is_blind(drawn):
    truth = drawn.obs["label"].cat.codes.to_numpy()
    seen = drawn.uns["simulation"]["seen_as"]
    for name, evidence in true_model.evidence_of(drawn).items():
        ratio, divergence = true_model.information(evidence, truth)
        blind = seen[name].duplicated(keep=False).to_numpy()
        assert ratio[blind].max() < ratio[~blind].min()
        assert ratio.max() > 0
        assert (divergence > 0).all()


def test_gradient_is_smooth_and_has_counts():
    mdata = gradient.gradient(400, 0)
    assert list(mdata.mod) == ["rna", "protein"]
    assert altered.counted(mdata) == ["rna", "protein"]


def test_numbers_of_measured_tissue_have_slack():
    found = {"spots": 10, "true": 7, "numbers": [7, 9, 10], "without": [0.2] * 3, "with": [0.4] * 3}
    assert number.within("dlpfc_151673", found) == pytest.approx(2 / 3)
    assert number.within("sim_easy", found) == pytest.approx(1 / 3)
    assert number.rows_of({"dlpfc_151673": found})[1][5:] == pytest.approx([0.2, 0.4])


def test_a_family_has_no_say_in_what_it_is_scored_with():
    scores = pd.DataFrame(
        {"dlpfc_151673": [0.9, 0.5], "dlpfc_151676": [0.9, 0.5], "mob_rep12": [0.4, 0.5], "her2st_a1": [0.4, 0.6]},
        index=["one", "two"],
    )
    found = left_out.left_out(scores)
    assert list(found.index) == ["DLPFC", "HER2ST", "olfactory bulb"]
    assert list(found["chosen without it"]) == ["two", "one", "one"]
    assert found.loc["DLPFC", "left out"] == 0.5
    assert found.loc["DLPFC", "development"] == 0.9
    with pytest.raises(ValueError, match="no family"):
        left_out.left_out(scores.assign(elsewhere=0.1))
