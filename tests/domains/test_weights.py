from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.domains import DEFAULTS, Block, noise_whitened
from spamca.domains.components import Components
from spamca.domains.graph import Graph
from spamca.domains.weights import HOPS, independent, inflation, weighted, weights_of


@pytest.fixture(scope="module")
def tissue(make_toy):
    """576 spots, 4 domains."""
    return make_toy(24, 24, 4)


@pytest.fixture(scope="module")
def graph(tissue):
    return Graph(tissue.adjacency)


@pytest.fixture(scope="module")
def inflations(together):
    return lambda blocks, graph, rng, sections=None: weighted(together(blocks, graph), rng, None, sections)[1]


def lead(times, weights):
    """Whether spots count as independent, by modalities of these weights."""
    blocks = tuple(Block(np.zeros((1, 1)), weight) for weight in weights)
    return independent(times, Components(blocks, Graph(csr_matrix((1, 1)))))


def block(tissue, values, **other):
    return Block(noise_whitened(values, tissue.adjacency), **other)


def domains_and_texture(tissue):
    noise = 0.2 * np.random.default_rng(5).normal(size=(tissue.n_spots, 6))
    return [block(tissue, tissue.features(noise=0.5)), block(tissue, tissue.texture() + noise, modality=1)]


def test_inflation_is_the_equation(tissue, graph, rng):
    values, member = tissue.texture(3, 2) + rng.normal(size=(tissue.n_spots, 3)), np.eye(4)[tissue.truth]
    means = np.stack([values[tissue.truth == k].mean(axis=0) for k in range(4)])
    left = values - means[tissue.truth]
    within = np.eye(tissue.n_spots) - member / member.sum(axis=0) @ member.T
    centre, expected = np.eye(tissue.n_spots) - 1 / tissue.n_spots, []
    for h in HOPS:
        power = np.linalg.matrix_power(graph.step.toarray(), h)
        chance = np.square(centre @ power @ within).sum() / np.trace(within)
        expected.append(np.trace(np.cov((power @ left).T)) / np.trace(np.cov(left.T)) / chance)
    assert min(expected) > 2
    np.testing.assert_allclose(inflation(values, member, graph, rng), expected, rtol=0.2)


def test_independent_spots_are_counted_once(tissue, graph, rng):
    values = 2 * np.eye(4)[tissue.truth] + rng.normal(size=(tissue.n_spots, 4))
    assert (inflation(values, np.eye(4)[tissue.truth], graph, rng) < 1.4).all()


def test_what_domains_explain_does_not_count(tissue, graph, rng):
    values, member = 3 * np.eye(4)[tissue.truth] + rng.normal(size=(tissue.n_spots, 4)), np.eye(4)[tissue.truth]
    whole = inflation(values, np.ones((tissue.n_spots, 1)), graph, rng)
    assert (whole > 3 * inflation(values, member, graph, rng)).all()


def test_smoother_structure_is_counted_more_often(tissue, graph, rng):
    member = np.ones((tissue.n_spots, 1))
    times = [inflation(tissue.texture(6, hops), member, graph, rng) for hops in (1, 2, 4)]
    assert (np.diff([[1, 1], *times], axis=0) > 0.5).all()


def test_units_do_not_matter(tissue, graph):
    values, member = tissue.texture(), np.eye(4)[tissue.truth]
    first, second = (inflation(v, member, graph, np.random.default_rng(0)) for v in (values, 1e4 * values))
    np.testing.assert_allclose(first, second)


def test_it_is_never_below_one(tissue, graph, rng):
    """Neighbours that differ more than chance has it are not counted less than once."""
    y, x = np.divmod(np.arange(tissue.n_spots), 24)
    board = ((x + y) % 2 * 2 - 1.0)[:, None]
    member = np.ones((tissue.n_spots, 1))
    np.testing.assert_array_equal(inflation(board, member, graph, rng), [1, 1])
    np.testing.assert_array_equal(inflation(np.zeros((tissue.n_spots, 2)), member, graph, rng), [1, 1])


def test_weights_by_hand():
    times = np.column_stack([np.full(5, 9.0), [1.0, 1.9, 2, 4, 20]])
    np.testing.assert_allclose(weights_of(times, DEFAULTS), [1, 1, 1, 0.25, 0.01])


def test_the_modality_of_least_inflation_counts_in_full():
    np.testing.assert_allclose(weights_of(np.array([[1, 8.0], [9, 4], [1, 16]]), DEFAULTS), [1 / 16, 1, 1 / 64])
    np.testing.assert_allclose(weights_of(np.array([[1, 9.0]]), DEFAULTS), [1])


def test_spots_are_independent_where_the_leading_modality_says_so():
    above, below = DEFAULTS.independent_inflation + 0.1, DEFAULTS.independent_inflation - 0.1
    assert lead(np.array([[below, 1.5], [above, 1.6]]), np.ones(2))
    assert not lead(np.array([[above, 1.5], [below, 1.6]]), np.ones(2))
    assert lead(np.array([[above, 1.5], [below, 1.6]]), np.array([0.5, 1]))


