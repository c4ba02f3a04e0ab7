from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from spamca.pl._coloring import Coloring
from spamca.pl._figure import (
    PANEL,
    given_axes,
    grid_shape,
    height_of,
    key_size,
    new_axes,
    panel_size,
    width_of,
    wrapped,
)


def test_longer_side_of_a_panel_is_fixed():
    assert panel_size(2.0) == (PANEL / 2, PANEL)
    assert panel_size(0.5) == (PANEL, PANEL / 2)


@pytest.mark.parametrize(("n_panels", "shape"), [(1, (1, 1)), (4, (1, 4)), (5, (2, 4))])
def test_panels_fill_rows(n_panels, shape):
    assert grid_shape(n_panels, 4) == shape


def test_long_names_and_many_categories_widen_the_legend():
    def width(n: int, name: str) -> float:
        return key_size(Coloring("label", np.arange(n), [name] * n, ["red"] * n), PANEL)[0]

    assert width(5, "pericapsular adipose tissue") > width(5, "a")
    assert width(40, "a") > width(5, "a")
    assert key_size(Coloring("gene", np.zeros(2)), PANEL)[0] > 0


def test_figure_fits_panels_and_legends_unless_told():
    axes = new_axes(2, 3, 1.0, [(1.0, 4.0)], None)
    assert axes.shape == (2, 3)
    width, height = axes[0, 0].figure.get_size_inches()
    assert width > 3 * PANEL + 1
    assert height > 2 * 4
    assert new_axes(1, 1, 1.0, [], (3, 4))[0, 0].figure.get_size_inches().tolist() == [3, 4]


def test_axes_of_the_caller_must_be_as_many_as_panels():
    _, two = plt.subplots(1, 2)
    assert given_axes(two[0], 1)[0] is two[0]
    assert given_axes(list(two), 2).tolist() == list(two)
    with pytest.raises(ValueError, match="ax has 2 axes, but there are 3 panels"):
        given_axes(two, 3)
    with pytest.raises(TypeError, match="ax must be axes of matplotlib, or a list of them, got 3"):
        given_axes(3, 1)


def test_height_and_width_are_in_inches():
    ax = plt.figure(figsize=(4, 2)).add_axes((0, 0, 0.75, 0.5))
    assert (height_of(ax), width_of(ax)) == (pytest.approx(1), pytest.approx(3))


def test_a_long_title_takes_the_lines_that_its_panel_is_wide():
    assert wrapped("domains", 3.2, 10) == "domains"
    lines = wrapped("spatial domains of the lymph node, " * 3, 3.2, 10).split("\n")
    assert len(lines) == 3
    assert max(map(len, lines)) * 0.57 * 10 / 72 <= 3.2
    assert len(wrapped("x" * 80, 3.2, 10).split("\n")) == 2
    assert wrapped("day 1\nuntreated", 3.2, 10) == "day 1\nuntreated"
