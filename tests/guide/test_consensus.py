from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.guide import consensus, guide, guide_of_runs


def test_numbers_of_the_clusters_are_matched(rng):
    first = rng.dirichlet(np.full(4, 0.1), 50)
    order = np.array([2, 0, 3, 1])
    found = consensus([first, first[:, order], first[:, order[::-1]]])
    np.testing.assert_allclose(found, first, rtol=1e-5, atol=1e-7)
    assert found.dtype == np.float32


def test_by_hand():
    first = np.eye(2)[[0, 0, 0, 1, 1]]
    second = np.eye(2)[[1, 1, 0, 0, 0]]
    np.testing.assert_allclose(consensus([first, second]), [[1, 0], [1, 0], [0.5, 0.5], [0, 1], [0, 1]])


def test_rows_sum_to_one_and_runs_without_agreement_show(rng):
    found = consensus([np.eye(3)[rng.integers(3, size=300)] for _ in range(5)])
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    assert 1 / 3 < found.max(axis=1).mean() < 0.8


def test_input_is_left(rng):
    given = [rng.dirichlet(np.ones(3), 20) for _ in range(2)]
    before = [values.copy() for values in given]
    consensus(given)
    np.testing.assert_array_equal(given, before)


def test_one_cluster():
    np.testing.assert_array_equal(consensus([np.ones((4, 1))] * 3), np.ones((4, 1)))


def test_one_run_is_the_guide(toy):
    features = [toy.features()]
    one, run = (
        guide(features, toy.adjacency, 3, random_state=4),
        guide_of_runs(features, toy.adjacency, 3, random_state=4),
    )
    np.testing.assert_array_equal(one.assignment, run.assignment)
    assert one.record == run.record


def test_runs_have_the_seeds_that_follow(toy):
    features, seeds = [toy.features()], (4, 5, 6)
    runs = [guide(features, toy.adjacency, 3, random_state=seed) for seed in seeds]
    best = max(runs, key=lambda run: run.record["objective"])
    found = guide_of_runs(features, toy.adjacency, 3, n_runs=3, random_state=4, weights=[1.0])
    assert found.record == best.record
    expected = consensus([best.assignment, *(run.assignment for run in runs if run is not best)])
    np.testing.assert_array_equal(found.assignment, expected)
    assert adjusted_rand_score(best.assignment.argmax(axis=1), found.assignment.argmax(axis=1)) > 0.9


@pytest.mark.parametrize("n_domains", [1, 3])
def test_runs_that_find_nothing(toy, n_domains):
    found = guide_of_runs([np.ones((toy.n_spots, 2))], toy.adjacency, n_domains, n_runs=2)
    np.testing.assert_allclose(found.assignment, 1 / n_domains, rtol=1e-6)
    assert found.record == {}
