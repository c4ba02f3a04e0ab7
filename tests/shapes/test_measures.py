from __future__ import annotations

import numpy as np
import pytest
import shapely

from spamca.shapes.footprints import footprints
from spamca.shapes.measures import curl, elongation, measures, smoothed
from spamca.shapes.outlines import outlines_of


def measured(spots, inside):
    found = footprints(spots)
    return measures(outlines_of(found, spots, inside.astype(int))[1], np.median(found.areas(spots)), found.spacing)


def test_rectangle_by_hand():
    bar = shapely.box(0, 0, 8, 2)
    assert elongation(bar) == pytest.approx(0.75)
    assert curl(bar) == pytest.approx(0)
    # The same band of length 8 and width 2, bent to an L: its rectangle is 5 by 5, its perimeter 20.
    bent = shapely.union(shapely.box(0, 0, 5, 2), shapely.box(0, 0, 2, 5))
    assert curl(bent) == pytest.approx(1 - 5 / 8)
    assert curl(shapely.Point(0, 0).buffer(3)) == 0


def test_a_disc(spots, turned):
    found = measured(spots, np.hypot(*turned.T) < 15)
    assert found["perimeter"] == pytest.approx(2 * np.pi * 15, rel=0.1)
    assert found["elongation"] < 0.1
    assert found["curl"] == 0


def test_a_bar(spots, turned):
    found = measured(spots, (abs(turned[:, 0]) < 24) & (abs(turned[:, 1]) < 3.5))
    assert found["perimeter"] == pytest.approx(110, rel=0.07)
    assert found["elongation"] == pytest.approx(1 - 7 / 48, abs=0.03)
    assert found["curl"] < 0.1
    assert found["linearity"] > 0.9


def test_a_ring(spots, turned):
    radius = np.hypot(*turned.T)
    found = measured(spots, (radius > 16) & (radius < 22))
    assert found["perimeter"] == pytest.approx(2 * np.pi * 38, rel=0.1)
    assert found["linearity"] == pytest.approx(1)
    assert found["elongation"] < 0.1
    assert found["curl"] == pytest.approx(1 - 44 / (np.pi * 38), abs=0.05)


@pytest.mark.slow
def test_two_pieces_have_the_shape_of_one(spots, turned):
    one = np.hypot(turned[:, 0] - 13, turned[:, 1]) < 8
    two = one | (np.hypot(turned[:, 0] + 13, turned[:, 1]) < 8)
    first, both = measured(spots, one), measured(spots, two)
    assert both["perimeter"] == pytest.approx(2 * first["perimeter"], rel=0.05)
    assert both["elongation"] < 0.1  # all spots together are longer than wide


def test_small_pieces_have_no_shape(square):
    found = measured(square, np.arange(len(square)) < 3)
    assert np.isnan([found[name] for name in ("linearity", "elongation", "curl")]).all()
    assert found["perimeter"] == pytest.approx(8, rel=0.1)


def test_smoothing_keeps_what_it_would_lose():
    thin = shapely.box(0, 0, 20, 1)
    assert smoothed(thin, 1.0).equals(thin)
