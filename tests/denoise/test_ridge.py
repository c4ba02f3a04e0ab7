"""Ridge regression by generalised cross-validation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Reference

from spamca.denoise import ridge
from spamca.denoise.ridge import PENALTIES, Ridge


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    P = rng.normal(size=(300, 12)) * rng.uniform(0.1, 10, size=12) + 3
    return P, P @ rng.normal(size=(12, 3)) + rng.normal(size=(300, 3)) * (1, 10, 100) + 7


def test_is_ridge_regression(problem):
    P, Y = problem
    fitted = Ridge.fit(P, Y)
    scaled = (P - P.mean(0)) / P.std(0)
    for t in range(3):
        errors = []
        for penalty in PENALTIES * len(P) / 1000:
            reference = Reference(penalty).fit(scaled, Y[:, t])
            hat = scaled @ np.linalg.solve(scaled.T @ scaled + penalty * np.eye(12), scaled.T)
            error = np.square(Y[:, t] - reference.predict(scaled)).sum() / (len(P) - 1 - np.trace(hat)) ** 2
            errors.append((error, np.trace(hat), reference.predict(scaled)))
        _, freedom, expected = min(errors, key=lambda found: found[0])
        np.testing.assert_allclose(fitted(P)[:, t], expected, rtol=1e-4, atol=1e-4)
        assert fitted.freedom[t] == pytest.approx(freedom, rel=1e-6)


def test_noise_is_drawn_to_the_mean():
    rng = np.random.default_rng(0)
    P, Y = rng.normal(size=(500, 40)), rng.normal(size=(500, 1)) + 5
    assert np.std(Ridge.fit(P, Y)(P)) < 0.25
    np.testing.assert_allclose(Ridge.fit(P, Y)(P).mean(), Y.mean(), rtol=1e-5)


def test_blocks_do_not_matter(problem, monkeypatch):
    P, Y = problem
    whole = Ridge.fit(P, Y)(P)
    monkeypatch.setattr(ridge, "_ROWS", 7)
    np.testing.assert_allclose(Ridge.fit(P, Y)(P), whole, rtol=1e-5)


def test_predictors_that_do_not_vary_or_repeat(problem):
    P, Y = problem
    more = np.hstack([P, np.full((300, 2), 4.0), P[:, :3]])
    found = Ridge.fit(more, Y)(more)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], Ridge.fit(P, Y)(P)[:, 0], atol=0.2)


def test_fewer_spots_than_predictors():
    rng = np.random.default_rng(0)
    P, Y = rng.normal(size=(10, 30)), rng.normal(size=(10, 2))
    assert np.isfinite(Ridge.fit(P, Y)(P)).all()


def test_more_predictors_than_spots_do_not_predict_noise():
    rng = np.random.default_rng(0)
    P = rng.standard_normal((50, 3)) @ rng.standard_normal((3, 70)) + rng.standard_normal((50, 70))
    Y = P[:, :2] + rng.standard_normal((50, 2))
    assert (Ridge.fit(P, Y).freedom < 25).all()
    assert np.isfinite(Ridge.fit(P[:2], Y[:2]).weights).all()