def test_modalities_that_see_domains_count_in_full(tissue, rng, inflations):
    """Each sees other borders: domains of one alone still describe all of its structure."""
    y, x = np.divmod(np.arange(tissue.n_spots), 24)
    blocks = [
        block(tissue, (side >= 12)[:, None] * np.array([2.0, 1, 0]) + 0.5 * rng.normal(size=(tissue.n_spots, 3)))
        for side in (y, x)
    ]
    times = inflations(blocks, tissue.adjacency, rng)
    assert times.shape == (2, 2)
    assert (times >= 1).all()
    np.testing.assert_array_equal(weights_of(times, DEFAULTS), [1, 1])
    assert lead(times, weights_of(times, DEFAULTS))


def test_smooth_modality_without_domains_hardly_counts(tissue, rng, inflations):
    times = inflations(domains_and_texture(tissue), tissue.adjacency, rng)
    assert weights_of(times, DEFAULTS)[0] == 1
    assert weights_of(times, DEFAULTS)[1] < 0.1
    assert lead(times, weights_of(times, DEFAULTS))
    assert not lead(times[1:], np.ones(1))


def test_weights_do_not_matter(tissue, inflations):
    blocks = domains_and_texture(tissue)
    weighed = [Block(b.values, 0.1, modality=b.modality) for b in blocks]
    first, second = (inflations(given, tissue.adjacency, np.random.default_rng(0)) for given in (blocks, weighed))
    np.testing.assert_array_equal(first, second)


def test_seeds_agree(tissue, inflations):
    blocks = domains_and_texture(tissue)
    times = [inflations(blocks, tissue.adjacency, np.random.default_rng(seed)) for seed in range(4)]
    np.testing.assert_allclose(np.log(times), np.log(times[:1]).repeat(4, axis=0), atol=0.35)


def test_order_of_spots_hardly_matters(tissue, rng, inflations):
    blocks, order = domains_and_texture(tissue), rng.permutation(tissue.n_spots)
    first = inflations(blocks, tissue.adjacency, np.random.default_rng(0))
    shuffled = tissue.adjacency[order][:, order]
    second = inflations([b.take(order) for b in blocks], shuffled, np.random.default_rng(0))
    np.testing.assert_allclose(np.log(second), np.log(first), atol=0.35)


def test_spots_that_lack_the_modality_are_not_read(tissue, inflations):
    present = np.arange(tissue.n_spots) < 400
    whole = domains_and_texture(tissue)[1]
    lacking = Block(np.where(present[:, None], whole.values, 0), present=present)
    alone = Block(whole.values[:400])
    first = inflations([lacking], tissue.adjacency, np.random.default_rng(0))
    second = inflations([alone], tissue.adjacency[:400][:, :400], np.random.default_rng(0))
    np.testing.assert_allclose(first, second)


def test_effects_of_sections_have_no_part(tissue, inflations):
    """A shift between sections is no structure within them."""
    graph, section = csr_matrix(block_diag([tissue.adjacency] * 2)), np.repeat([0, 1], tissue.n_spots)
    values = np.vstack([tissue.features(noise=0.5)] * 2)
    shifted = values + 20 * section[:, None]
    first, second = (inflations([Block(v)], graph, np.random.default_rng(0), section) for v in (values, shifted))
    np.testing.assert_allclose(first, second, rtol=0.02)


def test_sections_count_by_their_spots_and_small_ones_not(tissue, rng, inflations):
    values = np.vstack([tissue.features(noise=0.5), tissue.texture()])
    graph = csr_matrix(block_diag([tissue.adjacency] * 2))
    section = np.repeat([0, 1], tissue.n_spots)
    few = np.where(np.arange(len(section)) < 50, 2, section)  # too few to be judged
    kept = graph.multiply(few[:, None] == few[None, :]).tocsr()
    apart = [inflations([Block(part)], tissue.adjacency, np.random.default_rng(0)) for part in np.split(values, 2)]
    both = inflations([Block(values)], graph, np.random.default_rng(0), section)
    np.testing.assert_allclose(np.log(both), np.log(np.mean(apart, axis=0)), atol=0.2)
    assert np.isfinite(inflations([Block(values)], kept, rng, few)).all()


def test_weights_that_are_given_stay(tissue, together, rng):
    given = together(domains_and_texture(tissue), tissue.adjacency)
    found, times = weighted(given, rng)
    np.testing.assert_array_equal(found.weights, weights_of(times, DEFAULTS))
    assert found.weights[1] < 0.1
    kept, _ = weighted(given, rng, [None, 1.0])
    np.testing.assert_array_equal(kept.weights, [1, 1])


@pytest.mark.parametrize("n_spots", [1, 2, 12])
def test_few_spots(path, rng, n_spots, inflations):
    values = np.repeat([[0.0], [1.0]], 6, axis=0)[:n_spots]
    found = inflations([Block(values)], path[:n_spots][:, :n_spots], rng)
    assert found.shape == (1, 2)
    assert np.isfinite(found).all()
