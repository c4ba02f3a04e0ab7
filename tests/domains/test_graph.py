import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix
from scipy.sparse.csgraph import shortest_path

from spamca.domains.graph import Graph
from spamca.graph import spatial_graph


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
    other, values, present = Graph(path.copy()), np.arange(12.0)[:, None] ** 2, np.arange(12) % 3 > 0
    other.adjacency.data[:] = rng.uniform(0.1, 5, size=path.nnz)
    for of in (lambda g: g.step, lambda g: g.pull(4.0), lambda g: g.within(3)):
        np.testing.assert_array_equal(of(other).toarray(), of(row).toarray())
    np.testing.assert_array_equal(other.fill(values, present), row.fill(values, present))


def test_scales_are_powers_of_the_step_shrinkage_what_they_leave_of_noise_and_reaches_so_many_hops(toy, rng):
    values, hops, dense = rng.normal(size=(toy.n_spots, 2)), (0, 1, 3, 8), toy.graph.step.toarray()
    powers = [np.linalg.matrix_power(dense, h) for h in hops]
    for power, found in zip(powers, toy.graph.averaged(values, hops), strict=True):
        np.testing.assert_allclose(found, power @ values, atol=1e-12)
    found = toy.graph.shrinkage(hops, rng)
    np.testing.assert_allclose(found, [np.square(power).sum() / toy.n_spots for power in powers], rtol=0.1)
    np.testing.assert_allclose(Graph(csr_matrix((200, 200))).shrinkage((1, 8), rng), 1, rtol=0.1)
    hops = shortest_path(toy.adjacency, unweighted=True)
    for reach in (1, 2, 4):
        np.testing.assert_array_equal(toy.graph.within(reach).toarray(), ((hops <= reach) & (hops > 0)).astype(float))


def test_pull_is_the_same_for_each_spot_and_an_edge_counts_what_it_gains(path):
    """The one neighbour of an end counts for as much as the two of other spots; a spot alone has no pull."""
    pull = Graph(csr_matrix(block_diag([path, csr_matrix((1, 1))]))).pull(4.0).toarray()
    assert pull.dtype == np.float32
    np.testing.assert_allclose(pull.sum(axis=1), [4 * 13 / 11 * 22 / 13] * 12 + [0], rtol=1e-6)
    assert pull[0, 1] == pytest.approx(2 * pull[1, 2])
    assert not Graph(csr_matrix((5, 5))).pull(4.0).nnz


def test_missing_rows_are_means_of_neighbours_ring_by_ring(row):
    values, present = np.column_stack([np.arange(12.0), -np.arange(12.0)]), np.ones(12, dtype=bool)
    np.testing.assert_array_equal(row.fill(values, present), values)
    assert row.fill(values, None) is values
    present[[0, 5]] = False
    found = row.fill(values, present)
    np.testing.assert_array_equal(found[present], values[present])
    np.testing.assert_array_equal(found[[0, 5]], [[1, -1], [5, -5]])
    ends = np.isin(np.arange(12), [0, 11])
    np.testing.assert_array_equal(row.fill(values, ends)[:, 0], [0] * 6 + [11] * 6)
    np.testing.assert_array_equal(row.fill(np.where(ends, 1, np.nan)[:, None], ends), np.ones((12, 1)))
    alone = Graph(csr_matrix((12, 12))).fill(values + 1, ends)
    np.testing.assert_array_equal(alone[:, 0], [1] + [0] * 10 + [12])


@pytest.mark.parametrize("n_spots", [1, 5, 40, 700, 1600])
def test_patches_hold_as_many_spots_as_wanted_and_depend_on_the_seed(make_toy, n_spots):
    graph = make_toy(40, 40, 3).graph
    found, again, other = (graph.patches(n_spots, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert len(found) == n_spots
    assert (np.diff([-1, *found, 1600]) > 0).all()
    np.testing.assert_array_equal(found, again)
    assert n_spots == 1600 or not np.array_equal(found, other)


def test_patches_keep_neighbours_and_see_all_of_the_tissue(make_toy, rng):
    """Far more neighbours than a sample of single spots, also in pieces of tissue without a centre."""
    graph = make_toy(100, 100, 3).graph
    found = graph.patches(5000, rng)
    assert graph.take(found).adjacency.sum() / graph.adjacency[found].sum() > 0.85
    y, x = np.divmod(found, 100)
    assert np.bincount(2 * (y >= 50) + (x >= 50), minlength=4).min() > 500
    pieces = Graph(csr_matrix(block_diag([make_toy(3, 3, 2).adjacency] * 60)))
    assert len(np.unique(pieces.patches(500, rng) // 9)) >= 500 // 9
    assert len(np.unique(Graph(csr_matrix((300, 300))).patches(200, rng))) == 200


def test_shrinkage_of_many_spots_needs_few_random_values_of_each(toy, rng, monkeypatch):
    exact = [np.square(np.linalg.matrix_power(toy.graph.step.toarray(), h)).sum() / toy.n_spots for h in (1, 4)]
    monkeypatch.setattr("spamca.domains.graph.PROBED", 8 * toy.n_spots)
    drawn = []
    monkeypatch.setattr(
        toy.graph, "averaged", lambda values, hops: drawn.append(values) or Graph.averaged(toy.graph, values, hops)
    )
    np.testing.assert_allclose(toy.graph.shrinkage((1, 4), rng), exact, rtol=0.3)
    assert drawn[0].shape == (toy.n_spots, 8)


def test_patches_of_each_section_by_its_size(rng):
    sizes = (900, 90, 10)
    sections = np.repeat(np.arange(3), sizes)
    coords = np.column_stack([np.arange(1000) % 30, np.arange(1000) // 30])
    graph = Graph(spatial_graph(coords, library=sections.astype(str)).connectivities)
    spots = graph.patches_by_section(sections, 200, rng, least=20)
    assert (np.diff(spots) > 0).all()
    assert np.bincount(sections[spots]).tolist() == [180, 18, 2]
    assert len(graph.patches_by_section(sections, 1000, rng, least=20)) == 1000
