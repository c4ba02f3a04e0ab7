from __future__ import annotations

import matplotlib as mpl
import mudata
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import LinearSegmentedColormap, to_hex

import spamca
from spamca._edge import without_pull
from spamca._palette import palette
from spamca.pl._coloring import Coloring, find_categories, find_coloring, matched, store_colors


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=40, n_domains=3, n_features=4)
    mdata["rna"].obs["leiden"] = pd.Categorical(np.where(np.arange(40) < 10, "a", "b"))
    mdata["rna"].obs["depth"] = np.arange(40)
    mdata["rna"].layers["double"] = mdata["rna"].X * 2
    return mdata


@pytest.fixture
def partial(mdata):
    """The RNA of the first ten spots is missing, and the rest stands in reverse order."""
    parts = {"rna": mdata["rna"][:9:-1].copy(), "protein": mdata["protein"].copy()}
    with without_pull():
        return mudata.MuData(parts)


def test_column_of_categories_gets_colours_that_stay_once_stored(mdata):
    found = find_coloring(mdata, "label")
    assert "label_colors" not in mdata.uns
    store_colors(found)
    assert found.categories == ["domain 1", "domain 2", "domain 3"]
    assert [found.categories[code] for code in found.values] == mdata.obs["label"].tolist()
    assert found.colors == mdata.uns["label_colors"] == palette(3)
    mdata.uns["label_colors"] = ["red", "#00ff00", "#0000ff"]
    assert find_coloring(mdata, "label").colors == ["red", "#00ff00", "#0000ff"]


@pytest.mark.parametrize("stored", [["#ff0000"], ["red", "lime", "no colour"], "red", 3])
def test_stored_colours_that_do_not_fit_are_replaced(mdata, stored):
    mdata.uns["label_colors"] = stored
    found = find_coloring(mdata, "label")
    store_colors(found)
    assert found.colors == palette(3) == mdata.uns["label_colors"]


def test_stored_colours_read_from_a_file_stay(mdata):
    mdata.uns["label_colors"] = np.array(["#ff0000", "#00ff00", "#0000ff"], dtype=object)
    assert find_coloring(mdata, "label").colors == ["#ff0000", "#00ff00", "#0000ff"]


def test_colours_given_in_order_or_by_name_are_kept(mdata):
    assert find_coloring(mdata, "label", palette=["red", "lime", "blue"]).colors == ["#ff0000", "#00ff00", "#0000ff"]
    by_name = {"domain 3": "red", "domain 1": "lime", "domain 2": "blue"}
    found = find_coloring(mdata, "label", palette=by_name)
    assert found.colors == ["#00ff00", "#0000ff", "#ff0000"]
    store_colors(found)
    assert mdata.uns["label_colors"] == ["#00ff00", "#0000ff", "#ff0000"]


def test_colours_of_a_map_by_its_name(mdata):
    assert find_coloring(mdata, "label", palette="tab10").colors == ["#1f77b4", "#ff7f0e", "#2ca02c"]
    assert find_coloring(mdata, "label", palette="viridis").colors == ["#440154", "#21918c", "#fde725"]


def test_few_shades_that_are_no_list_of_colours_go_from_end_to_end(mdata, monkeypatch):
    own = LinearSegmentedColormap.from_list("own", ["red", "blue"], N=3)
    monkeypatch.setitem(mpl.colormaps._cmaps, "own", own)
    assert find_coloring(mdata, "label", palette="own").colors == ["#ff0000", "#800080", "#0000ff"]


def test_colours_given_must_suffice(mdata):
    with pytest.raises(ValueError, match=r"palette has no colour for \['domain 3'\] of the 3 categories of 'label'"):
        find_coloring(mdata, "label", palette=["red", "lime"])
    mdata.obs["many"] = pd.Categorical([str(i % 12) for i in range(mdata.n_obs)])
    with pytest.raises(ValueError, match="12 categories of 'many', got 'tab10'; give more"):
        find_coloring(mdata, "many", palette="tab10")
    assert "label_colors" not in mdata.uns


def test_strings_and_booleans_are_categories_and_numbers_are_not(mdata):
    mdata.obs["words"] = mdata.obs["label"].astype(str)
    mdata.obs["flag"] = np.arange(40) % 2 == 0
    mdata.obs["count"] = np.arange(40)
    assert find_coloring(mdata, "words").categories == ["domain 1", "domain 2", "domain 3"]
    assert find_coloring(mdata, "flag").categories == ["False", "True"]
    assert find_coloring(mdata, "count").numeric


def test_missing_values_are_known(mdata):
    mdata.obs["label"] = mdata.obs["label"].mask(np.arange(40) < 5)
    mdata.obs["number"] = np.where(np.arange(40) < 3, np.nan, 1.0)
    assert np.flatnonzero(find_coloring(mdata, "label").missing).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(find_coloring(mdata, "number").missing).tolist() == [0, 1, 2]


def test_column_of_a_modality_keeps_its_colours_there(mdata):
    found = find_coloring(mdata, "rna:leiden")
    assert found.categories == ["a", "b"]
    store_colors(found)
    assert mdata["rna"].uns["leiden_colors"] == found.colors
    assert "leiden_colors" not in mdata.uns
    assert find_coloring(mdata, "rna:depth").values.tolist() == list(range(40))


def test_feature_by_modality_or_alone(mdata):
    expected = mdata["rna"].X.toarray()[:, 1]
    assert find_coloring(mdata, "rna:gene2").values.tolist() == expected.tolist()
    assert find_coloring(mdata, "gene2").values.tolist() == expected.tolist()
    assert find_coloring(mdata, "gene2", layer="double").values.tolist() == (2 * expected).tolist()
    mdata["rna"].X = mdata["rna"].X.toarray()
    assert find_coloring(mdata, "gene2").values.tolist() == expected.tolist()


