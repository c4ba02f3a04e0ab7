from __future__ import annotations

import numpy as np
import pytest
import shapely

from spamca.shapes.skeleton import linearity


def test_line_ring_and_cross():
    bar, upright = shapely.box(-30, -3, 30, 3), shapely.box(-3, -30, 3, 30)
    assert linearity(bar) > 0.9
    assert linearity(shapely.union(bar, upright)) == pytest.approx(0.5, abs=0.03)
    assert linearity(shapely.union(bar, shapely.box(-3, 0, 3, 30))) == pytest.approx(2 / 3, abs=0.05)
    ring = shapely.Point(0, 0).buffer(20).difference(shapely.Point(0, 0).buffer(14))
    assert linearity(ring) == pytest.approx(1, abs=0.01)


def test_size_and_place_do_not_matter():
    cross = shapely.union(shapely.box(-30, -3, 30, 3), shapely.box(-3, -30, 3, 30))
    moved = shapely.affinity.translate(shapely.affinity.scale(cross, 500, 500), 1e6, -1e6)
    assert linearity(moved) == pytest.approx(linearity(cross), abs=0.03)


def test_a_point_has_none():
    assert np.isnan(linearity(shapely.box(0, 0, 1, 1))) or linearity(shapely.box(0, 0, 1, 1)) <= 1
