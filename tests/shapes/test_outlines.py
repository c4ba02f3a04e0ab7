from __future__ import annotations

import numpy as np
import pytest
import shapely

from spamca.shapes import outlines


def test_a_disc_and_what_is_around_it(spots, turned):
    radius = np.hypot(*turned.T)
    found = outlines(spots, np.where(radius < 15, 1, 0))
    assert list(found) == [0, 1]
    assert all(isinstance(one, shapely.MultiPolygon) and one.is_valid for one in found.values())
    assert len(found[1].geoms) == 1
    assert len(found[1].geoms[0].interiors) == 0
    assert found[1].area == pytest.approx(np.pi * 15**2, rel=0.04)
    assert found[0].intersection(found[1]).area == pytest.approx(0, abs=1e-6)
    hole = max((shapely.Polygon(ring) for ring in found[0].geoms[0].interiors), key=lambda ring: ring.area)
    assert hole.equals(shapely.Polygon(found[1].geoms[0].exterior))


def test_a_ring_has_a_hole_and_two_pieces_are_two(spots, turned):
    radius = np.hypot(*turned.T)
    ring = outlines(spots, np.where((radius > 10) & (radius < 18), 0, -1))
    assert list(ring) == [0]
    assert [len(piece.interiors) for piece in ring[0].geoms] == [1]
    assert ring[0].area == pytest.approx(np.pi * (18**2 - 10**2), rel=0.05)
    two = (np.hypot(turned[:, 0] - 12, turned[:, 1]) < 7) | (np.hypot(turned[:, 0] + 12, turned[:, 1]) < 7)
    assert len(outlines(spots, two.astype(int))[1].geoms) == 2


def test_each_spot_lies_in_the_outline_of_its_domain(spots):
    labels = np.random.default_rng(1).integers(-1, 4, len(spots))
    found = outlines(spots, labels)
    for k, outline in found.items():
        np.testing.assert_array_equal(shapely.contains_xy(outline, *spots.T), labels == k)


def test_no_domain():
    assert outlines(np.empty((0, 2)), np.empty(0, dtype=int)) == {}
    assert outlines(np.zeros((1, 2)), np.array([-1])) == {}
    assert len(outlines(np.zeros((1, 2)), np.array([7]))[7].geoms) == 1
