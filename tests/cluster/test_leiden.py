from __future__ import annotations

import logging

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from spamca.cluster import leiden
from spamca.cluster.leiden import N_RUNS, bisect, to_number


@pytest.fixture
def separate():
    return make_blobs([80, 60, 40], 3, centers=[[0, 0, 0], [15, 0, 0], [0, 15, 0]], random_state=0)


@pytest.mark.parametrize("n_clusters", [2, 3, 7])
def test_wanted_number(separate, n_clusters):
    found = leiden(separate[0], n_clusters)
    assert len(np.unique(found.labels)) == n_clusters
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1, rtol=1e-6)
    if n_clusters == 3:
        assert adjusted_rand_score(separate[1], found.labels) == 1


def test_unreachable_number_is_logged(separate, caplog):
    # Three parts without an edge between them are at least three communities at every resolution.
    with caplog.at_level(logging.INFO, "spamca"):
        found = leiden(separate[0], 2)
    assert "merging those of 3" in caplog.text
    assert found.record["n_communities"] == 3


def test_same_seed_same_clusters(separate):
    np.testing.assert_array_equal(leiden(separate[0], 4).labels, leiden(separate[0], 4).labels)


@pytest.mark.parametrize("points", [np.ones((20, 2)), np.array([[0.0], [1.0], [2.0]])])
def test_degenerate_points(points):
    found = leiden(points, 2).by_size()
    assert found.labels.shape == (len(points),)
    assert np.isfinite(found.posterior).all()


@pytest.mark.parametrize("wanted", [2, 9, 100])
def test_bisection_finds_a_reachable_number(wanted):
    tried = []

    def run(resolution):
        tried.append(resolution)
        return np.arange(1 + int(10 * resolution))

    resolution, labels = bisect(run, wanted)
    assert len(labels) == wanted
    assert resolution == tried[-1]
    assert len(tried) < N_RUNS


def test_bisection_ends_nearest_where_there_is_none():
    tried = []

    def run(resolution):
        tried.append(resolution)
        return np.arange(3 if resolution < 0.7 else 8)

    assert len(bisect(run, 5)[1]) == 3
    assert len(tried) == N_RUNS


def test_merges_what_is_most_similar(blobs):
    points, truth = blobs
    finer = truth * 2 + (np.arange(300) % 2)
    merged = to_number(points, finer, 3)
    assert adjusted_rand_score(truth, merged) == 1
    assert set(merged) == {0, 1, 2}


def test_splits_the_widest():
    points = np.array([0.0, 0.1, 10, 10.1, 50, 50.1])[:, None]
    split = to_number(points, np.array([0, 0, 0, 0, 1, 1]), 3)
    assert adjusted_rand_score([0, 0, 1, 1, 2, 2], split) == 1


def test_right_number_is_left_alone(blobs):
    np.testing.assert_array_equal(to_number(blobs[0], blobs[1], 3), blobs[1])


def test_coinciding_points_cannot_be_split():
    assert to_number(np.repeat(np.eye(2), 3, axis=0), np.repeat([0, 1], 3), 5).max() == 1
