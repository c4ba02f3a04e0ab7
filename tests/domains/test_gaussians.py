import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import multivariate_normal

from spamca.domains.components import Block
from spamca.domains.gaussians import RIDGE, Emission, Gaussians, change


@pytest.fixture
def emission(components):
    return Emission(components, noise=0.02)


@pytest.fixture
def several(toy, rng):
    """Five soft assignments, from near the truth to none."""
    noise, share = rng.dirichlet(np.ones(3), (toy.n_spots, 5)).transpose(0, 2, 1), np.linspace(0.1, 1, 5)
    return ((1 - share) * toy.member[:, :, None] + share * noise).astype(np.float32)


def ridge(block):
    return np.diag(RIDGE * np.diag(block.total) + 0.02)


def posterior(score):
    p = np.exp(score - score.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def log_density(block, means, covariances):
    """By the library's normal density, (n, K), zero where the modality is missing."""
    one_each = zip(means, covariances, strict=True)
    density = np.column_stack([multivariate_normal(m, c).logpdf(block.values) for m, c in one_each])
    return block.weight * block.there(density)


def tied_score(components, q, moments):
    """Log-densities of all blocks with one covariance."""
    score = np.zeros(q.shape)
    for block in components.blocks:
        means, within = moments(block, q)
        score += log_density(block, means, [within + ridge(block)] * q.shape[1])
    return score


@pytest.mark.parametrize("sized", [False, True])
def test_probabilities_and_scores_are_those_of_normal_densities(components, emission, several, moments, sized):
    found = emission.probabilities(several, sized=sized)
    for b in range(5):
        q = several[:, :, b]
        prior = np.log(q.mean(axis=0)) if sized else 0
        score = tied_score(components, q, moments)
        np.testing.assert_allclose(found[:, :, b], posterior(score + prior), atol=5e-4)
        scores = zip(components.blocks, emission.scores(q), strict=True)
        apart = sum(block.there(own) for block, own in scores) - score
        np.testing.assert_allclose(apart - apart[:, :1], 0, atol=2e-3)


def test_covariances_are_one_for_all_or_drawn_towards_it(components, emission, several, moments):
    """The covariance within domains counts for 50 spots."""
    q = several[:, :, 0]
    for block, tied, own in zip(components.blocks, emission.tied(q), emission.gaussians(q), strict=True):
        (means, within), held = moments(block, q), block.there(q.astype(float))
        for found in (tied, own):
            np.testing.assert_allclose(found.means, means, atol=1e-5)
        np.testing.assert_allclose(tied.covariances, np.tile(within + ridge(block), (3, 1, 1)), atol=1e-4)
        for k in range(3):
            left = block.values - means[k]
            expected = (50 * (within + ridge(block)) + (left.T * held[:, k]) @ left) / (50 + held[:, k].sum())
            np.testing.assert_allclose(own.covariances[k], expected, atol=1e-3)


def test_scatter_by_hand_where_spots_are_read_in_parts(make_toy, rng):
    present = rng.random(2500) < 0.7
    block = Block(rng.normal(size=(2500, 3)) * present[:, None], present=present)
    q, centres = rng.dirichlet(np.ones(2), 2500).astype(np.float32), rng.normal(size=(2, 3))
    found = Emission(make_toy(50, 50, 3).having(block)).scatter(slice(0, 3), centres, q)
    for k in range(2):
        left = block.values - centres[k]
        np.testing.assert_allclose(found[k], (left.T * (q[:, k] * present)) @ left, rtol=1e-3)


def test_squared_distances_are_those_of_mahalanobis(components, emission, rng):
    known, score, sizes = [], 0, np.array([5.0, 1, 20])
    for block in components.blocks:
        r = block.values.shape[1]
        spread = [np.cov(rng.normal(size=(r, 20))).reshape(r, r) for _ in range(3)]
        known.append(Gaussians(rng.normal(size=(3, r)).astype(np.float32), np.array(spread)))
        score += log_density(block, known[-1].means, spread)
    for block, gaussians, found in zip(components.blocks, known, emission.squared_distances(known), strict=True):
        for k in range(3):
            inverse = np.linalg.inv(gaussians.covariances[k])
            expected = np.array([[mahalanobis(x, gaussians.means[k], inverse) ** 2] for x in block.values])
            np.testing.assert_allclose(found[k], block.there(expected)[:, 0], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(emission.under(known), posterior(score), atol=1e-4)
    np.testing.assert_allclose(emission.under(known, sizes), posterior(score + np.log(sizes)), atol=1e-4)


def test_side_by_side_is_one_by_one_and_input_is_left(emission, several):
    before, together = several.copy(), emission.mixture(several, 3, 0.0)
    np.testing.assert_array_equal(emission.mixture(several, 1, 0.0), emission.probabilities(several, sized=True))
    np.testing.assert_array_equal(several, before)
    np.testing.assert_array_equal(emission.mixture(several, 3, 0.0), together)
    for b in range(5):
        alone = emission.mixture(several[:, :, [b]], 3, 0.0)
        np.testing.assert_allclose(together[:, :, b], alone[:, :, 0], atol=1e-4)
    np.testing.assert_allclose(change(before, together), np.abs(before - together).mean(axis=(0, 1)), rtol=1e-5)
