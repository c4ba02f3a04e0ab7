from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap, to_hex

from spamca.datasets._tissue import grid
from spamca.pl._coloring import MISSING_NAME, Coloring
from spamca.pl._ends import Ends
from spamca.pl._image import TissueImage
from spamca.pl._panel import draw_key, draw_legend, draw_panel, legend_columns
from spamca.pl._section import Section
from spamca.pl._style import MISSING, Style


@pytest.fixture
def section() -> Section:
    spatial = grid(9, np.random.default_rng(0))
    return Section(None, np.arange(9), spatial)


@pytest.fixture
def ax():
    return plt.figure().add_subplot()


CODES = Coloring("label", np.array([0, 1, 2, 0, 1, 2, 0, -1, 2]), ["a", "b", "c"], ["#ff0000", "#00ff00", "#0000ff"])
NUMBERS = Coloring("gene", np.array([0, 1, 2, 3, 4, 5, 6, np.nan, 100.0]))


def at(ax, x: float, y: float) -> str:
    """Colour of the spot at a position."""
    spots = ax.collections[0]
    here = np.flatnonzero((spots.get_offsets() == [x, y]).all(axis=1))
    return to_hex(spots.get_facecolors()[here[0]])


def test_categories_have_their_colours_and_missing_spots_are_grey_beneath(ax, section):
    draw_panel(ax, section, CODES, Style(), None, section.extent)
    assert at(ax, 0, 0) == "#ff0000"
    assert at(ax, 2, 2) == "#0000ff"
    assert at(ax, 1, 2) == MISSING
    assert ax.collections[0].get_offsets()[0].tolist() == [1, 2]


@pytest.mark.parametrize("cmap", ["gray", LinearSegmentedColormap.from_list("own", ["black", "white"])])
def test_numbers_go_along_the_colour_map(ax, section, cmap):
    norm = Ends("p0", "p90").scale(NUMBERS.values)
    assert norm.vmax < 100
    draw_panel(ax, section, NUMBERS, Style(cmap=cmap), norm, section.extent)
    assert at(ax, 0, 0) == "#000000"
    assert at(ax, 2, 2) == "#ffffff"
    assert at(ax, 1, 2) == MISSING


def test_axes_are_equal_upside_down_and_bare(ax, section):
    draw_panel(ax, section, CODES, Style(), None, section.extent)
    assert ax.get_aspect() == 1
    assert ax.yaxis_inverted()
    assert not ax.xaxis_inverted()
    assert not ax.axison
    assert ax.get_xlim() == (-1, 3)


def test_opacity_and_size(ax, section):
    draw_panel(ax, section, CODES, Style("circle", 0.5, 0.3), None, section.extent)
    spots = ax.collections[0]
    assert spots.get_facecolors()[:, 3] == pytest.approx(0.3)
    assert np.ptp(spots.get_paths()[0].vertices[:, 0]) == pytest.approx(0.5)


def test_image_lies_beneath_and_gives_the_size_of_spots(ax, section):
    image = TissueImage(np.zeros((8, 8, 3)), 2.0, 0.55)
    section = Section(None, section.rows, section.spatial, image)
    draw_panel(ax, section, CODES, Style("circle"), None, section.extent)
    assert ax.images[0].get_extent() == [0, 4, 4, 0]
    assert len(ax.images) == 1
    assert np.ptp(ax.collections[0].get_paths()[0].vertices[:, 0]) == pytest.approx(0.55)


def test_legend_names_what_is_there(ax):
    draw_key(ax, CODES, Style(), None, height=3, title=None)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c", MISSING_NAME]
    unused = Coloring("label", np.array([0, 2]), CODES.categories, CODES.colors)
    draw_key(ax, unused, Style(), None, height=3, title="domains")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "c"]
    assert ax.get_legend().legend_handles[1].get_color() == "#0000ff"


def test_bar_of_one_value_names_no_other(ax):
    alike = Coloring("confidence", np.ones(4))
    draw_key(ax, alike, Style(), Ends("p1", "p99").scale(alike.values), height=3, title=None)
    (bar,) = ax.child_axes
    assert bar.get_yticks().tolist() == [1]


def test_bar_points_beyond_its_ends_only_where_values_are(ax):
    draw_key(ax, NUMBERS, Style(), Ends("p0", "p90").scale(NUMBERS.values), height=3, title=None)
    assert len(ax.child_axes) == 1
    nothing = Coloring("gene", np.full(3, np.nan))
    other = plt.figure().add_subplot()
    draw_key(other, nothing, Style(), Ends("p1", "p99").scale(nothing.values), height=3, title=None)
    assert not other.child_axes


@pytest.mark.parametrize(("n_entries", "columns"), [(1, 1), (15, 1), (24, 2), (60, 4)])
def test_long_legends_take_several_columns(n_entries, columns):
    assert legend_columns(n_entries, 3.2) == columns


@pytest.mark.parametrize("n_entries", [3, 24, 40])
def test_legend_stands_next_to_the_axes_and_is_no_higher(n_entries):
    figure, ax = plt.subplots(figsize=(8, 3.2), layout="compressed")
    ax.set_aspect("equal")
    legend = draw_legend(ax, [(f"domain {i}", "red") for i in range(n_entries)], height=3.2, style=Style())
    figure.canvas.draw()
    around, inside = legend.get_window_extent(), ax.get_window_extent()
    assert around.x0 >= inside.x1
    assert around.x1 <= figure.bbox.x1
    assert around.y0 >= figure.bbox.y0


def test_bar_stands_next_to_the_axes():
    figure, ax = plt.subplots(figsize=(5, 3.2), layout="compressed")
    draw_key(ax, NUMBERS, Style(), Ends("p0", "p90").scale(NUMBERS.values), height=3.2, title="weight")
    figure.canvas.draw()
    (bar,) = ax.child_axes
    assert bar.get_window_extent().x0 >= ax.get_window_extent().x1
    assert bar.get_tightbbox().x1 <= figure.bbox.x1
    assert bar.get_ylabel() == "weight"
    assert len(bar.get_yticks()) <= 6
