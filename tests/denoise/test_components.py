"""What is predicted and what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Reference

from spamca.denoise import components, restore, signal_share
from spamca.denoise.components import PENALTIES, ridge


@pytest.fixture
def spots():
    """A signal half of which is known, seen through noise: truth, measured, known, share of signal."""
    rng = np.random.default_rng(0)
    known, hidden = rng.normal(size=(2, 2000, 1))
    truth = (known + hidden) * 3
    noise = rng.normal(size=(2000, 1)) * 2
    return truth, truth + noise, known, np.array([18 / 22])


def error(values, truth):
    return np.square(values - truth).mean()


def test_better_than_either(spots):
    truth, measured, known, share = spots
    found = restore(measured, np.ones(2000, dtype=bool), [known], share)
    alone = restore(measured, np.zeros(2000, dtype=bool) | (np.arange(2000) < 1000), [known], share)
    assert error(found.values, truth) < 0.9 * error(measured * share, truth)
    assert error(found.values, truth) < 0.5 * error(alone.values[1000:], truth[1000:])
    # 1 - noise / (noise + what is not known)
    assert found.own[0] == pytest.approx(1 - 4 / 13, abs=0.05)
    assert found.predicted[0] == pytest.approx(9 / 22, abs=0.05)


def test_spots_without_it_are_predicted(spots):
    truth, measured, known, share = spots
    has = np.arange(2000) % 2 == 0
    wrong = np.where(has[:, None], measured, 1e6)
    found = restore(wrong, has, [known], share)
    np.testing.assert_allclose(found.values[~has], 3 * known[~has], rtol=0.1, atol=0.3)
    assert found.values.dtype == np.float32
    assert error(found.values[has], truth[has]) < error(found.values[~has], truth[~has])


def test_noise_is_left_out(spots):
    _, measured, known, _ = spots
    found = restore(np.hstack([measured, measured]), np.ones(2000, dtype=bool), [known], np.array([0.8, 0.0]))
    assert found.values[:, 0].std() > 1
    np.testing.assert_array_equal(found.values[:, 1], 0)
    np.testing.assert_array_equal(found.own[1:], 0)
    nothing = restore(measured, np.ones(2000, dtype=bool), [known], np.zeros(1))
    np.testing.assert_array_equal(nothing.values, 0)


def test_clean_signal_is_kept(spots):
    truth, _, known, _ = spots
    found = restore(truth, np.ones(2000, dtype=bool), [known], np.ones(1))
    np.testing.assert_allclose(found.values, truth, rtol=1e-3, atol=1e-3)


def spectrum(n, p, strengths, seed=0):
    """Variances of the components of a signal of few dimensions with unit noise, their total, and the scores of signal and both."""
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.normal(size=(n, len(strengths))))[0] * np.sqrt(n)
    right = np.linalg.qr(rng.normal(size=(p, len(strengths))))[0]
    signal = left * np.sqrt(strengths) @ right.T
    X = signal + rng.normal(size=(n, p))
    X, signal = X - X.mean(0), signal - signal.mean(0)
    u, d, vt = np.linalg.svd(X, full_matrices=False)
    return d**2 / n, np.square(X).sum() / n, (u * d)[:, :10], vt[:10], signal


@pytest.mark.parametrize(("n", "p"), [(1000, 200), (200, 1000), (600, 600)])
def test_finds_what_is_signal(n, p):
    variance, total, *_ = spectrum(n, p, (30.0, 20.0, 10.0))
    share = signal_share(variance[:10], total, n, p)
    assert (share[:3] > 0.5).all()
    assert (np.diff(share[:3]) <= 0).all()
    np.testing.assert_array_equal(share[3:], 0)


@pytest.mark.parametrize(("n", "p"), [(1000, 200), (200, 1000)])
def test_loses_least(n, p):
    variance, total, scores, loadings, signal = spectrum(n, p, (12.0, 6.0))
    share = signal_share(variance[:10], total, n, p)

    def error(factor):
        return np.square((scores * factor) @ loadings - signal).sum()

    assert error(share) < 1.02 * min(error(share * c) for c in (0.8, 0.9, 1.1, 1.2))
    assert error(share) < 0.7 * error(np.ones(10))
    assert error(share) < error((share > 0).astype(float))


def test_noise_alone_is_left_out():
    variance, total, *_ = spectrum(500, 100, ())
    assert (signal_share(variance[:10], total, 500, 100) == 0).sum() >= 9


def test_signal_alone_is_kept():
    variance = np.array([3.0, 2.0, 1.0])
    share = signal_share(variance, variance.sum(), 100, 50)
    assert (share > 0.9).all()
    assert (share <= 1).all()


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    P = rng.normal(size=(300, 12)) * rng.uniform(0.1, 10, size=12) + 3
    return P, P @ rng.normal(size=(12, 3)) + rng.normal(size=(300, 3)) * (1, 10, 100) + 7


def test_is_ridge_regression(problem):
    P, Y = problem
    fitted = ridge(P, Y, P)
    scaled = (P - P.mean(0)) / P.std(0)
    for t in range(3):
        errors = []
        for penalty in PENALTIES * len(P) / 1000:
            reference = Reference(penalty).fit(scaled, Y[:, t])
            hat = scaled @ np.linalg.solve(scaled.T @ scaled + penalty * np.eye(12), scaled.T)
            error = np.square(Y[:, t] - reference.predict(scaled)).sum() / (len(P) - 1 - np.trace(hat)) ** 2
            errors.append((error, reference.predict(scaled)))
        _, expected = min(errors, key=lambda found: found[0])
        np.testing.assert_allclose(fitted[:, t], expected, rtol=1e-4, atol=1e-4)


def test_noise_is_drawn_to_the_mean():
    rng = np.random.default_rng(0)
    P, Y = rng.normal(size=(500, 40)), rng.normal(size=(500, 1)) + 5
    assert np.std(ridge(P, Y, P)) < 0.25
    np.testing.assert_allclose(ridge(P, Y, P).mean(), Y.mean(), rtol=1e-5)


def test_blocks_do_not_matter(problem, monkeypatch):
    P, Y = problem
    whole = ridge(P, Y, P)
    monkeypatch.setattr(components, "_ROWS", 7)
    np.testing.assert_allclose(ridge(P, Y, P), whole, rtol=1e-5)


def test_predictors_that_do_not_vary_or_repeat(problem):
    P, Y = problem
    more = np.hstack([P, np.full((300, 2), 4.0), P[:, :3]])
    found = ridge(more, Y, more)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], ridge(P, Y, P)[:, 0], atol=0.2)


def test_fewer_spots_than_predictors():
    rng = np.random.default_rng(0)
    P, Y = rng.normal(size=(10, 30)), rng.normal(size=(10, 2))
    assert np.isfinite(ridge(P, Y, P)).all()


def test_more_predictors_than_spots_do_not_predict_noise():
    rng = np.random.default_rng(0)
    P = rng.standard_normal((50, 3)) @ rng.standard_normal((3, 70)) + rng.standard_normal((50, 70))
    Y = P[:, :2] + rng.standard_normal((50, 2))
    new = rng.standard_normal((2000, 70))
    assert (ridge(P, Y, new).std(axis=0) < 0.7 * Y.std(axis=0)).all()
    assert np.isfinite(ridge(P[:2], Y[:2], P)).all()
