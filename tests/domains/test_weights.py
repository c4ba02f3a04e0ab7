from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.domains.components import Block, Components
from spamca.domains.graph import Graph
from spamca.domains.settings import DEFAULTS, DomainSettings
from spamca.domains.weights import HOPS, independent, inflation, weighted, weights_of


@pytest.fixture(scope="module")
def tissue(make_toy):
    """576 spots, 4 domains."""
    return make_toy(24, 24, 4)


@pytest.fixture(scope="module")
def mixed(tissue):
    """A modality that shows the domains, and one that is smooth without them."""
    noise = 0.2 * np.random.default_rng(5).normal(size=(tissue.n_spots, 6))
    return tissue.whitened(tissue.features(noise=0.5), tissue.texture() + noise)


@pytest.fixture(scope="module")
def times(mixed):
    return weighted(mixed, np.random.default_rng(0))[1]


def test_inflation_is_the_equation(tissue, rng):
    values, member = tissue.texture(3, 2) + rng.normal(size=(tissue.n_spots, 3)), np.eye(4)[tissue.truth]
    means = np.stack([values[tissue.truth == k].mean(axis=0) for k in range(4)])
    left = values - means[tissue.truth]
    within = np.eye(tissue.n_spots) - member / member.sum(axis=0) @ member.T
    centre, expected = np.eye(tissue.n_spots) - 1 / tissue.n_spots, []
    for h in HOPS:
        power = np.linalg.matrix_power(tissue.graph.step.toarray(), h)
        chance = np.square(centre @ power @ within).sum() / np.trace(within)
        expected.append(np.trace(np.cov((power @ left).T)) / np.trace(np.cov(left.T)) / chance)
    assert min(expected) > 2
    np.testing.assert_allclose(inflation(values, member, tissue.graph, rng), expected, rtol=0.2)


def test_what_domains_explain_does_not_count(tissue, rng):
    """Spots that are independent given their domains are counted once."""
    member = np.eye(4)[tissue.truth]
    values = 3 * member + rng.normal(size=(tissue.n_spots, 4))
    known = inflation(values, member, tissue.graph, rng)
    assert (known < 1.4).all()
    assert (inflation(values, np.ones((tissue.n_spots, 1)), tissue.graph, rng) > 3 * known).all()


def test_smoother_structure_is_counted_more_often_in_any_unit(tissue):
    member, found = np.ones((tissue.n_spots, 1)), []
    for hops in (1, 2, 4):
        values = tissue.texture(6, hops)
        first, other = (inflation(v, member, tissue.graph, np.random.default_rng(0)) for v in (values, 1e4 * values))
        np.testing.assert_allclose(first, other)
        found.append(first)
    assert (np.diff([[1, 1], *found], axis=0) > 0.5).all()


def test_inflation_is_never_below_one(tissue, rng):
    """Neighbours that differ more than by chance are not counted less than once."""
    y, x = np.divmod(np.arange(tissue.n_spots), 24)
    board, member = ((x + y) % 2 * 2 - 1.0)[:, None], np.ones((tissue.n_spots, 1))
    for values in (board, np.zeros((tissue.n_spots, 2))):
        np.testing.assert_array_equal(inflation(values, member, tissue.graph, rng), [1, 1])


def test_weights_by_hand():
    """The modality of least inflation counts in full; others as the square of what may be counted over what is."""
    given = np.column_stack([np.full(5, 9.0), [1.0, 1.9, 2, 4, 20]])
    np.testing.assert_allclose(weights_of(given, DEFAULTS), [1, 1, 1, 0.25, 0.01])
    np.testing.assert_allclose(weights_of(given, DomainSettings(full_inflation=4)), [1, 1, 1, 1, 0.04])
    np.testing.assert_allclose(weights_of(np.array([[1, 8.0], [9, 4], [1, 16]]), DEFAULTS), [1 / 16, 1, 1 / 64])
    np.testing.assert_allclose(weights_of(np.array([[1, 9.0]]), DEFAULTS), [1])


def test_spots_are_independent_where_the_modality_of_highest_weight_says_so(mixed):
    first, second = mixed.blocks
    less = mixed.having([replace(first, weight=0.5), second])
    assert independent(np.array([[1.2, 1.5], [1.4, 1.6]]), mixed)
    assert not independent(np.array([[1.4, 1.5], [1.2, 1.6]]), mixed)
    assert independent(np.array([[1.4, 1.5], [1.2, 1.6]]), less)
    assert not independent(np.array([[1.2, 1.5], [1.4, 1.6]]), less)


