from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.domains.components import Block, Components
from spamca.domains.graph import N_PROBES, Graph
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
def probes(tissue):
    return np.random.default_rng(0).standard_normal((tissue.n_spots, N_PROBES))


def times(components, sections=None, seed=0):
    return weighted(components, np.random.default_rng(seed), None, sections)[1]


def test_inflation_is_the_equation_in_any_unit(tissue, probes):
    values, member = tissue.texture(3, 2) + tissue.features(3, 1.0), np.eye(4)[tissue.truth]
    within = np.eye(tissue.n_spots) - member / member.sum(axis=0) @ member.T
    left, centre, expected = within @ values, np.eye(tissue.n_spots) - 1 / tissue.n_spots, []
    for h in HOPS:
        power = np.linalg.matrix_power(tissue.graph.step.toarray(), h)
        chance = np.square(centre @ power @ within).sum() / np.trace(within)
        expected.append(np.trace(np.cov((power @ left).T)) / np.trace(np.cov(left.T)) / chance)
    assert min(expected) > 2
    for unit in (1, 1e4):
        found = inflation(unit * values, member, tissue.graph, probes)
        np.testing.assert_allclose(found, expected, rtol=0.2)


def test_inflation_is_high_where_domains_do_not_explain_structure_and_never_below_one(tissue, probes, rng):
    """Not for neighbours that differ more than by chance, nor for values without variance."""
    member, one = np.eye(4)[tissue.truth], np.ones((tissue.n_spots, 1))
    values = 3 * member + rng.normal(size=(tissue.n_spots, 4))
    assert (inflation(values, member, tissue.graph, probes) < 1.4).all()
    assert (inflation(values, one, tissue.graph, probes) > 4).all()
    smoother = [inflation(tissue.texture(6, hops), one, tissue.graph, probes) for hops in (1, 2, 4)]
    assert (np.diff([[1, 1], *smoother], axis=0) > 0.5).all()
    board = (np.add(*np.divmod(np.arange(tissue.n_spots), 24)) % 2 * 2 - 1.0)[:, None]
    for values in (board, 0 * board):
        np.testing.assert_array_equal(inflation(values, one, tissue.graph, probes), [1, 1])


def test_weights_by_hand():
    """The modality of least inflation counts in full; others by the square of what may be counted over what is."""
    given = np.column_stack([np.full(5, 9.0), [1.0, 1.9, 2, 4, 20]])
    np.testing.assert_allclose(weights_of(given, DEFAULTS), [1, 1, 1, 0.25, 0.01])
    np.testing.assert_allclose(weights_of(given, DomainSettings(full_inflation=4)), [1, 1, 1, 1, 0.04])
    np.testing.assert_allclose(weights_of(np.array([[1, 8.0], [9, 4], [1, 16]]), DEFAULTS), [1 / 16, 1, 1 / 64])


def test_spots_are_independent_where_the_modality_of_highest_weight_says_so(mixed):
    less = mixed.having([replace(mixed.blocks[0], weight=0.5), mixed.blocks[1]])
    for first, second in ((1.2, 1.4), (1.4, 1.2)):
        given = np.array([[first, 1.5], [second, 1.6]])
        assert independent(given, mixed) is (first < 1.3)
        assert independent(given, less) is (second < 1.3)


def test_smooth_modality_without_domains_counts_little_unless_its_weight_is_given(mixed):
    found, measured = weighted(mixed, np.random.default_rng(0))
    np.testing.assert_array_equal(found.weights, weights_of(measured, DEFAULTS))
    assert found.weights[0] == 1
    assert found.weights[1] < 0.1
    assert independent(measured, found)
    assert not independent(measured[1:], found.having(found.blocks[1:]))
    given = mixed.having([replace(block, weight=0.3) for block in mixed.blocks])
    kept, again = weighted(given, np.random.default_rng(0), [None, 0.3])
    np.testing.assert_array_equal(kept.weights, [1, 0.3])
    np.testing.assert_array_equal(again, measured)


def test_seeds_and_orders_of_spots_agree_and_spots_that_lack_the_modality_are_not_read(tissue, mixed, rng):
    first = times(mixed)
    np.testing.assert_array_equal(times(mixed), first)
    for other in (times(mixed, seed=1), times(mixed.take(rng.permutation(tissue.n_spots)))):
        np.testing.assert_allclose(np.log(other), np.log(first), atol=0.35)
    present, values = np.arange(tissue.n_spots) < 400, mixed.blocks[1].values
    lacking = tissue.having(Block(np.where(present[:, None], values, 0), present=present))
    np.testing.assert_allclose(times(lacking), times(tissue.having(values).take(np.arange(400))))


def test_sections_count_by_their_spots_small_ones_and_effects_not(tissue, mixed):
    """Where all are small, the largest counts. A shift between sections is no structure within them."""
    own, section, rng = mixed.having(mixed.blocks[:1]), np.repeat([0, 1, 2], [300, 200, 76]), np.random.default_rng(0)
    alone = [weighted(own.take(np.flatnonzero(section == s)), rng)[1] for s in (0, 1)]
    np.testing.assert_allclose(times(own, section), np.average(alone, axis=0, weights=[300, 200]))
    small = np.repeat(np.arange(8), 72)
    small[:10] = 1
    np.testing.assert_array_equal(times(own, small), times(own.take(np.flatnonzero(small == 1))))
    graph, two = Graph(csr_matrix(block_diag([tissue.adjacency] * 2))), np.repeat([0, 1], tissue.n_spots)
    values = np.vstack([tissue.features(noise=0.5)] * 2)
    first, second = (times(Components((Block(values + by * two[:, None]),), graph), two) for by in (0, 20))
    np.testing.assert_allclose(first, second, rtol=0.02)


@pytest.mark.parametrize("n_spots", [1, 2, 12])
def test_few_spots(path, n_spots):
    given = Components((Block(np.repeat([[0.0], [1.0]], 6, axis=0)),), Graph(path))
    assert np.isfinite(times(given.take(np.arange(n_spots)))).all()


@pytest.mark.parametrize("lacking", [False, True])
def test_large_sections_are_weighed_in_patches(make_toy, monkeypatch, lacking):
    """A modality that some spots lack, and one that all have; two sections of different size."""
    toy = make_toy(40, 40, 4)
    noise = 0.2 * np.random.default_rng(5).normal(size=(toy.n_spots, 6))
    components = toy.whitened(toy.features(noise=0.5), toy.texture() + noise)
    if lacking:
        present = np.random.default_rng(0).random(toy.n_spots) < 0.8
        first, second = components.blocks
        components = components.having(
            [first, replace(second, values=second.values * present[:, None], present=present)]
        )
    sections = (np.arange(toy.n_spots) < 1000).astype(int)
    whole = times(components, sections)
    taken = []
    monkeypatch.setattr("spamca.domains.weights.MOST", 400)
    monkeypatch.setattr("spamca.domains.weights.N_PATCHES", 1)
    original = Components.take
    monkeypatch.setattr(Components, "take", lambda self, spots: taken.append(len(spots)) or original(self, spots))
    found = times(components, sections)
    assert max(taken) == 400
    assert (found[:, 1] > 1.5).tolist() == (whole[:, 1] > 1.5).tolist() == [False, True]
    np.testing.assert_allclose(found, whole, rtol=0.5)
