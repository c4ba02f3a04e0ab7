from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

import spamca
from spamca.metrics import mixing


@pytest.fixture
def points():
    return np.random.default_rng(0).normal(size=(400, 3))


def test_mixing_of_sections(points):
    library, labels = np.repeat(["a", "b"], 200), np.tile([0, 1], 200)
    embedding = points + 20 * labels[:, None]
    mixed = mixing(library, domains=labels, embedding=embedding, labels=labels)
    assert list(mixed) == ["section entropy", "iLISI", "cLISI"]
    assert mixed["section entropy"] == pytest.approx(1)
    assert mixed["iLISI"] > 0.85
    assert mixed["cLISI"] == pytest.approx(1)
    apart = mixing(library, domains=library, embedding=points + 20 * (library == "b")[:, None], labels=labels)
    assert apart["section entropy"] == pytest.approx(0)
    assert apart["iLISI"] == pytest.approx(0)
    assert apart["cLISI"] < 0.2


def test_what_is_not_given_is_not_measured(points):
    library = np.repeat(["a", "b"], 200)
    assert mixing(library) == {}
    assert list(mixing(library, embedding=points)) == ["iLISI"]
    assert list(mixing(library, domains=library)) == ["section entropy"]


def test_spots_without_a_label_are_left_out(points):
    library = np.repeat(["a", "b"], 200)
    labels = np.tile(["x", "y", "unknown", "nan"], 100)
    embedding = points + 20 * (labels == "y")[:, None]
    assert mixing(library, embedding=embedding, labels=labels)["cLISI"] > 0.9
    assert np.isnan(mixing(library, embedding=embedding, labels=["x"] * 400)["cLISI"])


def test_one_section_cannot_be_mixed(points):
    with pytest.raises(ValueError, match="library must name two sections at least, got 1"):
        mixing(["a"] * 400, embedding=points)
    with pytest.raises(ValueError, match="library has 3, embedding has 400"):
        mixing(["a", "b", "a"], embedding=points)


def test_tissue_is_no_array():
    mdata = spamca.datasets.simulated(n_spots=40, n_domains=2, n_features=3)
    with pytest.raises(TypeError, match=r"got MuData; call spamca\.metrics\.score"):
        spamca.metrics.mixing(mdata)
    with pytest.raises(TypeError, match=r"got AnnData; call spamca\.metrics\.score"):
        spamca.metrics.agreement(mdata["rna"], mdata.obs["label"])


def naive_lisi(groups: np.ndarray, points: np.ndarray) -> float:
    """Median effective number of groups from its definition."""
    away = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(away, np.inf)

    def shares(distance: np.ndarray, beta: float) -> np.ndarray:
        p = np.exp(-beta * (distance - distance.min()))
        return p / p.sum()

    def excess(beta: float, distance: np.ndarray) -> float:
        p = shares(distance, beta)
        return -(p * np.log(p)).sum() - np.log(30)

    around = []
    for distance in away:
        near = distance.argsort()[:90]
        p = shares(distance[near], brentq(excess, 1e-6, 50, args=(distance[near],)))
        around.append(1 / sum(p[groups[near] == g].sum() ** 2 for g in np.unique(groups)))
    return np.median(around)


def test_lisi_is_what_its_definition_gives(points):
    library, labels = np.random.default_rng(1).integers([[3], [4]], size=(2, 400))
    labels[points[:, 0] > 0.5] = 0
    found = mixing(library, embedding=points, labels=labels)
    assert found["iLISI"] == pytest.approx((naive_lisi(library, points) - 1) / 2)
    assert found["cLISI"] == pytest.approx((4 - naive_lisi(labels, points)) / 3)


def test_spots_on_one_point_have_neighbours_too():
    library = np.random.default_rng(0).integers(2, size=300)
    assert mixing(library, embedding=np.zeros((300, 2)))["iLISI"] > 0.9


@pytest.mark.slow
def test_a_sample_stands_for_large_tissue():
    rng = np.random.default_rng(0)
    library, points = rng.integers(2, size=5_100), rng.normal(size=(5_100, 2))
    first, again, other = (mixing(library, embedding=points, random_state=seed)["iLISI"] for seed in (0, 0, 1))
    assert first == again != other
    assert first == pytest.approx(other, abs=0.05)
    assert first > 0.8


def test_two_spots():
    assert mixing(["a", "b"], embedding=[[0.0], [1.0]])["iLISI"] == 0
