from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from spamca.cluster import em


@pytest.fixture
def partitions(blobs):
    return np.random.default_rng(1).integers(0, 3, (4, len(blobs[0])))


def density(points, mixture, s):
    covariance = mixture.covariance[s]
    return np.stack(
        [
            w * multivariate_normal(m, covariance).pdf(points)
            for w, m in zip(mixture.weights[s], mixture.means[s], strict=True)
        ]
    )


def test_likelihood_and_posterior_are_those_of_the_densities(blobs, partitions):
    points = blobs[0] - blobs[0].mean(axis=0)
    mixture = em.from_partitions(points, partitions, 3)
    for s in range(len(partitions)):
        joint = density(points, mixture, s)
        np.testing.assert_allclose(em.log_likelihood(points, mixture)[s], np.log(joint.sum(axis=0)).mean(), rtol=1e-10)
        one = mixture[[s]]
        np.testing.assert_allclose(em.posterior(points, one), (joint / joint.sum(axis=0)).T, atol=1e-6)
        np.testing.assert_array_equal(em.assign(points, one)[0], joint.argmax(axis=0))


def test_partition_gives_its_moments(blobs):
    points, labels = blobs
    points = points - points.mean(axis=0)
    mixture = em.from_partitions(points, labels[None], 3)
    within = sum(np.cov(points[labels == k].T, bias=True) * (labels == k).mean() for k in range(3))
    np.testing.assert_allclose(mixture.weights[0], [1 / 2, 1 / 3, 1 / 6])
    np.testing.assert_allclose(mixture.means[0], [points[labels == k].mean(axis=0) for k in range(3)], atol=1e-12)
    np.testing.assert_allclose(mixture.covariance[0], within, rtol=1e-4, atol=1e-5)


def test_a_step_never_lowers_the_likelihood(blobs, partitions):
    mixture = em.from_partitions(blobs[0] - blobs[0].mean(axis=0), partitions, 3)
    points, before = blobs[0] - blobs[0].mean(axis=0), np.full(4, -np.inf)
    for _ in range(10):
        mixture = em.fit(points, mixture, max_iter=1, tol=0)
        assert (mixture.log_likelihood >= before - 1e-9).all()
        before = mixture.log_likelihood


def test_reaches_the_likelihood_of_scikit_learn(blobs):
    points, labels = blobs
    points = points - points.mean(axis=0)
    ours = em.fit(points, em.from_partitions(points, labels[None], 3), max_iter=500, tol=1e-10)
    theirs = GaussianMixture(3, covariance_type="tied", tol=1e-10, max_iter=500, means_init=ours.means[0]).fit(points)
    np.testing.assert_allclose(em.log_likelihood(points, ours)[0], theirs.score(points), rtol=1e-5)
    np.testing.assert_allclose(ours.weights[0], theirs.weights_, atol=1e-4)


def test_starts_do_not_touch_each_other(blobs, partitions):
    points = blobs[0] - blobs[0].mean(axis=0)
    start = em.from_partitions(points, partitions, 3)
    together = em.fit(points, start, max_iter=30, tol=1e-6)
    for s in range(4):
        alone = em.fit(points, start[[s]], max_iter=30, tol=1e-6)
        np.testing.assert_allclose(alone.means[0], together.means[s], rtol=1e-8)


def test_fit_leaves_its_start_alone(blobs, partitions):
    points = blobs[0] - blobs[0].mean(axis=0)
    start = em.from_partitions(points, partitions, 3)
    before = start.means.copy()
    em.fit(points, start, max_iter=5, tol=0)
    np.testing.assert_array_equal(start.means, before)


def test_empty_component_stays_empty_and_finite(blobs):
    points = blobs[0] - blobs[0].mean(axis=0)
    fitted = em.fit(points, em.from_partitions(points, blobs[1][None], 5), max_iter=50, tol=1e-8)
    assert np.isfinite(fitted.means).all()
    assert np.isfinite(fitted.log_likelihood).all()
    assert set(np.unique(em.assign(points, fitted))) == {0, 1, 2}


def test_blocks_change_nothing(blobs, partitions, monkeypatch):
    points = blobs[0] - blobs[0].mean(axis=0)
    start = em.from_partitions(points, partitions, 3)
    whole = em.fit(points, start, max_iter=20, tol=1e-6)
    monkeypatch.setattr(em, "_BLOCK_VALUES", 1)
    parts = em.fit(points, start, max_iter=20, tol=1e-6)
    np.testing.assert_allclose(parts.means, whole.means, rtol=1e-8)
    np.testing.assert_array_equal(em.assign(points, parts), em.assign(points, whole))
