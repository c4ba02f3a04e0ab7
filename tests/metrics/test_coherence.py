from __future__ import annotations

import numpy as np
import pytest

from spamca.metrics import coherence


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


def naive(labels: np.ndarray, spatial: np.ndarray) -> dict[str, float]:
    """Every measure from its definition, the silhouette in the tissue."""
    n, away = len(labels), distances(spatial)
    near = away.argsort(axis=1)
    silhouettes = []
    for i in range(n):
        to = [np.mean([away[i, j] for j in range(n) if labels[j] == k and j != i]) for k in range(3)]
        own, other = to[labels[i]], min(to[k] for k in range(3) if k != labels[i])
        silhouettes.append((other - own) / max(own, other))
    weights = np.zeros((n, n))
    np.put_along_axis(weights, near[:, :6], 1, axis=1)
    by_domain = []
    for k in range(3):
        x = (labels == k) - np.mean(labels == k)
        by_domain.append(n / weights.sum() * (x @ weights @ x) / (x @ x))
    abnormal = [sum(labels[j] != labels[i] for j in near[i, :10]) >= 6 for i in range(n)]
    scaled = distances((spatial - spatial.mean(axis=0)) / spatial.std(axis=0))
    nearest = [min(scaled[i, j] for j in range(n) if labels[j] == labels[i] and j != i) for i in range(n)]
    measures = {"silhouette": silhouettes, "Moran's I": by_domain, "PAS": abnormal, "CHAOS": nearest}
    return {name: np.mean(values) for name, values in measures.items()}


def test_coherence_is_what_the_definitions_give(tissue):
    measures, expected = coherence(*tissue, embedding=tissue[1]), naive(*tissue)
    assert list(measures) == list(expected)
    assert measures == pytest.approx(expected)


def silhouette(labels: np.ndarray, points: np.ndarray, random_state: int) -> float:
    return coherence(labels, points, embedding=points, random_state=random_state)["silhouette"]


@pytest.mark.slow
def test_silhouette_of_large_tissue_is_that_of_a_sample():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=10_000)
    points = labels[:, None] * 3.0 + rng.normal(size=(10_000, 2))
    first, again, other = (silhouette(labels, points, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first == pytest.approx(other, abs=0.02)


def test_a_sample_that_misses_all_domains_but_one_has_no_silhouette():
    labels = np.zeros(15_000, dtype=int)
    labels[0] = 1
    points = np.random.default_rng(0).normal(size=(15_000, 2))
    assert np.isnan([silhouette(labels, points, seed) for seed in range(3)]).any()


def test_smooth_labels_score_better_than_shuffled_ones(tissue):
    labels, spatial = tissue
    smooth = coherence(labels, spatial, embedding=spatial)
    shuffled = coherence(np.random.default_rng(1).permutation(labels), spatial, embedding=spatial)
    assert smooth["silhouette"] > shuffled["silhouette"]
    assert smooth["Moran's I"] > 0.3 > 0.1 > abs(shuffled["Moran's I"])
    assert smooth["PAS"] < shuffled["PAS"]
    assert smooth["CHAOS"] < shuffled["CHAOS"]


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


def test_coordinates_far_from_the_origin_and_on_a_line(tissue):
    labels, spatial = tissue
    line = spatial * [1, 0] + [1e7, 1e5]
    assert coherence(labels, line)["PAS"] == coherence(labels, spatial * [1, 0])["PAS"]
    assert coherence(labels, line)["CHAOS"] == pytest.approx(coherence(labels, spatial * [1, 0])["CHAOS"], rel=1e-3)


def test_bad_arguments_raise(tissue):
    labels, spatial = tissue
    with pytest.raises(ValueError, match="labels has 80, spatial has 79"):
        coherence(labels, spatial[1:])
    with pytest.raises(ValueError, match="no spot with a label"):
        coherence([None, None], spatial[:2])
