from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix
from scipy.sparse.csgraph import shortest_path

from spamca.domains.graph import N_PATCHES, Graph


@pytest.fixture
def row(path):
    return Graph(path)


def test_step_is_the_mean_over_a_spot_and_its_neighbours(row):
    expected = np.zeros((12, 12))
    for spot in range(12):
        around = [other for other in (spot - 1, spot, spot + 1) if 0 <= other < 12]
        expected[spot, around] = 1 / len(around)
    np.testing.assert_allclose(row.step.toarray(), expected)
    np.testing.assert_array_equal(Graph(csr_matrix((3, 3))).step.toarray(), np.eye(3))


def test_weights_of_edges_do_not_matter(path, row, rng):
    weighed = path.copy()
    weighed.data = rng.uniform(0.1, 5, size=path.nnz)
    other, values, present = Graph(weighed), np.arange(12.0)[:, None] ** 2, np.arange(12) % 3 > 0
    np.testing.assert_array_equal(other.step.toarray(), row.step.toarray())
    np.testing.assert_array_equal(other.pull(4.0).toarray(), row.pull(4.0).toarray())
    np.testing.assert_array_equal(other.within(3).toarray(), row.within(3).toarray())
    np.testing.assert_array_equal(other.fill(values, present), row.fill(values, present))


def test_part_of_a_part_is_the_graph_of_its_spots(toy, rng):
    first, second = rng.permutation(196)[:90], rng.permutation(90)[:40]
    part = toy.graph.take(first).take(second)
    expected = toy.adjacency[first[second]][:, first[second]].toarray()
    assert part.n_spots == 40
    np.testing.assert_array_equal(part.adjacency.toarray(), expected)
    np.testing.assert_array_equal(part.links.toarray(), expected)
    one, other = part.edges
    assert len(one) == expected.sum() / 2
    assert expected[one, other].all()


def test_scales_are_powers_of_the_step(toy, rng):
    values = rng.normal(size=(toy.n_spots, 2))
    before, hops = values.copy(), (0, 1, 3, 8)
    for h, found in zip(hops, toy.graph.averaged(values, hops), strict=True):
        expected = np.linalg.matrix_power(toy.graph.step.toarray(), h) @ values
        np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(values, before)
    (constant,) = toy.graph.averaged(np.full((toy.n_spots, 1), 3.0), (8,))
    np.testing.assert_allclose(constant, 3)


def test_shrinkage_is_what_averaging_leaves_of_noise(toy, rng):
    hops, dense = (0, 1, 2, 8), toy.graph.step.toarray()
    exact = [np.square(np.linalg.matrix_power(dense, h)).sum() / toy.n_spots for h in hops]
    found = toy.graph.shrinkage(hops, rng)
    np.testing.assert_allclose(found, exact, rtol=0.1)
    assert (np.diff(found) < 0).all()
    np.testing.assert_allclose(Graph(csr_matrix((200, 200))).shrinkage((1, 8), rng), 1, rtol=0.1)


def test_pairs_within_a_reach_are_those_of_so_many_hops(toy):
    hops = shortest_path(toy.adjacency, unweighted=True)
    for reach in (1, 2, 4):
        expected = ((hops <= reach) & (hops > 0)).astype(float)
        np.testing.assert_array_equal(Graph(3 * toy.adjacency).within(reach).toarray(), expected)


def test_pull_gives_each_spot_the_same_and_an_edge_what_it_gains(path):
    """An end has one neighbour, which counts for as much as the two of other spots; a spot alone is pulled nowhere."""
    pull = Graph(csr_matrix(block_diag([path, csr_matrix((1, 1))]))).pull(4.0).toarray()
    strength, mean_degree = 4 * 13 / 11, 22 / 13
    assert pull.dtype == np.float32
    np.testing.assert_allclose(pull.sum(axis=1), [strength * mean_degree] * 12 + [0], rtol=1e-6)
    assert pull[0, 1] == pytest.approx(2 * pull[1, 2])
    assert not Graph(csr_matrix((5, 5))).pull(4.0).nnz


def test_missing_rows_are_means_of_neighbours_ring_by_ring(row):
    values, present = np.column_stack([np.arange(12.0), -np.arange(12.0)]), np.ones(12, dtype=bool)
    present[[0, 5]] = False
    found = row.fill(values, present)
    np.testing.assert_array_equal(found[present], values[present])
    np.testing.assert_array_equal(found[[0, 5]], [[1, -1], [5, -5]])
    ends = np.isin(np.arange(12), [0, 11])
    np.testing.assert_array_equal(row.fill(np.arange(12.0)[:, None], ends)[:, 0], [0] * 6 + [11] * 6)


def test_filling_reads_nothing_that_is_missing_and_is_zero_where_no_path_leads(row):
    even = np.arange(12) % 2 == 0
    np.testing.assert_array_equal(row.fill(np.where(even, 1.0, np.nan)[:, None], even), np.ones((12, 1)))
    alone = Graph(csr_matrix((4, 4))).fill(np.ones((4, 2)), np.arange(4) % 2 == 0)
    np.testing.assert_array_equal(alone[:, 0], [1, 0, 1, 0])
    values = np.arange(12.0)[:, None]
    assert row.fill(values, None) is values
    np.testing.assert_array_equal(row.fill(values, np.ones(12, dtype=bool)), values)


@pytest.mark.parametrize("n_spots", [1, 5, N_PATCHES, 700, 1600])
def test_patches_hold_as_many_spots_as_wanted(make_toy, n_spots):
    found = make_toy(40, 40, 3).graph.patches(n_spots, np.random.default_rng(0))
    assert found.shape == (n_spots,)
    assert (np.diff(found) > 0).all()
    assert 0 <= found[0] <= found[-1] < 1600


def test_patches_keep_neighbours_and_see_all_of_the_tissue(make_toy):
    """Far more neighbours than a sample of single spots, which keeps the share that it draws."""
    graph = make_toy(100, 100, 3).graph
    found = graph.patches(5000, np.random.default_rng(0))
    assert graph.take(found).adjacency.sum() / graph.adjacency[found].sum() > 0.85
    y, x = np.divmod(found, 100)
    assert np.bincount(2 * (y >= 50) + (x >= 50), minlength=4).min() > 500


def test_patches_reach_pieces_of_tissue_that_no_centre_is_in(make_toy):
    pieces = Graph(csr_matrix(block_diag([make_toy(3, 3, 2).adjacency] * 60)))
    assert len(np.unique(pieces.patches(500, np.random.default_rng(0)) // 9)) >= 500 // 9
    single = Graph(csr_matrix((300, 300))).patches(200, np.random.default_rng(0))
    assert len(np.unique(single)) == 200


def test_same_seed_gives_the_same_patches(make_toy):
    graph = make_toy(40, 40, 3).graph
    first, second, other = (graph.patches(500, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
