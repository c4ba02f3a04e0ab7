from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import spamca


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=60, n_domains=3, n_features=3)
    mdata.obs["spamca"] = mdata.obs["label"].cat.rename_categories({f"domain {k + 1}": f"{k}" for k in range(3)})
    mdata.uns["spamca_colors"] = ["#ff0000", "#00ff00", "#0000ff"]
    rows = [("rna", "0", 0.2), ("rna", "1", 0.1), ("rna", "2", 0.001), ("rna", "all", 0.25)]
    rows += [("protein", "0", 0.05), ("protein", "1", np.nan), ("protein", "2", 0.4), ("protein", "all", 0.42)]
    mdata.uns["spamca_variance_explained"] = pd.DataFrame(rows, columns=["modality", "domain", "variance_explained"])
    return mdata


def names(labels) -> list[str]:
    return [label.get_text() for label in labels]


def test_cells_by_modality_and_domain_and_bars_of_all(mdata):
    cells, bars = spamca.pl.variance_explained(mdata)
    assert names(cells.get_yticklabels()) == ["rna", "protein"]
    assert names(cells.get_xticklabels()) == ["0", "1", "2"]
    assert names(cells.texts) == ["20%", "10%", "0%", "5%", "40%"]
    shown = np.ma.filled(cells.collections[0].get_array(), np.nan)
    assert shown == pytest.approx(np.array([[0.2, 0.1, 0.001], [0.05, np.nan, 0.4]]), nan_ok=True)
    assert [bar.get_width() for bar in bars.patches] == [0.25, 0.42]
    assert names(bars.texts) == ["25%", "42%"]
    cells.figure.canvas.draw()
    rows = [cells.transData.transform((0, i))[1] for i in range(2)]
    assert [bars.transData.transform((0, i))[1] for i in range(2)] == pytest.approx(rows)


def test_domains_are_marked_by_their_colours(mdata):
    cells, _ = spamca.pl.variance_explained(mdata)
    assert [patch.get_facecolor()[:3] for patch in cells.patches] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]


@pytest.mark.parametrize("n", [1, 25])
def test_nothing_is_cut_off(mdata, n):
    rows = [("chromatin accessibility", f"region {k}", k / 50) for k in range(n)]
    mdata.uns["spamca_variance_explained"] = pd.DataFrame(rows, columns=["modality", "domain", "variance_explained"])
    cells, bars = spamca.pl.variance_explained(mdata)
    cells.figure.canvas.draw()
    page = cells.figure.bbox.padded(1)
    for text in (cells.title, bars._left_title, *cells.get_xticklabels(), *cells.get_yticklabels()):
        box = text.get_window_extent()
        assert page.contains(*box.p0), text
        assert page.contains(*box.p1), text
    assert not cells.title.get_window_extent().overlaps(bars._left_title.get_window_extent())


def test_axes_of_the_caller_are_used_and_errors_name_the_call(mdata):
    _, two = plt.subplots(1, 2)
    assert spamca.pl.variance_explained(mdata, ax=two).tolist() == list(two)
    with pytest.raises(ValueError, match="ax has 1 axes, but there are 2 panels"):
        spamca.pl.variance_explained(mdata, ax=two[0])
    with pytest.raises(KeyError, match=r"run spamca.tl.variance_explained\(mdata, key='mine'\)"):
        spamca.pl.variance_explained(mdata, key="mine")
    with pytest.raises(ValueError, match="cmap must be"):
        spamca.pl.variance_explained(mdata, cmap="foo")
