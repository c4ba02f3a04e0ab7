"""Signal and noise in components."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.denoise.noise import signal_share


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
