from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from spamca.datasets._layout import LAYOUTS


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_spots", [2, 30, 400])
def test_spots_are_as_many_as_asked_and_apart(layout, n_spots):
    spatial = LAYOUTS[layout](n_spots, np.random.default_rng(0))
    assert spatial.shape == (n_spots, 2)
    assert len(np.unique(spatial, axis=0)) == n_spots


@pytest.mark.parametrize(("layout", "n_nearest"), [("grid", 4), ("hexagonal", 6)])
def test_regular_layouts_have_their_nearest_spots_one_unit_away(layout, n_nearest):
    spatial = LAYOUTS[layout](400, np.random.default_rng(0))
    distances = KDTree(spatial).query(spatial, k=n_nearest + 2)[0]
    inside = np.isclose(distances[:, n_nearest], 1)
    assert inside.mean() > 0.7
    assert (distances[:, n_nearest + 1] > 1.4).all()


def test_random_layout_has_one_spot_per_unit_of_area():
    spatial = LAYOUTS["random"](900, np.random.default_rng(0))
    assert np.ptp(spatial, axis=0) == pytest.approx([30, 30], rel=0.02)
