"""Shares of points in spots."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.datasets._tissue import LAYOUTS
from spamca.onto import METHODS, shares, spacing
from spamca.onto.weights import lens


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("unit", [1.0, 1e-3, 55.0])
def test_spacing_is_the_side_of_the_area_of_a_point(layout, unit):
    points = unit * LAYOUTS[layout](1600, np.random.default_rng(0))
    area = {"grid": 1, "hexagonal": np.sqrt(3) / 2, "random": 1}[layout]
    assert spacing(points) == pytest.approx(unit * np.sqrt(area), rel=0.05)


@pytest.mark.parametrize(("points", "known"), [([[1.0, 2]], 1.0), ([[1.0, 2], [1, 2]], 1.0)], ids=["one", "twice"])
def test_spacing_of_one_place(points, known):
    assert spacing(np.array(points)) == known


def test_spacing_of_few_points():
    assert 1 < spacing(np.array([[0.0, 0], [2, 0]])) < 5


def test_lens_is_the_common_area_of_discs():
    rng = np.random.default_rng(0)
    at = rng.uniform(-2, 2, size=(400_000, 2))
    for distance in (0.0, 0.3, 0.9, 1.4, 1.7):
        inside = (np.hypot(*at.T) < 1) & (np.hypot(at[:, 0] - distance, at[:, 1]) < 0.6)
        assert lens(np.array([distance]), 1.0, 0.6)[0] == pytest.approx(16 * inside.mean(), abs=0.02)


def test_shares_of_the_area():
    spots, points = np.array([[0.0, 0], [10, 0]]), np.array([[0.0, 0], [0.5, 0], [30, 0]])
    found = shares(spots, points, method="area", reach=2.0, spot_spacing=1.0, point_spacing=0.1)
    np.testing.assert_allclose(
        found.divided.toarray()[0], [1, lens(np.array([0.5]), np.pi**-0.5, 0.1 * np.pi**-0.5)[0] / 0.01, 0]
    )
    assert found.covered.tolist() == [True, False]
    np.testing.assert_allclose(found.distance, [0, 9.5])
    assert found.n_used == 2


def test_kernel_falls_with_distance():
    spots, points = np.zeros((1, 2)), np.array([[0.0, 0], [0.5, 0], [1, 0], [9, 0]])
    found = shares(spots, points, method="kernel", reach=5.0, spot_spacing=1.0, point_spacing=1.0)
    np.testing.assert_allclose(found.divided.toarray()[0], [1, np.exp(-0.5), np.exp(-2), 0])


def test_nearest_spot_has_the_point():
    spots, points = np.array([[0.0, 0], [1, 0], [5, 0]]), np.array([[0.1, 0], [-0.2, 0], [9, 0]])
    found = shares(spots, points, method="nearest", reach=2.0, spot_spacing=1.0, point_spacing=1.0)
    np.testing.assert_array_equal(found.divided.toarray(), [[1, 1, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(found.whole.toarray(), [[0, 0, 0], [1, 0, 0], [0, 0, 0]])  # its nearest within reach
    assert found.n_points.tolist() == [2, 1, 0]


@pytest.mark.parametrize("method", METHODS)
def test_means_sum_to_one_where_covered(method):
    rng = np.random.default_rng(0)
    spots, points = rng.uniform(0, 10, size=(80, 2)), rng.uniform(2, 10, size=(50, 2))
    sizes = {"spot_spacing": spacing(spots), "point_spacing": spacing(points)}
    found = shares(spots, points, method=method, reach=1.2, **sizes)
    total = np.asarray(found.means().sum(axis=1)).ravel()
    np.testing.assert_allclose(total, found.covered)
    assert (found.covered == (found.distance <= 1.2)).all()
    assert 0 < found.covered.sum() < 80


def test_sparse_points_are_not_repeated():
    spots, points = np.array([[0.0, 0], [1, 0], [2, 0]]), np.array([[0.2, 0]])
    sizes = {"spot_spacing": 1.0, "point_spacing": 2.0}
    assert shares(spots, points, method="nearest", reach=2.5, **sizes).covered.tolist() == [True, False, False]
    assert shares(spots, points, method="area", reach=2.5, **sizes).covered.all()


@pytest.mark.parametrize("method", METHODS)
def test_no_points(method):
    found = shares(np.zeros((3, 2)), np.zeros((0, 2)), method=method, reach=1.0, spot_spacing=1.0, point_spacing=np.nan)
    assert not found.covered.any()
    assert found.means().shape == (3, 0)
