from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from spamca.cluster import SELECTIONS, mixture


def test_finds_elongated_clusters(blobs, line):
    points, truth = blobs
    found = mixture(points, 3, connectivities=line)
    assert adjusted_rand_score(truth, found.labels) > 0.98
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found.posterior.argmax(axis=1), found.labels)


@pytest.mark.parametrize("n_clusters", [2, 3, 6])
def test_likelihood_is_at_least_that_of_scikit_learn(blobs, n_clusters):
    points = blobs[0]
    theirs = GaussianMixture(n_clusters, covariance_type="tied", n_init=10, max_iter=300, random_state=0).fit(points)
    reached = mixture(points, n_clusters).record["best_log_likelihood"]
    expected = theirs.score(points) * len(points)
    assert reached >= expected - 1e-3 * abs(expected)


def test_linear_maps_change_the_likelihood_by_their_determinant(blobs):
    points = blobs[0]
    matrix = np.random.default_rng(1).normal(size=(4, 4))
    before, after = (
        mixture(x, 3, selection="likelihood").record["best_log_likelihood"] for x in (points, points @ matrix)
    )
    assert after == pytest.approx(before - len(points) * np.linalg.slogdet(matrix)[1], rel=1e-4)


def test_same_seed_same_clusters(blobs):
    first, second = (mixture(blobs[0], 4, random_state=3) for _ in range(2))
    np.testing.assert_array_equal(first.posterior, second.posterior)


def test_global_random_state_is_left_alone(blobs):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    mixture(blobs[0], 3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_selection(blobs, line):
    points = np.random.default_rng(0).normal(size=(300, 3))
    found = {name: mixture(points, 5, connectivities=line, selection=name).record for name in SELECTIONS}
    best = {record["best_log_likelihood"] for record in found.values()}
    assert len(best) == 1
    assert found["likelihood"]["log_likelihood"] == best.pop()
    assert mixture(points, 5).record["selection"] == "agreement"
    assert mixture(points, 5, connectivities=line).record["selection"] == "coherence"


def test_coherent_one_is_taken_of_two_equal_ones():
    # Two ways to cut four blobs at the corners of a square in two; only one of them is coherent in the tissue.
    rng = np.random.default_rng(0)
    corner = np.repeat(np.arange(4), 100)
    points = rng.normal(size=(400, 2)) * 0.5 + np.array([[0, 0], [0, 5], [5, 0], [5, 5.0]])[corner]
    for cut in (corner // 2, corner % 2):
        order = np.argsort(cut, kind="stable")
        # Spots within a side of the cut are shuffled, so that only that cut is coherent.
        shuffled = np.concatenate([rng.permutation(order[:200]), rng.permutation(order[200:])])
        graph = csr_matrix((np.ones(399), (shuffled[:-1], shuffled[1:])), shape=(400, 400))
        assert adjusted_rand_score(cut, mixture(points, 2, connectivities=graph).labels) > 0.95


def test_samples_of_large_tissue(blobs, monkeypatch):
    module = sys.modules[mixture.__module__]
    monkeypatch.setattr(module, "START_SAMPLE", 100)
    monkeypatch.setattr(module, "FIT_SAMPLE", 150)
    found = mixture(blobs[0], 3)
    assert adjusted_rand_score(blobs[1], found.labels) > 0.95
    assert len(found.labels) == 300


DEGENERATE = {
    "constant": np.ones((20, 3)),
    "two points": np.array([[0.0, 1], [1, 0]]),
    "duplicates": np.repeat(np.eye(3), 7, axis=0),
    "constant column": np.column_stack([np.random.default_rng(0).normal(size=20), np.ones(20)]),
    "more dimensions than points": np.random.default_rng(0).normal(size=(10, 40)),
    "outlier": np.concatenate([np.random.default_rng(0).normal(size=(30, 2)), [[1e6, 1e6]]]),
    "tiny": 1e-30 * np.random.default_rng(0).normal(size=(20, 3)),
    "huge": 1e30 * np.random.default_rng(0).normal(size=(20, 3)),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("n_clusters", [2, 5, "all"])
def test_degenerate_points(name, n_clusters):
    points = DEGENERATE[name]
    n_clusters = len(points) if n_clusters == "all" else min(n_clusters, len(points))
    found = mixture(points, n_clusters).by_size()
    assert found.labels.shape == (len(points),)
    assert np.isfinite(found.posterior).all()
    assert 1 <= found.labels.max() + 1 <= n_clusters


def test_distinct_points_get_their_clusters():
    assert mixture(DEGENERATE["duplicates"], 3).by_size().labels.max() == 2
    assert mixture(DEGENERATE["two points"], 2).by_size().labels.max() == 1
