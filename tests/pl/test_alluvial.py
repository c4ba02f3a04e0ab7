from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch, Rectangle

import spamca


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=120, n_domains=3, n_features=3)
    mdata.obs["one"] = pd.Categorical(np.repeat(["a", "b", "c"], 40))
    mdata.obs["other"] = pd.Categorical(np.r_[np.repeat("z", 30), np.repeat("y", 50), np.repeat("x", 40)])
    return mdata


def streams(ax) -> list[PathPatch]:
    return [patch for patch in ax.patches if isinstance(patch, PathPatch)]


def parts(ax) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def test_streams_are_as_high_as_their_spots_and_have_the_colour_they_come_from(mdata):
    ax = spamca.pl.alluvial(mdata, ["one", "other"])
    heights = [np.ptp(stream.get_path().vertices[[0, 7], 1]) for stream in streams(ax)]
    assert heights == [30, 10, 40, 40]
    colors = spamca._palette.palette(3)
    expected = [colors[k].lower() for k in (0, 0, 1, 2)]
    assert [to_hex(stream.get_facecolor()) for stream in streams(ax)] == expected
    assert [part.get_height() for part in parts(ax)] == [40, 40, 40, 40, 50, 30]
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c", "x", "y", "z"]


def test_matched_categories_have_the_colour_of_the_first_column(mdata):
    colors = [to_hex(part.get_facecolor()) for part in parts(spamca.pl.alluvial(mdata, ["one", "other"]))]
    assert colors[3:] == colors[2::-1]
    own = [to_hex(p.get_facecolor()) for p in parts(spamca.pl.alluvial(mdata, ["one", "other"], match=False))]
    assert own[3:] == own[:3]


def test_spots_without_a_value_are_a_grey_block(mdata):
    mdata.obs["other"] = mdata.obs["other"].where(np.arange(120) >= 30)
    ax = spamca.pl.alluvial(mdata, ["one", "other"])
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c", "x", "y", "no value"]
    assert to_hex(parts(ax)[-1].get_facecolor()) == "#dddddd"


@pytest.mark.parametrize("n", [3, 25])
def test_names_do_not_overlap_or_leave_the_page(mdata, n):
    sizes = np.random.default_rng(0).pareto(0.7, n) + 0.05
    codes = np.random.default_rng(1).choice(n, 120, p=sizes / sizes.sum())
    mdata.obs["many"] = pd.Categorical([f"pericapsular tissue {k}" for k in codes])
    ax = spamca.pl.alluvial(mdata, ["many", "one", "many"])
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.padded(-1).overlaps(b.padded(-1)) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert all(ax.figure.bbox.padded(1).contains(*box.p0) for box in boxes)
    assert all(ax.figure.bbox.padded(1).contains(*box.p1) for box in boxes)


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ("one", ValueError, "columns must name two clusterings or more, got 'one'"),
        (["one", "foo"], KeyError, "columns='foo' is neither a column"),
        (["one", "num"], ValueError, "columns='num' holds numbers"),
        (3, TypeError, "columns must be a string or a list of strings, got 3"),
    ],
)
def test_bad_arguments_are_named(mdata, columns, error, message):
    mdata.obs["num"] = np.arange(120.0)
    with pytest.raises(error, match=message):
        spamca.pl.alluvial(mdata, columns)
    assert not plt.get_fignums()