def test_spots_without_the_modality_have_no_value(partial):
    feature, column = find_coloring(partial, "rna:gene1"), find_coloring(partial, "rna:depth")
    words = find_coloring(partial, "rna:leiden")
    lacks = ~partial.obs_names.isin(partial["rna"].obs_names)
    assert lacks.sum() == 10
    for found in (feature, column, words):
        assert (found.missing == lacks).all()
    known = partial.obs_names[~lacks]
    assert column.values[~lacks].tolist() == partial["rna"].obs.loc[known, "depth"].tolist()
    assert feature.values[~lacks].tolist() == partial["rna"].to_df().loc[known, "gene1"].tolist()
    assert [words.categories[k] for k in words.values[~lacks]] == partial["rna"].obs.loc[known, "leiden"].tolist()


def test_spots_without_the_modality_have_what_was_predicted(partial):
    lacks = ~partial.obs_names.isin(partial["rna"].obs_names)
    table = pd.DataFrame({"gene1": np.arange(40.0)}, index=partial.obs_names)
    partial.obsm["double_rna"] = table
    found = find_coloring(partial, "gene1", layer="double").values
    np.testing.assert_array_equal(found[lacks], table["gene1"][lacks])
    own = pd.Series(partial["rna"].layers["double"][:, [0]].toarray().ravel(), partial["rna"].obs_names)
    np.testing.assert_array_equal(found[~lacks], own[partial.obs_names[~lacks]])
    del partial["rna"].layers["double"]
    np.testing.assert_array_equal(find_coloring(partial, "rna:gene1", layer="double").values, table["gene1"])
    with pytest.raises(KeyError, match="layer='double' is not among"):
        find_coloring(partial, "gene2", layer="double")


def test_unknown_names_get_a_hint(mdata):
    with pytest.raises(KeyError, match=r"color='lable' .* did you mean 'label'"):
        find_coloring(mdata, "lable")
    with pytest.raises(KeyError, match="did you mean 'rna:gene1'"):
        find_coloring(mdata, "rna:gene_1")
    with pytest.raises(KeyError, match=r"color='zzzzzz' .* columns are"):
        find_coloring(mdata, "zzzzzz")
    with pytest.raises(KeyError, match=r"layer='triple' is not among \['double'\]"):
        find_coloring(mdata, "gene1", layer="triple")


def test_numbers_have_no_colours_to_store(mdata):
    before = list(mdata["rna"].uns)
    store_colors(find_coloring(mdata, "rna:depth"))
    store_colors(find_coloring(mdata, "gene1"))
    assert list(mdata["rna"].uns) == before


def test_errors_about_categories_name_the_argument(mdata):
    assert find_categories(mdata, "rna:leiden", "match").categories == ["a", "b"]
    with pytest.raises(ValueError, match=r"match='rna:depth' holds numbers.* such as 'label'"):
        find_categories(mdata, "rna:depth", "match")
    with pytest.raises(ValueError, match="groupby='rna:gene1' holds numbers"):
        find_categories(mdata, "rna:gene1", "groupby")
    with pytest.raises(KeyError, match=r"groupby='lable' .* did you mean 'label'"):
        find_categories(mdata, "lable", "groupby")
    with pytest.raises(TypeError, match="match must be a string, got 3"):
        find_categories(mdata, 3, "match")


REFERENCE = Coloring("label", np.array([0, 0, 1, 1, 2, 2]), ["a", "b", "c"], ["#ff0000", "#00ff00", "#0000ff"])


def test_categories_take_the_colours_of_those_they_overlap_with():
    found = Coloring("found", np.array([2, 2, 0, 0, 1, 1]), ["0", "1", "2"], ["#111111", "#222222", "#333333"])
    assert matched(found, REFERENCE).colors == ["#00ff00", "#0000ff", "#ff0000"]


def test_categories_left_over_get_colours_of_their_own():
    found = Coloring("found", np.array([0, 3, 1, 1, 2, -1]), ["0", "1", "2", "3"], ["#111111"] * 4)
    colors = matched(found, REFERENCE).colors
    assert colors[1:3] == ["#00ff00", "#0000ff"]
    assert "#ff0000" in (colors[0], colors[3])
    assert len(set(colors)) == 4


def test_fewer_categories_are_allowed():
    found = Coloring("found", np.array([0, 0, 0, 0, 1, 1]), ["0", "1"], ["#111111", "#222222"])
    colors = matched(found, REFERENCE).colors
    assert colors[0] in ("#ff0000", "#00ff00")
    assert colors[1] == "#0000ff"


def test_categories_that_share_no_spot_get_a_new_colour_each():
    found = Coloring("found", np.array([0, 0, 0, 0, 0, 0, 1, 2, 3]), [*"0123"], ["#111111"] * 4)
    okabe = ["#0072b2", "#E69F00", "orange"]
    reference = Coloring("label", np.array([0, 0, 1, 1, 1, 2, -1, -1, -1]), ["a", "b", "c"], okabe)
    colors = matched(found, reference).colors
    assert colors[0] == "#E69F00"
    assert len({to_hex(color) for color in (*colors, *okabe)}) == 6  # one of the reference's is taken


def test_unused_categories_leave_the_first_new_colours_to_others():
    found = Coloring("found", np.array([1, 1, 1, 2, 2, 2]), ["unused", "0", "1"], ["#111111"] * 3)
    reference = Coloring("label", np.array([0, 0, 0, -1, -1, -1]), ["a"], ["#ff0000"])
    assert matched(found, reference).colors[1:] == ["#ff0000", "#0072B2"]
