from __future__ import annotations

import numpy as np
import pytest

from spamca.shapes.footprints import footprints, spacing_of


def test_spots_of_a_square_lattice_have_square_footprints():
    spots = np.stack(np.meshgrid(np.arange(8), np.arange(6)), axis=-1).reshape(-1, 2) * 10.0 + 1e6
    found = footprints(spots)
    area = found.areas(spots)
    inner = ((spots > spots.min(axis=0)) & (spots < spots.max(axis=0))).all(axis=1)
    np.testing.assert_allclose(area[inner], 100, rtol=1e-4)
    assert found.spacing == pytest.approx(10)
    # 80 by 60, less what directions 22.5 degrees apart cut off the corners
    assert area.sum() == pytest.approx(4800, rel=0.01)
    np.testing.assert_allclose(found.lengths[(found.spots >= 0).all(axis=1)], 10, rtol=1e-4)


def test_a_missing_spot_belongs_to_its_neighbours_and_a_hole_does_not(square):
    far = np.hypot(*(square - square[1830]).T)
    without_one, without_many = square[far > 0.5], square[far > 3.2]
    whole = footprints(square).areas(square).sum()
    assert footprints(without_one).areas(without_one).sum() == pytest.approx(whole, abs=0.01)
    lost = whole - footprints(without_many).areas(without_many).sum()
    assert lost == pytest.approx((far <= 3.2).sum(), rel=0.15)


def test_area_is_where_the_spots_are(spots):
    found = footprints(spots)
    assert found.areas(spots).sum() == pytest.approx(np.prod(np.ptp(spots, axis=0) + 1), rel=0.05)


def test_few_spots_or_spots_on_one_point_or_line():
    for spots in ([[3, 4]], [[0, 0], [5, 0]], [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4]], [[0, 0], [0, 0], [1, 0]]):
        coords = np.array(spots, dtype=float)
        area = footprints(coords).areas(coords)
        assert np.isfinite(area).all()
        assert area.sum() > 0
    assert area[1] == 0  # of the second spot on that point
    assert len(footprints(np.empty((0, 2))).spots) == 0


def test_spacing():
    assert spacing_of(np.random.default_rng(0).uniform(0, 50, (2500, 2))) == pytest.approx(1.01, rel=0.05)
    assert spacing_of(np.zeros((1, 2))) == 1
