"""Saving, showing and giving back: the same in every function of ``pl``."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spamca
from spamca.pl._finish import Finish

_SPEC = importlib.util.spec_from_file_location("scene", Path(__file__).with_name("scene.py"))
scene = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scene)

FIRST = {name: next(image for image in scene.FIGURES if image.startswith(name)) for name in spamca.pl.__all__}
COMMON = {"figsize": None, "ax": None, "save": None, "show": None, "return_fig": None}


@pytest.fixture
def ax():
    return plt.subplots()[1]


@pytest.fixture
def windows(monkeypatch):
    """How often a window was opened."""
    opened = []
    monkeypatch.setattr(plt, "show", lambda *_, **__: opened.append(1))
    return opened


@pytest.mark.parametrize("name", spamca.pl.__all__)
def test_arguments_of_every_figure(name):
    parameters = inspect.signature(getattr(spamca.pl, name)).parameters
    assert list(parameters)[-len(COMMON) :] == list(COMMON)
    assert {one: parameters[one].default for one in COMMON} == COMMON
    assert {"title", "cmap", "palette"} & set(parameters)


@pytest.mark.parametrize("name", spamca.pl.__all__)
def test_every_figure_is_saved_and_given(name, monkeypatch, tmp_path, windows):
    plain, path = getattr(spamca.pl, name), tmp_path / "figure.png"
    monkeypatch.setattr(spamca.pl, name, lambda *a, **k: plain(*a, **k, save=path, return_fig=True))
    figure = scene.FIGURES[FIRST[name]](scene.scene()) if "lambda" in repr(scene.FIGURES[FIRST[name]]) else None
    figure = getattr(spamca.pl, name)(scene.scene()) if figure is None else figure
    assert isinstance(figure, Figure)
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert not windows


def test_axes_are_given_and_nothing_is_shown(ax, windows):
    assert Finish().of(ax) is ax
    assert Finish(show=False).of(ax) is ax
    several = np.array([ax, ax])
    assert Finish().of(several) is several
    assert not windows
    assert plt.get_fignums()


def test_a_figure_that_is_shown_is_not_given(ax, windows):
    assert Finish(show=True).of(ax) is None
    assert len(windows) == 1
    assert Finish(show=True, return_fig=True).of(ax) is ax.figure  # as scanpy
    assert len(windows) == 1


@pytest.mark.parametrize("name", ["figure.pdf", "figure.svg", "figure"])
def test_a_figure_is_saved_in_the_format_of_its_name(ax, tmp_path, name):
    Finish(save=tmp_path / name).of(ax)
    assert [path.name for path in tmp_path.iterdir()] == [name if "." in name else f"{name}.png"]
    assert plt.get_fignums()
    Finish(save=str(tmp_path / name), show=False).of(ax)
    assert not plt.get_fignums()  # loops do not collect figures that nobody sees


def test_axes_in_a_part_of_a_figure(tmp_path):
    figure = plt.figure()
    part = figure.subfigures(1, 2)[1]
    assert Finish(save=tmp_path / "whole.png", return_fig=True).of(part.subplots()) is figure


def test_every_function_refuses_a_folder_that_does_not_exist():
    mdata = scene.scene()
    for name in spamca.pl.__all__:
        given = {"alluvial": {"columns": ["label", "spamca"]}, "confusion": {"rows": "label"}}.get(name, {})
        before = plt.get_fignums()
        with pytest.raises(ValueError, match="save='nowhere/x.png' must name a file in a folder that exists"):
            getattr(spamca.pl, name)(mdata, **given, save="nowhere/x.png")
        assert plt.get_fignums() == before


def test_axes_are_axes():
    assert isinstance(spamca.pl.spatial_clusters(scene.scene()), Axes)
