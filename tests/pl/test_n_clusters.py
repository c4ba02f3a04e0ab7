from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import spamca


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=20, n_domains=2, n_features=3)
    tried = np.arange(2, 7)
    mdata.uns["spamca_n_clusters"] = {
        "n_clusters": 4,
        "tried": tried,
        "gain": np.sqrt(tried),
        "evidence": -((tried - 4.0) ** 2),
        "stability": np.array([1, 0.5, 0.9, 0.4, 0.3]),
        "coherence": 1 / tried,
        "error": np.array([0.5, 0.4, 0.0, 0.2, 0.3]),
    }
    return mdata


def test_a_panel_for_each_criterion_with_the_chosen_number_marked(mdata):
    axes = spamca.pl.n_clusters(mdata)
    assert [ax.get_title() for ax in axes] == ["evidence", "stability"]
    line, chosen = axes[1].lines[:2]
    assert line.get_xdata().tolist() == [2, 3, 4, 5, 6]
    assert line.get_ydata().tolist() == [1, 0.5, 0.9, 0.4, 0.3]
    assert chosen.get_xdata().tolist() == [4]
    assert chosen.get_ydata().tolist() == [0.9]
    assert axes[0].get_legend().get_texts()[0].get_text() == "chosen: 4"
    assert axes[0].get_xlabel() == "number of domains"


def test_criteria_are_drawn_as_they_are(mdata):
    (ax,) = spamca.pl.n_clusters(mdata, criteria="evidence")
    record = mdata.uns["spamca_n_clusters"]
    assert ax.lines[0].get_ydata().tolist() == record["evidence"].tolist()
    band = ax.collections[0].get_paths()[0].get_extents()
    assert band.ymin == (record["evidence"] - record["error"]).min()
    assert band.ymax == (record["evidence"] + record["error"]).max()


def test_criteria_and_axes_can_be_chosen(mdata):
    _, ax = plt.subplots()
    axes = spamca.pl.n_clusters(mdata, criteria=["gain"], ax=ax)
    assert axes.tolist() == [ax]
    assert len(spamca.pl.n_clusters(mdata, criteria=["gain", "coherence", "evidence"], ncols=2)) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key": "x"}, KeyError, r"mdata.uns\['x_n_clusters'\] has no estimate; .*\(mdata, key_added='x'\)"),
        ({"key": 3}, TypeError, "key must be a string, got 3"),
        ({"criteria": ["absent"]}, KeyError, r"\['absent'\] are not among \['evidence'"),
        ({"criteria": []}, ValueError, r"criteria must name one at least, got \[\]"),
        ({"ncols": 0}, ValueError, "ncols must be at least 1, got 0"),
        ({"figsize": 3}, ValueError, "figsize must be a pair of positive numbers.* got 3"),
        ({"ax": 3, "criteria": "gain"}, TypeError, "ax must be axes of matplotlib.* got 3"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    with pytest.raises(error, match=message):
        spamca.pl.n_clusters(mdata, **arguments)


def test_domains_found_from_a_result_share_its_estimate(mdata):
    mdata.uns["spamca"], mdata.uns["leiden"] = {"params": {}}, {"source": "spamca"}
    line = spamca.pl.n_clusters(mdata, key="leiden")[0].lines[0]
    assert line.get_xdata().tolist() == [2, 3, 4, 5, 6]
    mdata.uns["leiden_n_clusters"] = {**mdata.uns["spamca_n_clusters"], "n_clusters": 5}
    assert spamca.pl.n_clusters(mdata, key="leiden")[0].lines[1].get_xdata().tolist() == [5]
