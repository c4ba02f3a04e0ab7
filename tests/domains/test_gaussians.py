from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import multivariate_normal

from spamca.domains.components import Block
from spamca.domains.gaussians import RIDGE, Emission, Gaussians, change


@pytest.fixture
def emission(components):
    return Emission(components)


@pytest.fixture
def several(toy, rng):
    """Five soft assignments, from near the truth to none."""
    noise = rng.dirichlet(np.ones(3), (toy.n_spots, 5)).transpose(0, 2, 1)
    share = np.linspace(0.1, 1, 5)
    return ((1 - share) * toy.member[:, :, None] + share * noise).astype(np.float32)


def ridge(block, noise=0.0):
    return np.diag(RIDGE * np.diag(block.total) + noise)


def posterior(score):
    p = np.exp(score - score.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def log_density(block, means, covariances):
    """By the library's normal density, (n, K), zero where the modality is missing."""
    one_each = zip(means, covariances, strict=True)
    density = np.column_stack([multivariate_normal(m, c).logpdf(block.values) for m, c in one_each])
    return block.weight * (density if block.present is None else density * block.present[:, None])


def test_moments_are_those_of_each_block(components, several, moments):
    found = list(Emission(components, noise=0.2).moments(several))
    assert len(found) == 2
    for block, _, means, within, size in found:
        for b in range(5):
            expected_means, expected = moments(block, several[:, :, b])
            np.testing.assert_allclose(means[b], expected_means, atol=1e-4)
            np.testing.assert_allclose(within[b], expected + ridge(block, 0.2), atol=1e-4)
            np.testing.assert_allclose(size[b], block.sizes(several[:, :, b]), rtol=1e-5)


@pytest.mark.parametrize("sized", [False, True])
def test_probabilities_are_those_of_normal_densities(emission, components, several, moments, sized):
    found = emission.probabilities(several, sized=sized)
    assert found.dtype == np.float32
    for b in range(5):
        q = several[:, :, b]
        score = np.log(q.mean(axis=0))[None].repeat(len(q), axis=0) if sized else np.zeros(q.shape)
        for block in components.blocks:
            means, within = moments(block, q)
            score += log_density(block, means, [within + ridge(block)] * 3)
        np.testing.assert_allclose(found[:, :, b], posterior(score), atol=5e-4)


def test_scores_differ_between_domains_as_log_densities_do(emission, components, several, moments):
    q = several[:, :, 1]
    for block, found in zip(components.blocks, emission.scores(q), strict=True):
        means, within = moments(block, q)
        expected = log_density(block, means, [within + ridge(block)] * 3)
        has = slice(None) if block.present is None else block.present
        apart = (found - found[:, :1])[has] - (expected - expected[:, :1])[has]
        np.testing.assert_allclose(apart, 0, atol=1e-3)


def test_mixture_rests_where_the_equation_holds(toy, clear, moments):
    """Memberships follow from the means, the covariance and the sizes of the domains."""
    first, second = clear.blocks
    given = clear.having([first, replace(second, weight=0.3)])
    q = Emission(given, noise=0.05).mixture(toy.member[:, :, None], 400, 1e-8)[:, :, 0]
    score = np.log(q.mean(axis=0, dtype=float))[None].repeat(len(q), axis=0)
    for block in given.blocks:
        means, within = moments(block, q)
        score += log_density(block, means, [within + ridge(block, 0.05)] * 3)
    np.testing.assert_allclose(q, posterior(score), atol=2e-3)


def test_tied_domains_have_one_covariance(emission, components, several, moments):
    q = several[:, :, 0]
    for block, found in zip(components.blocks, emission.tied(q), strict=True):
        means, within = moments(block, q)
        np.testing.assert_allclose(found.means, means, atol=1e-5)
        np.testing.assert_allclose(found.covariances, np.tile(within + ridge(block), (3, 1, 1)), atol=1e-4)


def test_own_covariances_are_drawn_towards_that_of_all(emission, components, several, moments):
    """The covariance within domains counts for 50 spots."""
    q = several[:, :, 0].astype(float)
    for block, found in zip(components.blocks, emission.gaussians(several[:, :, 0]), strict=True):
        (means, within), held = moments(block, q), block.there(q)
        np.testing.assert_allclose(found.means, means, atol=1e-5)
        for k in range(3):
            left = block.values - means[k]
            expected = (50 * (within + ridge(block)) + (left.T * held[:, k]) @ left) / (50 + held[:, k].sum())
            np.testing.assert_allclose(found.covariances[k], expected, atol=1e-3)


def test_scatter_by_hand_where_spots_are_read_in_parts(make_toy, rng):
    toy = make_toy(50, 50, 3)
    present = rng.random(2500) < 0.7
    block = Block(rng.normal(size=(2500, 3)) * present[:, None], present=present)
    q, centres = rng.dirichlet(np.ones(2), 2500).astype(np.float32), rng.normal(size=(2, 3))
    found = Emission(toy.having(block)).scatter(slice(0, 3), centres, q)
    for k in range(2):
        left = block.values - centres[k]
        np.testing.assert_allclose(found[k], (left.T * (q[:, k] * present)) @ left, rtol=1e-3)


def test_squared_distances_are_those_of_mahalanobis(emission, components, rng):
    known = []
    for block in components.blocks:
        r = block.values.shape[1]
        spread = [np.cov(rng.normal(size=(r, 20))).reshape(r, r) for _ in range(3)]
        known.append(Gaussians(rng.normal(size=(3, r)).astype(np.float32), np.array(spread)))
    for block, gaussians, found in zip(components.blocks, known, emission.squared_distances(known), strict=True):
        assert found.shape == (3, len(block.values))
        for k in range(3):
            inverse = np.linalg.inv(gaussians.covariances[k])
            expected = [mahalanobis(x, gaussians.means[k], inverse) ** 2 for x in block.values]
            np.testing.assert_allclose(found[k], block.there(np.array(expected)[:, None])[:, 0], rtol=1e-3, atol=1e-3)
    score = sum(
        log_density(block, own.means, own.covariances) for block, own in zip(components.blocks, known, strict=True)
    )
    np.testing.assert_allclose(emission.under(known), posterior(score), atol=1e-4)
    sizes = np.array([5.0, 1, 20])
    np.testing.assert_allclose(emission.under(known, sizes), posterior(score + np.log(sizes)), atol=1e-4)


def test_side_by_side_is_one_by_one_and_input_is_left(emission, several):
    before = several.copy()
    together = emission.mixture(several, 3, 0.0)
    np.testing.assert_array_equal(several, before)
    for b in range(5):
        alone = emission.mixture(several[:, :, [b]], 3, 0.0)
        np.testing.assert_allclose(together[:, :, b], alone[:, :, 0], atol=1e-4)
    np.testing.assert_array_equal(emission.mixture(several, 3, 0.0), together)
    np.testing.assert_allclose(change(before, together), np.abs(before - together).mean(axis=(0, 1)), rtol=1e-5)


def test_sums_count_who_has_the_modality(toy, components, emission):
    sums = emission.sums(np.ones((toy.n_spots, 1, 1), dtype=np.float32))[0, 0]
    r = components.blocks[0].values.shape[1]
    np.testing.assert_allclose(sums[[r, -1]], [196, components.blocks[1].size])
    np.testing.assert_allclose(sums[:r], components.blocks[0].values.sum(axis=0), atol=1e-3)
    assert Emission(components.having([])).sums(np.ones((toy.n_spots, 1, 1), dtype=np.float32)).shape == (1, 1, 0)


def test_outliers_and_empty_domains_stay_finite(toy, clear, several):
    values = clear.blocks[0].values.copy()
    values[3] = 1e6
    emission = Emission(toy.having(values))
    emptied = np.concatenate([several, np.zeros((toy.n_spots, 2, 5), dtype=np.float32)], axis=1)
    assert np.isfinite(emission.mixture(emptied, 5, 0)).all()
    assert np.isfinite(emission.under(emission.gaussians(emptied[:, :, 0]))).all()
