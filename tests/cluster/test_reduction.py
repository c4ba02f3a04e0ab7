from __future__ import annotations

import numpy as np

from spamca.cluster import principal_components


def test_keeps_distances_with_all_components():
    x = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    scores = principal_components(x, 20)
    assert scores.shape == (30, 5)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores @ scores.T, (x - x.mean(axis=0)) @ (x - x.mean(axis=0)).T, atol=1e-5)


def test_first_components_have_most_variance():
    x = np.random.default_rng(0).normal(size=(100, 3)) * [1, 5, 3]
    scores = principal_components(x, 2)
    assert scores.shape == (100, 2)
    assert np.var(scores, axis=0).sum() > 0.95 * np.var(x, axis=0)[1:].sum()


def test_constant_embedding():
    np.testing.assert_array_equal(principal_components(np.ones((4, 3)), 2), np.zeros((4, 1)))
