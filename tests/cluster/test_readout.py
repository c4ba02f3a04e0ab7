from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from spamca.cluster import Clustering, kmeans, leiden, mixture, principal_components, refine
from spamca.cluster.readout import alike, moments, spheres


@pytest.mark.parametrize(("clusterer", "atol"), [(mixture, 1e-5), (kmeans, 1e-4)])
def test_clusters_read_their_own_points_alike(blobs, clusterer, atol):
    found = clusterer(blobs[0], 3)
    np.testing.assert_allclose(found.readout.posterior(blobs[0]), found.posterior, atol=atol)


def test_communities_read_their_own_points_alike(blobs):
    found = leiden(blobs[0], 3)
    np.testing.assert_array_equal(found.readout.posterior(blobs[0]).argmax(axis=1), found.labels)


@pytest.mark.parametrize("clusterer", [mixture, kmeans, leiden])
def test_clusters_are_renumbered_with_their_readout(blobs, clusterer, line):
    found = refine(clusterer(blobs[0], 3).by_size(), line)
    assert np.bincount(found.labels).tolist() == sorted(np.bincount(found.labels), reverse=True)
    assert (found.readout.posterior(blobs[0]).argmax(axis=1) == found.labels).mean() > 0.9


@pytest.mark.parametrize("n_components", [2, 4])
def test_readout_behind_the_principal_components(blobs, n_components):
    points, components = principal_components(blobs[0], n_components)
    np.testing.assert_allclose(components(blobs[0]), points, atol=1e-9)
    found = mixture(points, 3)
    np.testing.assert_allclose(found.readout.behind(components).posterior(blobs[0]), found.posterior, atol=1e-5)


@pytest.mark.parametrize("clusterer", [mixture, kmeans])
def test_points_that_coincide(clusterer):
    found = clusterer(np.ones((10, 2)), 2).by_size()
    posterior = found.readout.posterior(np.ones((3, 2)))
    np.testing.assert_allclose(posterior, 1)
    assert posterior.shape == (3, 1)


def test_spheres_are_equal():
    points = np.array([[0.0, 0], [0, 2], [4, 0], [4, 2]])
    found = spheres(points, np.array([0, 0, 1, 1]), 2)
    np.testing.assert_array_equal(found.means, [[0, 1], [4, 1]])
    np.testing.assert_array_equal(found.covariance, 0.5 * np.eye(2))
    np.testing.assert_allclose(found.posterior(np.array([[2.0, 7]])), 0.5)


def test_moments_of_a_partition(blobs):
    points, labels = blobs
    shares, means, covariance = moments(points, labels, 4)
    within = sum(np.cov(points[labels == k].T, bias=True) * (labels == k).mean() for k in range(3))
    np.testing.assert_allclose(shares, [1 / 2, 1 / 3, 1 / 6, 0])
    np.testing.assert_allclose(means[:3], [points[labels == k].mean(axis=0) for k in range(3)], atol=1e-12)
    np.testing.assert_allclose(covariance, within, rtol=1e-4, atol=1e-5)


def test_posterior_is_that_of_the_densities(blobs):
    points, readout = blobs[0], alike(*blobs, 3)
    own = readout.to_own(points)
    joint = np.stack(
        [
            s * multivariate_normal(m, readout.covariance).pdf(own)
            for s, m in zip(readout.shares, readout.means, strict=True)
        ]
    )
    np.testing.assert_allclose(readout.posterior(points), (joint / joint.sum(axis=0)).T, atol=1e-6)


def test_clusters_alike_are_read_as_linear_discriminants_read_them():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [200, 80, 40])
    points = rng.normal(size=(320, 2)) * [5, 1] + np.array([[0, 0], [0, 3], [3, -3]])[labels]
    found = alike(points, labels, 3).posterior(points)
    expected = LinearDiscriminantAnalysis(solver="lsqr").fit(points, labels)
    np.testing.assert_array_equal(found.argmax(axis=1), expected.predict(points))
    np.testing.assert_allclose(found, expected.predict_proba(points), atol=0.02)
    by_means = spheres(points, labels, 3).posterior(points).argmax(axis=1)
    assert (found.argmax(axis=1) == labels).mean() > (by_means == labels).mean() + 0.05


@pytest.mark.parametrize("last", [0.0, 1e5])
def test_directions_without_variation_and_the_origin_do_not_matter(last):
    labels = np.repeat([0, 1, 2], 20)
    points = np.column_stack([np.eye(3)[labels] + last, np.full(60, last)])
    np.testing.assert_allclose(alike(points, labels, 3).posterior(points), np.eye(3)[labels], atol=1e-6)


def test_points_that_are_all_one_leave_every_cluster_as_likely():
    labels = np.repeat([0, 1], [30, 10])
    np.testing.assert_allclose(alike(np.ones((40, 3)), labels, 2).posterior(np.ones((40, 3))), 0.5)


def test_by_size_renumbers_and_drops_empty():
    posterior = np.array([[0.1, 0.2, 0.7, 0], [0, 0.2, 0.8, 0], [0.9, 0.1, 0, 0], [0.5, 0.5, 0, 0], [0.1, 0, 0, 0.9]])
    ordered = Clustering(np.array([2, 2, 0, 0, 0]), posterior, {"a": 1}).by_size()
    np.testing.assert_array_equal(ordered.labels, [1, 1, 0, 0, 0])
    np.testing.assert_allclose(ordered.posterior, [[1 / 8, 7 / 8], [0, 1], [1, 0], [1, 0], [1, 0]], rtol=1e-6)
    assert ordered.record == {"a": 1}


def test_ties_keep_their_order_and_lost_points_are_even():
    ordered = Clustering(np.array([1, 0]), np.array([[0, 0, 1.0], [1, 0, 0]])).by_size()
    np.testing.assert_array_equal(ordered.labels, [1, 0])
    np.testing.assert_allclose(ordered.posterior, [[0.5, 0.5], [1, 0]])
