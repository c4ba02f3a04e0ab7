from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.sparse import csr_matrix

from spamca.domains import DomainSettings, noise_whitened
from spamca.domains.graph import Graph
from spamca.domains.noise import noise_whitening


def noise_of(values, adjacency):
    """Half the mean outer product of differences, edge by edge."""
    row, column = adjacency.nonzero()
    difference = values[row] - values[column]
    return difference.T @ difference / (2 * len(row))


def test_is_the_equation(toy):
    values = toy.features()
    centred = values - values.mean(axis=0)
    total = centred.T @ centred / len(values)
    floor = 1e-3 * np.trace(total) / len(total) * np.eye(len(total))
    ratio, axes = eigh(total, noise_of(values, toy.adjacency) + floor)
    whitening, found = noise_whitening(values, toy.graph)
    r = found.shape[1]
    assert 0 < r < len(total)
    expected = centred @ axes[:, ::-1][:, :r]
    np.testing.assert_allclose(found * np.sign((found * expected).sum(axis=0)), expected, atol=1e-9)
    assert (1 - 1 / ratio[::-1][:r] > 0.05).all()
    np.testing.assert_allclose(whitening.components(values), found, atol=1e-9)
    np.testing.assert_array_equal(noise_whitened(values, toy.adjacency), found)


def test_units_are_the_noise(toy):
    found = noise_whitened(toy.features(), toy.adjacency)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(noise_of(found, toy.adjacency), np.eye(found.shape[1]), atol=0.01)
    size = found.var(axis=0)
    assert (np.diff(size) <= 0).all()
    assert size[0] > 1.5


def test_domains_span_one_component_less_than_their_number(make_toy):
    toy = make_toy(30, 30, 4)
    assert noise_whitened(toy.features(10, noise=0.3), toy.adjacency).shape == (900, 3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_features", [1, 5, 30])
def test_noise_has_no_component(toy, n_features, seed):
    values = np.random.default_rng(seed).normal(size=(toy.n_spots, n_features))
    assert noise_whitened(values, toy.adjacency).shape == (toy.n_spots, 0)


def test_quiet_signal_is_found_in_loud_noise(make_toy, rng):
    """Principal components would see the noise only."""
    toy = make_toy(25, 25, 2)
    values = np.column_stack([rng.normal(size=(toy.n_spots, 4)) * 5, toy.truth + 0.3 * rng.normal(size=toy.n_spots)])
    found = noise_whitened(values, toy.adjacency)
    assert found.shape[1] == 1
    assert abs(np.corrcoef(found[:, 0], toy.truth)[0, 1]) > 0.8


def test_units_offset_axes_and_weights_of_edges_do_not_matter(toy, rng):
    values, turned = toy.features(), np.linalg.qr(rng.normal(size=(6, 6)))[0]
    first, second = noise_whitened(values, toy.adjacency), noise_whitened(1e5 * values @ turned + 7, toy.adjacency)
    np.testing.assert_allclose(second * np.sign((first * second).sum(axis=0)), first, atol=1e-6)
    np.testing.assert_array_equal(noise_whitened(values, csr_matrix(0.3 * toy.adjacency)), first)


def test_order_of_spots_and_features_does_not_matter(toy, rng):
    values, order = toy.features(), rng.permutation(toy.n_spots)
    first = noise_whitened(values, toy.adjacency)
    second = noise_whitened(values[order][:, ::-1], toy.adjacency[order][:, order])
    np.testing.assert_allclose(np.abs(second), np.abs(first[order]), atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e9])
def test_constant_features_are_left_out(toy, value):
    constant = np.full((toy.n_spots, 3), value)
    assert noise_whitened(constant, toy.adjacency).shape == (toy.n_spots, 0)
    whitening, both = noise_whitening(np.hstack([toy.features(), constant]), toy.graph)
    np.testing.assert_allclose(both, noise_whitened(toy.features(), toy.adjacency))
    assert not whitening.axes[6:].any()


def test_without_edges_there_is_no_component(rng):
    assert noise_whitened(rng.normal(size=(20, 3)), csr_matrix((20, 20))).shape == (20, 0)


def test_neighbours_that_are_alike_leave_no_noise_and_no_infinity(path):
    found = noise_whitened(np.repeat([[0.0], [1.0]], 6, axis=0), path)
    assert found.shape == (12, 1)
    assert np.isfinite(found).all()


def test_input_is_left(toy):
    values = toy.features().astype(np.float32)
    before = values.copy()
    assert noise_whitened(values, toy.adjacency).dtype == np.float64
    np.testing.assert_array_equal(values, before)


def test_faint_domains_show_among_farther_neighbours(make_toy):
    toy = make_toy(16, 16, 2)

    def shown(settings):
        given = (toy.features(20, noise=4.0, seed=seed) for seed in range(12))
        return sum(noise_whitening(values, toy.graph, settings)[1].shape[1] > 0 for values in given)

    assert shown(DomainSettings()) >= shown(DomainSettings(reaches=(1,))) + 3


def test_settings_decide_what_counts_as_chance_on_the_same_graph(toy):
    values, strict = toy.features(), DomainSettings(min_autocorrelation=0.99)
    graph = Graph(toy.adjacency)
    assert noise_whitening(values, graph)[1].shape[1] > 0
    assert noise_whitening(values, graph, strict)[1].shape[1] == 0
    fewer = DomainSettings(n_blanks=3, first_above=40.0)
    first, second = (noise_whitening(values, own, fewer)[1] for own in (graph, Graph(toy.adjacency)))
    np.testing.assert_array_equal(first, second)


def test_structure_of_one_spot_is_seen_at_one_hop(make_toy):
    """Stripes two spots wide: within four hops nothing is shared."""
    toy = make_toy(16, 16, 2)
    stripe = (np.arange(toy.n_spots) % 16 // 2) % 2
    values = np.random.default_rng(0).normal(size=(toy.n_spots, 20)) + 2.0 * stripe[:, None]
    found = noise_whitened(values, toy.adjacency)
    assert found.shape[1] == 1
    assert abs(np.corrcoef(found[:, 0], stripe)[0, 1]) > 0.9
