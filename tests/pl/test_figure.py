from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from spamca.datasets._tissue import grid
from spamca.pl._arguments import check_axes
from spamca.pl._coloring import Coloring
from spamca.pl._ends import Ends
from spamca.pl._figure import PANEL, common_window, draw_tissue, key_size, line_axes, set_title
from spamca.pl._section import Section
from spamca.pl._style import Style

SPATIAL = grid(16, np.random.default_rng(0))


def section(spatial: np.ndarray, name: str | None = None) -> Section:
    return Section(name, np.arange(len(spatial)), spatial)


def test_one_window_holds_all_sections_whatever_their_units():
    wide, high = section(SPATIAL[:8] * 100), section(SPATIAL[SPATIAL[:, 0] < 2])
    assert wide.extent == pytest.approx([5, 3])
    assert high.extent == pytest.approx([3, 5])
    window, width, height = common_window([wide, high])
    assert window == pytest.approx([5, 5])
    assert width == height == PANEL


def test_longer_side_of_a_panel_is_fixed():
    assert common_window([section(SPATIAL[:8])])[1:] == (PANEL, pytest.approx(PANEL * 3 / 5))


def test_long_names_and_many_categories_widen_the_legend():
    def width(n: int, name: str) -> float:
        return key_size(Coloring("label", np.arange(n), [name] * n, ["red"] * n), Style(), PANEL)[0]

    assert width(5, "pericapsular adipose tissue") > width(5, "a")
    assert width(40, "a") > width(5, "a")
    assert key_size(Coloring("gene", np.zeros(2)), Style(), PANEL)[0] > 0


@pytest.mark.parametrize(("figsize", "expected"), [(None, None), ((3, 4), [3, 4]), (np.array([3, 4]), [3, 4])])
def test_figure_fits_panels_and_legends_unless_its_size_is_given(figsize, expected):
    many = Coloring("label", np.arange(16), [f"domain {k}" for k in range(16)], ["#ff0000"] * 16)
    given = {"ax": None, "titles": None, "ncols": 3, "figsize": figsize}
    axes = draw_tissue([section(SPATIAL)], [many] * 5, Style(), [Ends()] * 5, **given)
    assert axes.shape == (5, 1)
    figure = axes[0, 0].figure
    assert len(figure.axes) == 5
    width, height = figure.get_size_inches()
    assert [width, height] == expected if expected else width > 3 * (PANEL + 0.5) and 2 * PANEL < height < 3 * PANEL


@pytest.mark.parametrize(("n", "shape"), [(1, (1, 1)), (3, (1, 3)), (5, (2, 3))])
def test_lines_fill_rows(n, shape):
    names = [f"line {i}" for i in range(n)]
    axes = line_axes(names, (2.0, 1.0), (4, 4), "step", title=None, ncols=3, figsize=None, ax=None)
    assert [ax.get_title() for ax in axes] == names
    assert axes[0].get_gridspec().get_geometry() == shape
    assert axes[0].figure.get_size_inches().tolist() == [2 * shape[1], shape[0]]
    assert [ax.get_xlabel() for ax in axes] == [""] * (n - shape[1]) + ["step"] * shape[1]


def test_axes_of_the_caller_must_be_as_many_as_panels():
    _, two = plt.subplots(1, 2)
    assert check_axes(two[0], 1)[0] is two[0]
    assert check_axes(list(two), 2).tolist() == list(two)
    with pytest.raises(ValueError, match="ax has 2 axes, but there are 3 panels"):
        check_axes(two, 3)
    with pytest.raises(TypeError, match="ax must be axes of matplotlib, or a list of them, got 3"):
        check_axes(3, 1)


def titled(text: str, width: float | None) -> str:
    ax = plt.figure(figsize=(4, 2)).add_axes((0, 0, 0.8, 0.5))
    set_title(ax, text, width)
    return ax.get_title()


@pytest.mark.parametrize("width", [3.2, None])
def test_a_long_title_takes_the_lines_that_its_panel_is_wide(width):
    assert titled("domains", width) == "domains"
    lines = titled("spatial domains of the lymph node, " * 3, width).split("\n")
    assert len(lines) == 3
    assert max(map(len, lines)) * 0.57 * 10 / 72 <= 3.2
    assert len(titled("x" * 80, width).split("\n")) == 2
    assert titled("day 1\nuntreated", width) == "day 1\nuntreated"
