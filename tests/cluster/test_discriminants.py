from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from spamca.cluster.discriminants import alike
from spamca.cluster.readout import spheres


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
