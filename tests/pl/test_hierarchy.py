from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch, Rectangle

import spamca

NODES = [
    (2, "0", "", 60),
    (2, "1", "", 40),
    (3, "0", "0", 35),
    (3, "1", "1", 40),
    (3, "2", "0", 25),
]


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=20, n_domains=2, n_features=3)
    nodes = pd.DataFrame(NODES, columns=["level", "domain", "parent", "n_spots"])
    mdata.uns["spamca_hierarchy"] = {
        "levels": np.array([2, 3]),
        "support": np.array([0.9, 0.55]),
        "n_clusters": 2,
        "nodes": nodes,
        "domains": ["0", "1", "2"],
        "colors": ["#0072b2", "#e69f00", "#009e73"],
    }
    return mdata


def bars_of(ax):
    found = [own for own in ax.patches if isinstance(own, Rectangle) and own.get_fill()]
    return [(to_hex(own.get_facecolor()), own.get_x(), own.get_width(), own.get_y()) for own in found]


def test_bars_are_as_wide_as_domains_are_large_and_coloured_as_they_are(mdata):
    ax = spamca.pl.hierarchy(mdata)
    widths = np.array([width for _, _, width, _ in bars_of(ax)])
    np.testing.assert_allclose(widths / widths.sum() * 2, [0.6, 0.4, 0.35, 0.25, 0.4])
    assert [color for color, *_ in bars_of(ax)] == ["#0072b2", "#e69f00", "#0072b2", "#009e73", "#e69f00"]


def test_each_level_has_a_row_its_support_and_branches_to_the_one_before(mdata):
    ax = spamca.pl.hierarchy(mdata)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2", "3"]
    texts = [text.get_text() for text in ax.texts]
    assert [text for text in texts if "." in text] == ["0.90", "0.55"]
    assert len([own for own in ax.patches if isinstance(own, PathPatch)]) == 3
    assert len({y for *_, y in bars_of(ax)}) == 2


def test_the_level_of_the_domains_in_obs_is_framed(mdata):
    ax = spamca.pl.hierarchy(mdata)
    (frame,) = [own for own in ax.patches if isinstance(own, Rectangle) and not own.get_fill()]
    assert frame.get_y() < 0 < frame.get_y() + frame.get_height() < 1
    assert [label.get_fontweight() for label in ax.get_yticklabels()] == ["bold", "normal"]
    mdata.uns["spamca_hierarchy"]["n_clusters"] = 7
    assert not [own for own in spamca.pl.hierarchy(mdata).patches if not own.get_fill()]


def test_domains_are_named_where_they_fit(mdata):
    texts = [text.get_text() for text in spamca.pl.hierarchy(mdata).texts]
    assert sorted(text for text in texts if text in "012") == ["0", "0", "1", "1", "2"]
    record = mdata.uns["spamca_hierarchy"]
    long = "a name that no bar of this figure holds, since it is so long, and longer still"
    record["nodes"] = record["nodes"].replace("2", long)
    record["domains"][2] = long
    assert long not in [text.get_text() for text in spamca.pl.hierarchy(mdata).texts]


def test_colours_given_to_the_domains_since_are_used(mdata):
    mdata.obs["spamca"] = pd.Categorical(["0", "1"] * 10)
    mdata.uns["spamca_colors"] = ["#111111", "#222222"]
    colors = {color for color, *_ in bars_of(spamca.pl.hierarchy(mdata))}
    assert colors == {"#111111", "#222222", "#009e73"}


def test_without_halves_no_support_is_drawn(mdata):
    mdata.uns["spamca_hierarchy"]["support"] = np.full(2, np.nan)
    assert "support" not in [text.get_text() for text in spamca.pl.hierarchy(mdata).texts]


def test_axes_can_be_given(mdata):
    _, ax = plt.subplots()
    assert spamca.pl.hierarchy(mdata, ax=ax) is ax


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key": "x"}, KeyError, r"mdata.uns\['x_hierarchy'\] has no tree; .*\(mdata, key='x'\)"),
        ({"key": 3}, TypeError, "key must be a string, got 3"),
        ({"figsize": 3}, ValueError, "figsize must be a pair of positive numbers.* got 3"),
        ({"ax": 3}, TypeError, "ax must be axes of matplotlib.* got 3"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    with pytest.raises(error, match=message):
        spamca.pl.hierarchy(mdata, **arguments)


def test_short_names_that_do_not_fit_stand_below_the_last_level(mdata):
    record = mdata.uns["spamca_hierarchy"]
    record["nodes"].loc[[2, 4], "n_spots"] = 59, 1
    ax = spamca.pl.hierarchy(mdata)
    (name,) = [text for text in ax.texts if text.get_text() == "2"]
    (bar,) = [own for own in ax.patches if isinstance(own, Rectangle) and to_hex(own.get_facecolor()) == "#009e73"]
    assert name.get_position()[0] == pytest.approx(bar.get_x() + bar.get_width() / 2)
    assert name.get_position()[1] > bar.get_y() + bar.get_height()


@pytest.mark.parametrize("size", [8, 16])
def test_texts_follow_the_settings(mdata, size):
    with plt.rc_context({"font.size": size}):
        ax = spamca.pl.hierarchy(mdata)
    texts = [*ax.texts, *ax.get_yticklabels(), ax.yaxis.label]
    assert {round(text.get_fontsize() / size, 6) for text in texts} == {0.7, 0.8, 0.9}
