from __future__ import annotations

import numpy as np

from spamca.pl._coloring import Coloring
from spamca.pl._match import matched

REFERENCE = Coloring("label", np.array([0, 0, 1, 1, 2, 2]), ["a", "b", "c"], ["#ff0000", "#00ff00", "#0000ff"])


def test_categories_take_the_colours_of_those_they_overlap_with():
    found = Coloring("found", np.array([2, 2, 0, 0, 1, 1]), ["0", "1", "2"], ["#111111", "#222222", "#333333"])
    assert matched(found, REFERENCE).colors == ["#00ff00", "#0000ff", "#ff0000"]


def test_categories_left_over_get_colours_of_their_own():
    found = Coloring("found", np.array([0, 3, 1, 1, 2, -1]), ["0", "1", "2", "3"], ["#111111"] * 4)
    colors = matched(found, REFERENCE).colors
    assert colors[1:3] == ["#00ff00", "#0000ff"]
    assert "#ff0000" in (colors[0], colors[3])
    assert len(set(colors)) == 4


def test_fewer_categories_are_allowed():
    found = Coloring("found", np.array([0, 0, 0, 0, 1, 1]), ["0", "1"], ["#111111", "#222222"])
    colors = matched(found, REFERENCE).colors
    assert colors[0] in ("#ff0000", "#00ff00")
    assert colors[1] == "#0000ff"
