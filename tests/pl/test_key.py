from __future__ import annotations

import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import Normalize

from spamca.pl._key import draw_bar, draw_legend, legend_columns


@pytest.mark.parametrize(("n_entries", "columns"), [(1, 1), (15, 1), (24, 2), (60, 4)])
def test_long_legends_take_several_columns(n_entries, columns):
    assert legend_columns(n_entries, 3.2) == columns


@pytest.mark.parametrize("n_entries", [3, 24, 40])
def test_legend_stands_beside_the_axes_and_is_no_higher(n_entries):
    figure, ax = plt.subplots(figsize=(8, 3.2), layout="compressed")
    ax.set_aspect("equal")
    legend = draw_legend(ax, [(f"domain {i}", "red") for i in range(n_entries)], height=3.2)
    figure.canvas.draw()
    around, inside = legend.get_window_extent(), ax.get_window_extent()
    assert around.x0 >= inside.x1
    assert around.x1 <= figure.bbox.x1
    assert around.y0 >= figure.bbox.y0


def test_bar_stands_beside_the_axes():
    figure, ax = plt.subplots(figsize=(5, 3.2), layout="compressed")
    bar = draw_bar(ax, Normalize(0, 1), plt.get_cmap("viridis"), extend="max", title="weight")
    figure.canvas.draw()
    assert bar.ax.get_window_extent().x0 >= ax.get_window_extent().x1
    assert bar.ax.get_tightbbox().x1 <= figure.bbox.x1
    assert bar.extend == "max"
    assert bar.ax.get_ylabel() == "weight"
    assert len(bar.get_ticks()) <= 6
