from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from spamca.datasets._tissue import LAYOUTS
from spamca.pl._spots import MAX_VECTOR_SPOTS, SHAPES, draw_spots, lattice_angle, natural_shape, spot_diameter


def layout(name: str, n_spots: int = 400) -> np.ndarray:
    return LAYOUTS[name](n_spots, np.random.default_rng(0))


def turned(spatial: np.ndarray, degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return spatial @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("name", ["grid", "hexagonal"])
def test_spots_of_a_lattice_touch(name):
    assert spot_diameter(30 * layout(name)) == pytest.approx(30)


def test_spots_strewn_at_random_fill_the_tissue():
    assert 0.6 < spot_diameter(layout("random")) < 1


@pytest.mark.parametrize("spatial", [np.zeros((1, 2)), np.zeros((5, 2))])
def test_a_single_position_has_a_size(spatial):
    assert spot_diameter(spatial) == 1


def test_few_spots_and_spots_that_coincide_have_a_size():
    assert spot_diameter(np.array([[0.0, 0], [0, 3], [0, 3]])) == 3


@pytest.mark.parametrize(("name", "period"), [("grid", 90), ("hexagonal", 60)])
@pytest.mark.parametrize("degrees", [0, 17, 44])
def test_angle_of_a_lattice_is_found(name, period, degrees):
    assert lattice_angle(turned(layout(name), degrees), period) == pytest.approx(degrees, abs=0.2)


def test_one_spot_has_no_angle():
    assert lattice_angle(np.zeros((1, 2)), 90) == 0


def test_shape_follows_the_layout():
    assert natural_shape(layout("grid")) == "square"
    assert natural_shape(turned(layout("grid"), 45)) == "circle"
    assert natural_shape(layout("hexagonal")) == "circle"
    assert natural_shape(layout("random")) == "circle"
    assert natural_shape(layout("grid", 4)) == "circle"
    assert natural_shape(np.zeros((20, 2))) == "circle"


def picture(spatial: np.ndarray, shape: str, *, zoom: float = 1.0) -> np.ndarray:
    """Red spots of diameter one on white in a window of four units, 40 pixels to a unit at zoom one."""
    figure = plt.figure(figsize=(1.6, 1.6), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-2 / zoom, 2 / zoom), ylim=(-2 / zoom, 2 / zoom))
    ax.set_axis_off()
    colors = np.tile(to_rgba("red"), (len(spatial), 1))
    draw_spots(ax, spatial, colors, diameter=1.0, shape=shape)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., 1] < 128


AREA = {"circle": np.pi / 4, "square": 1.0, "hex": 3**0.5 / 2}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("zoom", [1, 2])
def test_size_is_in_units_of_the_tissue_at_any_zoom(shape, zoom):
    covered = picture(np.zeros((1, 2)), shape, zoom=zoom).sum() / (40 * zoom) ** 2
    assert covered == pytest.approx(AREA[shape], rel=0.06)


@pytest.mark.parametrize(("name", "shape"), [("grid", "square"), ("hexagonal", "hex")])
@pytest.mark.parametrize("degrees", [0, 20])
def test_shapes_tile_their_lattice_however_it_lies(name, shape, degrees):
    spatial = layout(name)
    assert picture(turned(spatial - spatial.mean(axis=0), degrees), shape).all()


def test_many_spots_are_pixels_in_vector_files():
    ax = plt.figure().add_subplot()
    few, many = (np.random.default_rng(0).random((n, 2)) for n in (10, MAX_VECTOR_SPOTS + 1))
    for spatial, rasterized in ((few, False), (many, True)):
        colors = np.ones((len(spatial), 4))
        assert draw_spots(ax, spatial, colors, diameter=1.0, shape="circle").get_rasterized() is rasterized
