from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from spamca.cluster.whitening import single_gaussian, whiten


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


def test_shift_brings_the_likelihood_back(blobs):
    points = blobs[0]
    white = whiten(points)
    expected = multivariate_normal(points.mean(axis=0), np.cov(points.T, bias=True)).logpdf(points).mean()
    assert single_gaussian(white) + white.log_likelihood_shift == pytest.approx(expected)
