from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import multivariate_normal

from spamca.domains import DEFAULTS, Block, Gaussians
from spamca.domains.gaussians import RIDGE, Emission


@pytest.fixture
def emission(blocks, toy, together):
    return Emission(together(blocks, toy.adjacency))


@pytest.fixture
def several(toy, rng):
    """Seven assignments, from near the truth to none."""
    near = np.eye(3)[toy.truth][:, :, None]
    noise = rng.dirichlet(np.ones(3), (toy.n_spots, 7)).transpose(0, 2, 1)
    share = np.linspace(0, 1, 7)
    return ((1 - share) * near + share * noise).astype(np.float32)


def test_moments_are_those_of_each_block(emission, blocks, several, moments):
    found = list(emission.moments(several))
    for block, (_, _, means, within, size) in zip(blocks, found, strict=True):
        ridge = RIDGE * np.diag(np.diag(block.total))
        for b in range(7):
            expected_means, expected = moments(block, several[:, :, b].astype(float))
            np.testing.assert_allclose(means[b], expected_means, atol=1e-4)
            np.testing.assert_allclose(within[b], expected + ridge, atol=1e-4)
            np.testing.assert_allclose(size[b], block.sizes(several[:, :, b]), rtol=1e-5)


def densities(blocks, assignment, moments):
    """log p by the library's normal density, shape (n, K), up to a constant of the spot."""
    out = np.zeros(assignment.shape)
    for block in blocks:
        means, within = moments(block, assignment)
        has = np.ones(len(out)) if block.present is None else block.present.astype(float)
        for k, mean in enumerate(means):
            out[:, k] += block.weight * has * multivariate_normal(mean, within).logpdf(block.values)
    return out


def test_probabilities_are_the_equation(emission, blocks, several, moments):
    found = emission.probabilities(several)
    sized = emission.probabilities(several, sized=True)
    for b in range(7):
        q = several[:, :, b].astype(float)
        p = np.exp(densities(blocks, q, moments))
        np.testing.assert_allclose(found[:, :, b], p / p.sum(axis=1, keepdims=True), atol=2e-3)
        p *= q.sum(axis=0)
        np.testing.assert_allclose(sized[:, :, b], p / p.sum(axis=1, keepdims=True), atol=2e-3)


def test_mixture_is_repeated_em_and_assignments_do_not_mix(emission, several):
    together = emission.mixture(several, 3, 0.0)
    for b in range(7):
        alone = several[:, :, [b]]
        for _ in range(3):
            alone = emission.probabilities(alone, sized=True)
        np.testing.assert_allclose(together[:, :, b], alone[:, :, 0], atol=1e-4)


def test_covariance_of_each_domain_is_drawn_towards_that_of_all(emission, blocks, toy, moments):
    member, prior = np.eye(3, dtype=np.float32)[toy.truth], DEFAULTS.prior_spots
    for block, found in zip(blocks, emission.gaussians(member), strict=True):
        means, within = moments(block, member.astype(float))
        np.testing.assert_allclose(found.means, means, atol=1e-4)
        for k in range(3):
            own = (toy.truth == k) & (True if block.present is None else block.present)
            left = block.values[own] - means[k]
            expected = (prior * within + left.T @ left) / (prior + own.sum())
            np.testing.assert_allclose(found.covariances[k], expected, atol=1e-3)


def test_distances_and_probabilities_of_known_domains(toy, rng, together):
    covariance, means = np.cov(rng.normal(size=(3, 20))), rng.normal(size=(2, 3)).astype(np.float32)
    present = np.arange(toy.n_spots) > 0
    block = Block(rng.normal(size=(toy.n_spots, 3)) * present[:, None], present=present)
    emission = Emission(together([block], toy.adjacency))
    known = [Gaussians(means, np.stack([covariance, 2 * covariance]))]
    (squared,) = emission.squared_distances(known)
    assert not squared[:, 0].any()
    for k, factor in enumerate((1, 2)):
        precision = np.linalg.inv(factor * covariance)
        expected = [mahalanobis(point, means[k], precision) ** 2 for point in block.values[1:]]
        np.testing.assert_allclose(squared[k, 1:], expected, rtol=1e-3, atol=1e-4)
    density = np.column_stack(
        [multivariate_normal(means[k], (k + 1) * covariance).pdf(block.values[1:]) for k in (0, 1)]
    )
    sizes = np.array([1.0, 3.0])
    for given, prior in ((None, np.ones(2)), (sizes, sizes)):
        expected = density * prior / (density * prior).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(emission.under(known, given)[1:], expected, atol=1e-4)


def test_domains_of_a_mixture_share_one_covariance_with_noise(blocks, toy, together, moments):
    member = np.eye(3, dtype=np.float32)[toy.truth]
    found = Emission(together(blocks, toy.adjacency), noise=0.5).tied(member)
    for block, known in zip(blocks, found, strict=True):
        means, within = moments(block, member.astype(float))
        np.testing.assert_allclose(known.means, means, atol=1e-4)
        for covariance in known.covariances:
            np.testing.assert_allclose(covariance, within + 0.5 * np.eye(len(within)), atol=1e-3)
