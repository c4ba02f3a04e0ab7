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


def test_what_is_absent_is_named(mdata):
    with pytest.raises(KeyError, match=r"mdata.uns\['x'\] has no history of a training; run spamca.tl.integrate"):
        spamca.pl.training_history(mdata, key="x")
    with pytest.raises(KeyError, match=r"\['absent'\] are not among"):
        spamca.pl.training_history(mdata, losses=["absent"])
