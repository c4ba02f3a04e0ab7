"""What is predicted and what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.denoise import restore


@pytest.fixture
def spots():
    """A signal half of which others tell, seen through noise: truth, measured, what others tell, share of signal."""
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
    # 1 - noise / (noise + what the others do not tell)
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
