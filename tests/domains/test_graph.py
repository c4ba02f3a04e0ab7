from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix
from scipy.sparse.csgraph import shortest_path

from spamca.domains.graph import N_PATCHES, Graph


def test_step_is_the_mean_over_a_spot_and_its_neighbours(path, rng):
    weighted = path.copy()
    weighted.data = rng.uniform(0.1, 5, size=path.nnz)  # weights of edges are not read
    expected = np.zeros((12, 12))
    for spot in range(12):
        around = [other for other in (spot - 1, spot, spot + 1) if 0 <= other < 12]
        expected[spot, around] = 1 / len(around)
    np.testing.assert_allclose(Graph(weighted).step.toarray(), expected)
    np.testing.assert_array_equal(Graph(csr_matrix((3, 3))).step.toarray(), np.eye(3))


def test_averages_are_powers_of_the_step(toy, rng):
    values, graph, hops = rng.normal(size=(toy.n_spots, 2)), Graph(toy.adjacency), (0, 1, 3, 8)
    before = values.copy()
    for h, found in zip(hops, graph.averaged(values, hops), strict=True):
        np.testing.assert_allclose(found, np.linalg.matrix_power(graph.step.toarray(), h) @ values, atol=1e-12)
    np.testing.assert_array_equal(values, before)


def test_shrinkage_is_what_averaging_leaves_of_noise(toy, rng):
    graph, hops = Graph(toy.adjacency), (0, 1, 2, 8)
    dense = graph.step.toarray()
    exact = [np.square(np.linalg.matrix_power(dense, h)).sum() / toy.n_spots for h in hops]
    np.testing.assert_allclose(graph.shrinkage(hops, rng), exact, rtol=0.1)
    np.testing.assert_allclose(Graph(csr_matrix((200, 200))).shrinkage((1, 8), rng), 1, rtol=0.1)


def test_pairs_within_a_reach_are_those_of_so_many_hops(toy):
    hops, graph = shortest_path(toy.adjacency, unweighted=True), Graph(3 * toy.adjacency)
    for reach in (1, 2, 4):
        expected = (hops <= reach) & (hops > 0)
        np.testing.assert_array_equal(graph.within(reach).toarray(), expected.astype(float))


def test_graph_of_some_spots_of_some(toy, rng):
    first, second = rng.permutation(toy.n_spots)[:100], np.arange(0, 100, 2)
    graph = Graph(toy.adjacency).take(first).take(second)
    assert graph.n_spots == 50
    spots = first[second]
    np.testing.assert_array_equal(graph.adjacency.toarray(), toy.adjacency[spots][:, spots].toarray())


def test_pull_by_hand(path):
    """The coherence is gained where all 11 edges lie within domains; an end counts its one neighbour twice."""
    found = Graph(path).pull(4.0).toarray()
    degree = np.array([1, *[2] * 10, 1])
    np.testing.assert_allclose(found, 4 * 12 / 11 * (22 / 12) / degree[:, None] * (path.toarray() > 0), rtol=1e-6)
    assert not Graph(csr_matrix((3, 3))).pull(4.0).nnz


def test_missing_rows_are_means_of_neighbours_ring_by_ring(path):
    values = np.column_stack([np.arange(12.0), -np.arange(12.0)])
    present = np.ones(12, dtype=bool)
    present[[0, 5]] = False
    found = Graph(path).fill(np.where(present[:, None], values, np.nan), present)
    np.testing.assert_array_equal(found[present], values[present])
    np.testing.assert_array_equal(found[[0, 5]], [[1, -1], [5, -5]])
    ends = np.isin(np.arange(12), [0, 11])
    np.testing.assert_array_equal(Graph(path).fill(values, ends)[:, 0], [0] * 6 + [11] * 6)
    assert Graph(path).fill(values, None) is values


def test_rows_that_nothing_leads_to_are_zero():
    found = Graph(csr_matrix((4, 4))).fill(np.ones((4, 1)), np.array([True, False, True, False]))
    np.testing.assert_array_equal(found[:, 0], [1, 0, 1, 0])


@pytest.mark.parametrize("n_spots", [1, 5, N_PATCHES, 700, 1599])
def test_patches_hold_as_many_spots_as_wanted(make_toy, n_spots):
    graph = Graph(make_toy(40, 40, 3).adjacency)
    found, again = (graph.patches(n_spots, np.random.default_rng(0)) for _ in range(2))
    np.testing.assert_array_equal(found, again)
    assert found.shape == (n_spots,)
    assert (np.diff(found) > 0).all()
    assert 0 <= found[0] <= found[-1] < 1600


def test_patches_keep_neighbours_and_see_all_of_the_tissue(make_toy):
    """A sample of single spots would keep half of the edges."""
    adjacency = make_toy(100, 100, 3).adjacency
    found = Graph(adjacency).patches(5000, np.random.default_rng(0))
    assert adjacency[found][:, found].sum() / adjacency[found].sum() > 0.85
    y, x = np.divmod(found, 100)
    assert np.bincount(2 * (y >= 50) + (x >= 50), minlength=4).min() > 500


def test_patches_reach_pieces_of_tissue_that_no_centre_is_in(make_toy):
    pieces = csr_matrix(block_diag([make_toy(3, 3, 2).adjacency] * 60))
    assert len(np.unique(Graph(pieces).patches(500, np.random.default_rng(0)) // 9)) >= 500 // 9
    assert len(np.unique(Graph(csr_matrix((300, 300))).patches(200, np.random.default_rng(0)))) == 200