def test_modalities_that_see_other_domains_count_in_full(tissue, rng):
    """Domains of one alone still describe all of its structure."""
    y, x = np.divmod(np.arange(tissue.n_spots), 24)
    noise = 0.5 * rng.normal(size=(2, tissue.n_spots, 3))
    features = [(side >= 12)[:, None] * np.array([2.0, 1, 0]) + own for side, own in zip((y, x), noise, strict=True)]
    found, times = weighted(tissue.whitened(*features), rng)
    assert times.shape == (2, 2)
    assert (times >= 1).all()
    np.testing.assert_array_equal(found.weights, [1, 1])
    assert independent(times, found)


def test_smooth_modality_without_domains_counts_little(mixed, rng):
    found, times = weighted(mixed, rng)
    np.testing.assert_array_equal(found.weights, weights_of(times, DEFAULTS))
    assert found.weights[0] == 1
    assert found.weights[1] < 0.1
    assert independent(times, found)
    assert not independent(times[1:], found.having(found.blocks[1:]))
    for block, before in zip(found.blocks, mixed.blocks, strict=True):
        np.testing.assert_array_equal(block.values, before.values)


def test_weights_that_are_given_stay_and_change_no_inflation(mixed, times):
    given = mixed.having([replace(block, weight=0.3) for block in mixed.blocks])
    found, measured = weighted(given, np.random.default_rng(0), [None, 0.3])
    np.testing.assert_array_equal(found.weights, [1, 0.3])
    np.testing.assert_array_equal(measured, times)


def test_seeds_and_orders_of_spots_agree(tissue, mixed, times, rng):
    others = [weighted(mixed, np.random.default_rng(seed))[1] for seed in (1, 2)]
    others.append(weighted(mixed.take(rng.permutation(tissue.n_spots)), np.random.default_rng(0))[1])
    for other in others:
        np.testing.assert_allclose(np.log(other), np.log(times), atol=0.35)
    np.testing.assert_array_equal(weighted(mixed, np.random.default_rng(0))[1], times)


def test_spots_that_lack_the_modality_are_not_read(tissue, mixed):
    present, values = np.arange(tissue.n_spots) < 400, mixed.blocks[1].values
    lacking = tissue.having(Block(np.where(present[:, None], values, 0), present=present))
    alone = tissue.having(values).take(np.arange(400))
    first, second = (weighted(given, np.random.default_rng(0))[1] for given in (lacking, alone))
    np.testing.assert_allclose(first, second)


def test_effects_of_sections_do_not_matter(tissue):
    """A shift between sections is no structure within them."""
    graph = Graph(csr_matrix(block_diag([tissue.adjacency] * 2)))
    section = np.repeat([0, 1], tissue.n_spots)
    values = np.vstack([tissue.features(noise=0.5)] * 2)
    first, second = (
        weighted(Components((Block(v),), graph), np.random.default_rng(0), None, section)[1]
        for v in (values, values + 20 * section[:, None])
    )
    np.testing.assert_allclose(first, second, rtol=0.02)


def test_sections_count_by_their_spots_and_small_ones_not(tissue, mixed, rng):
    """Where all are small, the largest counts."""
    own = mixed.having(mixed.blocks[:1])
    section = np.repeat([0, 1, 2], [300, 200, 76])
    _, found = weighted(own, np.random.default_rng(3), None, section)
    one_by_one = np.random.default_rng(3)
    alone = [weighted(own.take(np.flatnonzero(section == s)), one_by_one)[1] for s in (0, 1)]
    np.testing.assert_allclose(found, np.average(alone, axis=0, weights=[300, 200]))
    small = np.repeat(np.arange(8), 72)
    small[:10] = 1
    _, found = weighted(own, np.random.default_rng(3), None, small)
    _, largest = weighted(own.take(np.flatnonzero(small == 1)), np.random.default_rng(3))
    np.testing.assert_array_equal(found, largest)


@pytest.mark.parametrize("n_spots", [1, 2, 12])
def test_few_spots(path, rng, n_spots):
    values = np.repeat([[0.0], [1.0]], 6, axis=0)
    found = weighted(Components((Block(values),), Graph(path)).take(np.arange(n_spots)), rng)[1]
    assert found.shape == (1, 2)
    assert np.isfinite(found).all()
