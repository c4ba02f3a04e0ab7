from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import spamca
from spamca.pl._confusion import matched_order


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=120, n_domains=3, n_features=3)
    mdata.obs["one"] = pd.Categorical(np.repeat(["a", "b", "c"], 40))
    mdata.obs["other"] = pd.Categorical(np.r_[np.repeat("z", 30), np.repeat("y", 50), np.repeat("x", 40)])
    return mdata


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def names(labels) -> list[str]:
    return [label.get_text() for label in labels]


def test_columns_are_matched_to_rows_and_cells_have_shares_and_counts(mdata):
    ax = spamca.pl.confusion(mdata, rows="one", columns="other")
    assert names(ax.get_yticklabels()) == ["a", "b", "c"]
    assert names(ax.get_xticklabels()) == ["z", "y", "x"]
    assert texts(ax) == ["75%\n30", "25%\n10", "100%\n40", "100%\n40"]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("one", "other")
    by_column = spamca.pl.confusion(mdata, rows="one", columns="other", normalize="columns")
    assert texts(by_column) == ["100%\n30", "20%\n10", "80%\n40", "100%\n40"]
    of_all = spamca.pl.confusion(mdata, rows="one", columns="other", normalize="all")
    assert texts(of_all) == ["25%\n30", "8%\n10", "33%\n40", "33%\n40"]


@pytest.mark.slow
def test_title_has_the_scores_of_scikit_learn(mdata):
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    one, other = mdata.obs["one"], mdata.obs["other"]
    expected = f"ARI {adjusted_rand_score(one, other):.2f}, NMI {normalized_mutual_info_score(one, other):.2f}"
    assert spamca.pl.confusion(mdata, rows="one", columns="other").get_title() == f"{expected}, 120 spots"


def test_spots_without_a_value_are_left_out(mdata):
    mdata.obs["one"] = mdata.obs["one"].where(np.arange(120) >= 30)
    ax = spamca.pl.confusion(mdata, rows="one", columns="other")
    assert ax.get_title().endswith("90 spots")
    assert names(ax.get_xticklabels()) == ["y", "x"]
    mdata.obs["other"] = mdata.obs["other"].where(np.arange(120) < 30)
    with pytest.raises(ValueError, match="no spot has a value in both rows='one' and columns='other'"):
        spamca.pl.confusion(mdata, rows="one", columns="other")


def test_the_diagonal_holds_as_much_as_it_can():
    counts = np.array([[0, 5, 1, 0], [7, 0, 0, 3], [0, 0, 6, 0]])
    order = matched_order(counts)
    assert order.tolist() == [1, 0, 3, 2]
    assert matched_order(np.eye(3, dtype=int)[::-1]).tolist() == [2, 1, 0]


@pytest.mark.parametrize("n", [2, 12, 30])
@pytest.mark.slow
def test_nothing_is_cut_off(n):
    mdata = spamca.datasets.simulated(n_spots=600, n_domains=3, n_features=3)
    mdata.obs["many"] = pd.Categorical([f"region {i % n} of the tissue" for i in range(600)])
    ax = spamca.pl.confusion(mdata, rows="many", columns="label")
    other = spamca.pl.confusion(mdata, rows="label", columns="many")
    for one in (ax, other):
        one.figure.canvas.draw()
        page = one.figure.bbox.padded(1)
        for text in (one.title, *one.get_xticklabels(), *one.get_yticklabels()):
            box = text.get_window_extent()
            assert page.contains(*box.p0), text
            assert page.contains(*box.p1), text
        boxes = [label.get_window_extent() for label in one.get_xticklabels()]
        assert not any(a.padded(-1).overlaps(b.padded(-1)) for a, b in pairwise(boxes))
    assert (len(ax.texts) > 0) == (n <= 16)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": "foo"}, KeyError, "rows='foo' is neither a column"),
        ({"columns": "num"}, ValueError, "columns='num' holds numbers"),
        ({"normalize": "both"}, ValueError, "normalize must be one of 'rows', 'columns', 'all', got 'both'"),
        ({"cmap": "foo"}, ValueError, "cmap must be"),
        ({"ax": 3}, TypeError, "ax must be axes"),
        ({"figsize": 3}, ValueError, "figsize must be"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    mdata.obs["num"] = np.arange(120.0)
    with pytest.raises(error, match=message):
        spamca.pl.confusion(mdata, **{"rows": "one", "columns": "other"} | arguments)
    assert not plt.get_fignums()


def test_nothing_is_written_and_axes_of_the_caller_are_used(mdata):
    _, ax = plt.subplots()
    assert spamca.pl.confusion(mdata[:100], rows="one", columns="other", ax=ax) is ax
    assert list(mdata.uns) == ["simulation"]
