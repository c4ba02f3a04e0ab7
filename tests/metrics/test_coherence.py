from __future__ import annotations

import numpy as np
import pytest

from spamca.metrics import coherence
from spamca.metrics._chaos import chaos
from spamca.metrics._morans_i import morans_i
from spamca.metrics._pas import pas
from spamca.metrics._silhouette import MAX_SPOTS, silhouette


@pytest.fixture
def tissue() -> tuple[np.ndarray, np.ndarray]:
    """Labels that follow place, with errors, on points in general position."""
    rng = np.random.default_rng(0)
    spatial = rng.uniform(size=(80, 2)) * [3.0, 1.0]
    labels = (spatial[:, 0] > 1).astype(int) + (spatial[:, 0] > 2)
    wrong = rng.random(80) < 0.2
    labels[wrong] = rng.integers(3, size=wrong.sum())
    return labels, spatial


def distances(spatial: np.ndarray) -> np.ndarray:
    away = np.linalg.norm(spatial[:, None] - spatial[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    return away


def test_pas_is_what_its_definition_gives(tissue):
    labels, spatial = tissue
    order = distances(spatial).argsort(axis=1)[:, :10]
    abnormal = [sum(labels[j] != labels[i] for j in order[i]) >= 6 for i in range(len(labels))]
    assert pas(labels, spatial) == pytest.approx(np.mean(abnormal))


def test_chaos_is_what_its_definition_gives(tissue):
    labels, spatial = tissue
    away = distances((spatial - spatial.mean(axis=0)) / spatial.std(axis=0))
    nearest = [min(away[i, j] for j in range(80) if labels[j] == labels[i] and j != i) for i in range(80)]
    assert chaos(labels, spatial) == pytest.approx(np.mean(nearest))


def test_morans_i_is_what_its_definition_gives(tissue):
    labels, spatial = tissue
    weights = np.zeros((80, 80))
    np.put_along_axis(weights, distances(spatial).argsort(axis=1)[:, :6], 1, axis=1)
    by_domain = []
    for k in range(3):
        x = (labels == k) - np.mean(labels == k)
        by_domain.append(80 / weights.sum() * (x @ weights @ x) / (x @ x))
    assert morans_i(labels, spatial) == pytest.approx(np.mean(by_domain))


def test_silhouette_is_what_its_definition_gives(tissue):
    labels, points = tissue
    away = distances(points)
    scores = []
    for i in range(80):
        to = [np.mean([away[i, j] for j in range(80) if labels[j] == k and j != i]) for k in range(3)]
        own, other = to[labels[i]], min(to[k] for k in range(3) if k != labels[i])
        scores.append((other - own) / max(own, other))
    assert silhouette(labels, points) == pytest.approx(np.mean(scores))


def test_silhouette_of_large_tissue_is_that_of_a_sample():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=2 * MAX_SPOTS)
    points = labels[:, None] * 3.0 + rng.normal(size=(2 * MAX_SPOTS, 2))
    first, again, other = (silhouette(labels, points, random_state=seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first == pytest.approx(other, abs=0.02)


def test_a_sample_that_misses_all_domains_but_one_has_no_silhouette():
    labels = np.zeros(3 * MAX_SPOTS, dtype=int)
    labels[0] = 1
    points = np.random.default_rng(0).normal(size=(3 * MAX_SPOTS, 2))
    found = [silhouette(labels, points, random_state=seed) for seed in range(3)]
    assert np.isnan(found).any()


def test_smooth_labels_score_better_than_shuffled_ones(tissue):
    labels, spatial = tissue
    smooth = coherence(labels, spatial, embedding=spatial)
    strewn = coherence(np.random.default_rng(1).permutation(labels), spatial, embedding=spatial)
    assert list(smooth) == ["silhouette", "Moran's I", "PAS", "CHAOS"]
    assert smooth["silhouette"] > strewn["silhouette"]
    assert smooth["Moran's I"] > 0.3 > 0.1 > abs(strewn["Moran's I"])
    assert smooth["PAS"] < strewn["PAS"]
    assert smooth["CHAOS"] < strewn["CHAOS"]


def test_spots_of_other_sections_are_no_neighbours(tissue):
    labels, spatial = tissue
    once = coherence(labels, spatial)
    library = np.repeat(["a", "b"], 80)
    twice = coherence(np.tile(labels, 2), np.tile(spatial, (2, 1)) + 1e-3 * (library == "b")[:, None], library=library)
    assert twice == pytest.approx(once)


def test_a_section_of_one_spot_and_a_domain_of_one_spot_are_allowed():
    spatial = np.array([[0.0, 0], [1, 0], [2, 0], [9, 9]])
    measures = coherence(["a", "a", "b", "a"], spatial, library=["s", "s", "s", "t"])
    assert measures["PAS"] == pytest.approx(1 / 4)
    assert np.isfinite(list(measures.values())).all()


def test_one_domain_has_no_silhouette_and_no_morans_i():
    measures = coherence(["a"] * 5, np.arange(10.0).reshape(5, 2), embedding=np.eye(5))
    assert np.isnan(measures["silhouette"])
    assert np.isnan(measures["Moran's I"])
    assert measures["PAS"] == 0


def test_spots_without_label_are_left_out(tissue):
    labels, spatial = tissue
    named = labels.astype(object)
    named[:5] = None
    expected = coherence(labels[5:], spatial[5:], embedding=spatial[5:])
    assert coherence(named, spatial, embedding=spatial) == pytest.approx(expected)


def test_bad_arguments_raise(tissue):
    labels, spatial = tissue
    with pytest.raises(ValueError, match="labels has 80, spatial has 79"):
        coherence(labels, spatial[1:])
    with pytest.raises(ValueError, match="no spot with a label"):
        coherence([None, None], spatial[:2])
