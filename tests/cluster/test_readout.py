from __future__ import annotations

import numpy as np
import pytest

from spamca.cluster import kmeans, leiden, mixture, refine
from spamca.cluster.readout import Affine, spheres
from spamca.cluster.reduction import reduce


def test_mixture_reads_its_own_points_alike(blobs):
    found = mixture(blobs[0], 3)
    np.testing.assert_allclose(found.readout.posterior(blobs[0]), found.posterior, atol=1e-5)


def test_kmeans_reads_its_own_points_alike(blobs):
    found = kmeans(blobs[0], 3)
    np.testing.assert_allclose(found.readout.posterior(blobs[0]), found.posterior, atol=1e-4)


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
    points, components = reduce(blobs[0], n_components)
    np.testing.assert_allclose(components(blobs[0]), points, atol=1e-9)
    found = mixture(points, 3)
    np.testing.assert_allclose(found.readout.behind(components).posterior(blobs[0]), found.posterior, atol=1e-5)


def test_maps_follow_each_other():
    rng = np.random.default_rng(0)
    first = Affine(rng.normal(size=(5, 4)), rng.normal(size=4))
    second = Affine(rng.normal(size=(4, 2)), rng.normal(size=2))
    points = rng.normal(size=(7, 5))
    np.testing.assert_allclose(second.after(first)(points), second(first(points)))
    np.testing.assert_array_equal(Affine.identity(5)(points), points)


@pytest.mark.parametrize("clusterer", [mixture, kmeans])
def test_points_that_coincide(clusterer):
    found = clusterer(np.ones((10, 2)), 2).by_size()
    posterior = found.readout.posterior(np.ones((3, 2)))
    np.testing.assert_allclose(posterior, 1)
    assert posterior.shape == (3, 1)


def test_constant_embeddings_have_a_map():
    points, components = reduce(np.ones((5, 3)), 2)
    np.testing.assert_array_equal(components(np.ones((2, 3))), points[:2])


def test_spheres_are_equal():
    points = np.array([[0.0, 0], [0, 2], [4, 0], [4, 2]])
    found = spheres(points, np.array([0, 0, 1, 1]), 2)
    np.testing.assert_array_equal(found.means, [[0, 1], [4, 1]])
    np.testing.assert_array_equal(found.covariance, 0.5 * np.eye(2))
    np.testing.assert_allclose(found.posterior(np.array([[2.0, 7]])), 0.5)


def test_clusters_beside_those_known(blobs):
    points, known = blobs[0], mixture(blobs[0], 3).readout
    member = np.eye(3)[known.posterior(points).argmax(axis=1)]
    found = known.take(np.array([0, 1])).beside(points, member[:, [2]])
    assert found.shares.sum() == pytest.approx(known.shares[:2].sum() * (1 - member[:, 2].mean()) + member[:, 2].mean())
    assert (found.posterior(points).argmax(axis=1) == member.argmax(axis=1)).mean() > 0.99
