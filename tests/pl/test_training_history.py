from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import spamca


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=20, n_domains=2, n_features=3)
    losses = {"cluster": np.zeros(5), "masked_reconstruction": np.arange(5.0), "total": np.arange(5.0)[::-1]}
    mdata.uns["spamca"] = {"history": losses}
    return mdata


def test_a_panel_for_each_loss_the_total_first(mdata):
    axes = spamca.pl.training_history(mdata)
    assert [ax.get_title() for ax in axes] == ["total", "masked reconstruction"]
    line = axes[0].lines[0]
    assert line.get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert line.get_ydata().tolist() == [4, 3, 2, 1, 0]


def test_losses_and_axes_can_be_chosen(mdata):
    _, ax = plt.subplots()
    axes = spamca.pl.training_history(mdata, losses=["cluster"], ax=ax)
    assert axes.tolist() == [ax]
    assert ax.get_title() == "cluster"
    assert len(spamca.pl.training_history(mdata, losses=["total", "cluster", "total"], ncols=2)) == 3


def test_one_loss_may_be_given_by_its_name(mdata):
    assert [ax.get_title() for ax in spamca.pl.training_history(mdata, losses="total")] == ["total"]


def test_losses_that_are_all_zero_are_shown(mdata):
    mdata.uns["spamca"]["history"] = {"cluster": np.zeros(5)}
    assert [ax.get_title() for ax in spamca.pl.training_history(mdata)] == ["cluster"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"losses": []}, ValueError, r"losses must name one at least, got \[\]"),
        ({"losses": 3}, TypeError, "losses must be a string or a list of strings, got 3"),
        ({"ncols": 0}, ValueError, "ncols must be at least 1, got 0"),
        ({"figsize": 3}, ValueError, "figsize must be a pair of positive numbers.* got 3"),
        ({"ax": 3, "losses": "total"}, TypeError, "ax must be axes of matplotlib.* got 3"),
        ({"key": 3}, TypeError, "key must be a string, got 3"),
        (
            {"key": "x"},
            KeyError,
            r"mdata.uns\['x'\] has no history of a training, which the default network does without; call",
        ),
        ({"losses": ["absent"]}, KeyError, r"\['absent'\] are not among"),
        ({"key": "other"}, KeyError, r"mdata.uns\['other'\] has no history"),
        ({"key": "label_colors"}, KeyError, r"mdata.uns\['label_colors'\] has no history"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    mdata.uns["label_colors"], mdata.uns["other"] = ["red"], {"history": "text"}
    with pytest.raises(error, match=message):
        spamca.pl.training_history(mdata, **arguments)
    assert not plt.get_fignums()


def test_a_view_can_be_drawn(mdata):
    assert len(spamca.pl.training_history(mdata[:10])) == 2
