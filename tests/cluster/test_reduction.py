from __future__ import annotations

import numpy as np
import pytest

from spamca.cluster import principal_components
from spamca.cluster.reduction import Affine, whiten


def test_keeps_distances_with_all_components():
    x = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    scores, _ = principal_components(x, 20)
    assert scores.shape == (30, 5)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores @ scores.T, (x - x.mean(axis=0)) @ (x - x.mean(axis=0)).T, atol=1e-5)


def test_first_components_have_most_variance():
    x = np.random.default_rng(0).normal(size=(100, 3)) * [1, 5, 3]
    scores, _ = principal_components(x, 2)
    assert scores.shape == (100, 2)
    assert np.var(scores, axis=0).sum() > 0.95 * np.var(x, axis=0)[1:].sum()


@pytest.mark.parametrize("shape", [(50, 4), (4, 50)])
def test_unit_covariance(shape):
    white = whiten(np.random.default_rng(0).normal(size=shape))
    r = min(shape[0] - 1, shape[1])
    assert white.points.shape == (shape[0], r)
    np.testing.assert_allclose(white.points.T @ white.points / shape[0], np.eye(r), atol=1e-10)
    assert (np.diff(white.scale) <= 0).all()


def test_constant_and_repeated_columns_are_left_out():
    x = np.random.default_rng(0).normal(size=(50, 2))
    assert whiten(np.column_stack([x, x, np.full(50, 1e6)])).scale.size == 2
    assert whiten(np.full((5, 3), 0.1)).scale.size == 0


def test_maps_follow_each_other():
    rng = np.random.default_rng(0)
    first = Affine(rng.normal(size=(5, 4)), rng.normal(size=4))
    second = Affine(rng.normal(size=(4, 2)), rng.normal(size=2))
    points = rng.normal(size=(7, 5))
    np.testing.assert_allclose(second.after(first)(points), second(first(points)))


def test_constant_embedding():
    points, components = principal_components(np.ones((5, 3)), 2)
    np.testing.assert_array_equal(points, np.zeros((5, 1)))
    np.testing.assert_array_equal(components(np.ones((2, 3))), points[:2])
