import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.sparse import csr_matrix

from spamca.domains import DomainSettings
from spamca.domains.graph import Graph
from spamca.domains.noise import noise_whitening


def noise_whitened(values, adjacency):
    return noise_whitening(values, Graph(adjacency))[1]


def noise_of(values, adjacency):
    """Half the mean outer product of differences, edge by edge."""
    row, column = adjacency.nonzero()
    difference = values[row] - values[column]
    return difference.T @ difference / (2 * len(row))


def test_is_the_equation_in_units_of_the_noise(toy):
    values = toy.features().astype(np.float32)
    centred = (values - values.mean(axis=0, dtype=float)).astype(float)
    total = centred.T @ centred / len(values)
    floor = 1e-3 * np.trace(total) / len(total) * np.eye(len(total))
    ratio, axes = eigh(total, noise_of(centred, toy.adjacency) + floor)
    whitening, found = noise_whitening(values, toy.graph)
    r = found.shape[1]
    assert 0 < r < len(total)
    expected = centred @ axes[:, ::-1][:, :r]
    np.testing.assert_allclose(found * np.sign((found * expected).sum(axis=0)), expected, atol=1e-6)
    assert (1 - 1 / ratio[::-1][:r] > 0.05).all()
    assert (np.diff(found.var(axis=0)) <= 0).all()
    np.testing.assert_allclose(noise_of(found, toy.adjacency), np.eye(r), atol=0.01)
    np.testing.assert_allclose(whitening.components(values), found, atol=1e-9)
    np.testing.assert_array_equal(values, toy.features().astype(np.float32))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_features", [1, 5, 30])
def test_noise_has_no_component(toy, n_features, seed):
    values = np.random.default_rng(seed).normal(size=(toy.n_spots, n_features))
    assert noise_whitened(values, toy.adjacency).shape == (toy.n_spots, 0)


def test_units_axes_orders_and_weights_of_edges_do_not_matter(toy, rng):
    values, turned, order = toy.features(), np.linalg.qr(rng.normal(size=(6, 6)))[0], rng.permutation(toy.n_spots)
    first, second = noise_whitened(values, toy.adjacency), noise_whitened(1e5 * values @ turned + 7, toy.adjacency)
    np.testing.assert_allclose(np.abs(second), np.abs(first), atol=1e-6)
    shuffled = noise_whitened(values[order][:, ::-1], toy.adjacency[order][:, order])
    np.testing.assert_allclose(np.abs(shuffled), np.abs(first[order]), atol=1e-6)
    np.testing.assert_array_equal(noise_whitened(values, csr_matrix(0.3 * toy.adjacency)), first)


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e9])
def test_constant_features_are_left_out_and_without_edges_or_noise_all_is_finite(toy, path, value):
    constant = np.full((toy.n_spots, 3), value)
    assert noise_whitened(constant, toy.adjacency).shape == (toy.n_spots, 0)
    whitening, both = noise_whitening(np.hstack([toy.features(), constant]), toy.graph)
    np.testing.assert_allclose(both, noise_whitened(toy.features(), toy.adjacency))
    assert not whitening.axes[6:].any()
    assert noise_whitened(toy.features(), csr_matrix((196, 196))).shape == (196, 0)
    found = noise_whitened(np.repeat([[0.0], [1.0]], 6, axis=0), path)
    assert found.shape == (12, 1)
    assert np.isfinite(found).all()


def test_faint_domains_show_among_farther_neighbours_and_stripes_among_nearest(make_toy, rng):
    """Of stripes two spots wide, nothing is shared within four hops."""
    toy = make_toy(16, 16, 2)

    def shown(settings):
        given = (toy.features(20, noise=4.0, seed=seed) for seed in range(12))
        return sum(noise_whitening(values, toy.graph, settings)[1].shape[1] > 0 for values in given)

    assert shown(DomainSettings()) >= shown(DomainSettings(reaches=(1,))) + 3
    stripe = (np.arange(toy.n_spots) % 16 // 2) % 2
    found = noise_whitened(rng.normal(size=(toy.n_spots, 20)) + 2.0 * stripe[:, None], toy.adjacency)
    assert abs(np.corrcoef(found[:, 0], stripe)[0, 1]) > 0.9
    # On the same graph, settings decide what counts as chance.
    values, graph = toy.features(), Graph(toy.adjacency)
    assert noise_whitening(values, graph)[1].shape[1] > 0
    assert noise_whitening(values, graph, DomainSettings(min_autocorrelation=0.99))[1].shape[1] == 0
    one = DomainSettings(n_blanks=1, first_above=40.0)  # one draw has no deviation
    assert noise_whitening(values, graph, one)[1].shape[1] > 0
    assert noise_whitening(values, graph, DomainSettings(first_above=40.0))[1].shape[1] == 0
