from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.cluster import agreement
from spamca.cluster.agreement import SELECTIONS, Edges, pairwise_rand, select


def test_is_the_adjusted_rand_index():
    partitions = np.random.default_rng(0).integers(0, 4, (5, 60))
    partitions[4] = 3 - partitions[0]
    expected = [[adjusted_rand_score(a, b) for b in partitions] for a in partitions]
    np.testing.assert_allclose(pairwise_rand(partitions), expected, atol=1e-12)


def test_single_cluster_agrees_with_itself():
    partitions = np.array([[0, 0, 0, 0], [0, 0, 1, 1]])
    np.testing.assert_allclose(pairwise_rand(partitions), [[1, 0], [0, 1]])


KNOWN = {
    "gain": np.array([10.0, 9.5, 9.2, 5.0]),
    "agreement": np.array([0.5, 0.8, 0.6, 0.9]),
    "coherence": np.array([0.1, 0.2, 0.3, 0.9]),
}


@pytest.mark.parametrize(("selection", "chosen"), [("likelihood", 0), ("agreement", 1), ("coherence", 2)])
def test_best_within_the_band(selection, chosen):
    assert select(selection, **KNOWN) == chosen


@pytest.mark.parametrize("selection", SELECTIONS)
def test_excluded_and_hopeless_candidates(selection):
    assert select(selection, **KNOWN | {"gain": np.array([-np.inf, -1.0, -np.inf, -np.inf])}) == 1


def measure(connectivities, partition):
    edges = Edges(connectivities, np.random.default_rng(0))
    return edges.coherence(np.asarray(partition)[None, edges.spots])[0]


def test_value_by_hand(line):
    halves = np.repeat([0, 1], 150)
    ends = np.full(2, 0.5)
    expected = (298 / 299 - (ends**2).sum()) / (1 - (ends**2).sum())
    assert measure(line, halves) == pytest.approx(expected)


def test_random_is_zero_alternating_is_negative_single_is_zero(line):
    assert abs(measure(line, np.random.default_rng(0).integers(0, 3, 300))) < 0.1
    assert measure(line, np.arange(300) % 2) == pytest.approx(-1)
    assert measure(line, np.zeros(300, dtype=int)) == 0


def test_no_edges():
    edges = Edges(csr_matrix((4, 4)), np.random.default_rng(0))
    np.testing.assert_array_equal(edges.coherence(np.zeros((2, 0), dtype=int)), [0, 0])


def test_large_graph_is_sampled(line, monkeypatch):
    monkeypatch.setattr(agreement, "N_EDGES", 100)
    edges = Edges(line, np.random.default_rng(0))
    assert len(edges.spots) < 200
    assert measure(line, np.repeat([0, 1], 150)) == pytest.approx(1, abs=0.05)
