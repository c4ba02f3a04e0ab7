from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from spamca.datasets._tissue import grid
from spamca.pl._coloring import Coloring
from spamca.pl._outlines import draw_outlines, name_places, outline_path
from spamca.pl._section import Section

SPATIAL = grid(100, np.random.default_rng(0))  # 10 by 10, one apart


def halves() -> Coloring:
    return Coloring("label", (SPATIAL[:, 0] > 4.5).astype(np.int64), ["left", "right"], ["#ff0000", "#0000ff"])


@pytest.mark.parametrize("colored", [True, False])
def test_outline_goes_around_the_spots_of_a_domain(colored):
    ax = plt.figure().add_subplot()
    draw_outlines(ax, Section(None, np.arange(100), SPATIAL), halves(), colored=colored)
    left, right = (line.get_paths()[0] for line in ax.collections)
    inset = 0.1 if colored else 0
    assert left.vertices[:, 0].max() == pytest.approx(4.5 - inset)
    assert right.vertices[:, 0].min() == pytest.approx(4.5 + inset)
    assert left.contains_points(SPATIAL[SPATIAL[:, 0] < 4.5]).all()
    assert not left.contains_points(SPATIAL[SPATIAL[:, 0] > 4.5]).any()


def test_holes_and_pieces_are_kept():
    from shapely import MultiPolygon, box

    path = outline_path(MultiPolygon([box(0, 0, 4, 4) - box(1, 1, 2, 2), box(6, 0, 7, 1)]))
    assert len(path.to_polygons()) == 3


def test_names_lie_deep_in_their_domain():
    codes = np.where((SPATIAL[:, 0] < 3) & (SPATIAL[:, 1] < 3), 0, 1)
    places = name_places(SPATIAL, codes, 1.0)
    assert places[0] == pytest.approx([1, 1], abs=0.6)
    # The rest is an L, deepest away from its edges and from the corner that it goes around.
    assert places[1].min() > 4
    assert set(name_places(SPATIAL, np.where(codes == 0, -1, 1), 1.0)) == {1}


def test_names_stand_in_the_larger_piece_and_not_between_pieces():
    codes = np.where(np.abs(SPATIAL[:, 0] - 3) < 1.5, 1, 0)
    x, _ = name_places(SPATIAL, codes, 1.0)[0]
    assert 6 < x < 8
