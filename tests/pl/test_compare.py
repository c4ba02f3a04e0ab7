from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import spamca


@pytest.fixture
def compared(tissue):
    """Made-up shares of two domains in six sections of two groups."""
    rows = [(f"s{s}", "ab"[s // 3], d, 10, v) for s in range(6) for d, v in (("x", 0.1 * s), ("y", 1 - 0.1 * s))]
    sections = pd.DataFrame(rows, columns=["section", "group", "domain", "n_spots", "share"])
    table = pd.DataFrame({"what": "share", "domain": ["x", "y"], "other": "", "group": "b", "reference": "a"})
    table = table.assign(effect=[1.5, -1.5], ci_low=[1.0, -2.0], ci_high=[2.0, -1.0], q_value=[0.013, np.nan])
    sections, table = sections.astype({"group": "category", "domain": "category"}), table.astype({"domain": "category"})
    tissue.uns["spamca_comparison"] = {
        "table": table,
        "sections": sections,
        "params": {"reference": "a", "groupby": "condition"},
    }
    return tissue


def texts(ax):
    return [text.get_text().replace("\N{MINUS SIGN}", "-") for text in ax.texts]


def test_points_means_and_effects(compared):
    ax = spamca.pl.compare(compared)
    points = [np.sort(one.get_offsets()[:, 0]).tolist() for one in ax.collections]
    np.testing.assert_allclose(points, [[0, 0.1, 0.2], [0.8, 0.9, 1], [0.3, 0.4, 0.5], [0.5, 0.6, 0.7]])
    means = sorted({round(line.get_xdata()[0], 6) for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]})
    np.testing.assert_allclose(means, [0.1, 0.4, 0.6, 0.9])
    assert "+1.50 [+1.00, +2.00], q = 0.013" in texts(ax)
    assert "-1.50" in texts(ax)  # no p-value, no interval
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_some_domains_in_given_axes_and_stored_colors(compared):
    compared.uns["condition_colors"] = ["#ff0000", "#0000ff"]
    _, given = plt.subplots()
    ax = spamca.pl.compare(compared, domains=["y"], ax=given)
    assert ax is given
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["y"]
    np.testing.assert_allclose(ax.collections[0].get_facecolor()[0, :3], [1, 0, 0])
    assert "+1.50 [+1.00, +2.00], q = 0.013" not in texts(ax)


def test_what_is_not_there(compared):
    with pytest.raises(KeyError, match="run spamca.tl.compare"):
        spamca.pl.compare(compared, key="other")
    with pytest.raises(KeyError, match=r"\['z'\] are not among"):
        spamca.pl.compare(compared, domains=["z"])
    with pytest.raises(ValueError, match="figsize"):
        spamca.pl.compare(compared, figsize=(1, -1))


@pytest.mark.parametrize("size", [8, 16])
def test_texts_follow_the_settings(compared, size):
    with plt.rc_context({"font.size": size}):
        ax = spamca.pl.compare(compared)
    texts = [*ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels(), *ax.get_legend().get_texts(), ax.xaxis.label]
    assert {round(text.get_fontsize() / size, 6) for text in texts} == {0.8, 0.9}


def test_colors_are_those_of_the_column_by_name(compared):
    compared.obs["condition"] = pd.Categorical(np.resize(["c", "a", "b"], compared.n_obs), ["c", "a", "b"])
    compared.uns["condition_colors"] = ["#00ff00", "#ff0000", "#0000ff"]
    ax = spamca.pl.compare(compared)
    assert {tuple(one.get_facecolor()[0, :3]) for one in ax.collections} == {(1, 0, 0), (0, 0, 1)}
