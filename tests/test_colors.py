from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest

import spamca
from spamca._colors import colors_of, keep_colors, write_colors
from spamca._palette import palette

OLD = {"a": "#111111", "b": "#222222", "c": "#333333", "d": "#444444"}


@pytest.fixture
def uns():
    uns = {}
    write_colors(uns, "x", list(OLD), list(OLD.values()))
    return uns


@pytest.mark.parametrize(
    "names",
    [["a", "b", "c", "d"], ["d", "c", "b", "a"], ["b", "d"], ["d"], []],
    ids=["same", "another order", "two removed", "one left", "none left"],
)
def test_colours_follow_names(uns, names):
    assert colors_of(uns, "x", names) == [OLD[name] for name in names]


def test_an_added_category_has_a_colour_of_its_own(uns):
    assert colors_of(uns, "x", ["new", "a", "b", "c", "d"]) == [palette(1)[0], *OLD.values()]
    uns = {}
    write_colors(uns, "x", ["a", "b"], palette(2))
    assert colors_of(uns, "x", ["b", "c", "a"]) == [palette(2)[1], palette(3)[2], palette(1)[0]]


def test_a_renamed_category_keeps_its_colour_as_far_as_it_can_be_known(uns):
    assert colors_of(uns, "x", ["a", "cortex", "c", "d"]) == list(OLD.values())
    assert colors_of(uns, "x", ["w", "x", "y", "z"]) == list(OLD.values())
    assert colors_of(uns, "x", ["b", "a", "c", "d"]) == ["#222222", "#111111", "#333333", "#444444"]  # two swap names
    found = colors_of(uns, "x", ["cortex", "c", "d"])  # of a or of b
    assert found[1:] == ["#333333", "#444444"]
    assert found[0] not in OLD.values()


@pytest.mark.parametrize(
    "given",
    [
        ["red", "lime", "blue", "gold"],
        np.array(["red", "lime", "blue", "gold"], dtype=object),
        ("red", "lime", "blue", "gold"),
        {"d": "gold", "c": "blue", "b": "lime", "a": "red"},
        np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0.5, 0]]),
        [(1.0, 0.0, 0.0), "lime", "blue", "gold"],
    ],
    ids=["list", "array", "tuple", "by name", "numbers", "mixed"],
)
def test_colours_of_the_user_count_and_stay(uns, given):
    uns["x_colors"] = given
    found = colors_of(uns, "x", list(OLD))
    assert found[1] in ("lime", "#00ff00")
    assert found[2] in ("blue", "#0000ff")
    keep_colors(uns, "x", list(OLD), found)
    assert uns["x_colors"] is given
    assert colors_of(uns, "x", ["c", "b"]) == [found[2], found[1]]
    assert colors_of({"x_colors": given}, "x", list(OLD)) == found or isinstance(given, dict)


def test_colours_of_the_user_after_categories_were_removed_or_moved(uns):
    uns["x_colors"] = ["red", "lime"]
    assert colors_of(uns, "x", ["d", "b"]) == ["red", "lime"]  # by position, as scanpy takes them
    uns["x_colors"] = ["red", "lime", "blue", "gold"]
    assert colors_of(uns, "x", ["d", "c", "b", "a"]) == ["red", "lime", "blue", "gold"]
    assert colors_of(uns, "x", ["b", "d"]) == ["lime", "gold"]  # one for each category of the record


@pytest.mark.parametrize("wrong", [["red"], ["red", "lime", "no colour", "blue"], "red", 3, None, [], np.array("red")])
def test_what_is_no_list_of_colours_counts_for_nothing(uns, wrong):
    uns["x_colors"] = wrong
    assert colors_of(uns, "x", list(OLD)) == palette(4)


@pytest.mark.parametrize(
    "record", ["text", {}, {"categories": ["a"]}, {"categories": 3}, {"categories": "ab", "colors": None}]
)
def test_a_record_that_was_damaged_counts_for_nothing(uns, record):
    uns["x_color_record"] = record
    assert colors_of(uns, "x", ["d", "c", "b", "a"]) == list(OLD.values())


@pytest.fixture
def tissue():
    mdata = spamca.datasets.simulated(n_spots=64, n_domains=4, n_features=4)
    mdata["rna"].obs["cells"] = pd.Categorical(np.array(["w", "x", "y", "z"])[np.arange(64) % 4])
    return mdata


EDITS = {
    "removed": lambda s: s.where(s != s.cat.categories[1]).cat.remove_unused_categories(),
    "another order": lambda s: s.cat.reorder_categories(list(s.cat.categories)[::-1]),
    "added": lambda s: s.cat.set_categories(["new", *s.cat.categories]),
    "merged": lambda s: s.astype(str).replace(s.cat.categories[1], s.cat.categories[0]).astype("category"),
    "strings": lambda s: s.astype(str).where(s != s.cat.categories[0], s.cat.categories[2]).astype(object),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("column", ["label", "rna:cells"])
def test_figures_follow_names(tissue, column, edit):
    def drawn() -> dict[str, str]:
        ax = spamca.pl.spatial_clusters(tissue, color=column)
        return {text.get_text(): handle.get_color() for text, handle in zip(*legend(ax), strict=True)}

    def legend(ax):
        return ax.get_legend().get_texts(), ax.get_legend().legend_handles

    holder, name = (tissue, "label") if column == "label" else (tissue["rna"], "cells")
    before = drawn()
    holder.obs[name] = EDITS[edit](holder.obs[name])
    after = drawn()
    known = [category for category in pd.Categorical(holder.obs[name]).categories if category in before]
    assert len(known) >= 3
    assert {category: after[category] for category in known} == {category: before[category] for category in known}
    stored = dict(zip(pd.Categorical(holder.obs[name]).categories, holder.uns[f"{name}_colors"], strict=True))
    assert {category: stored[category] for category in known} == {category: before[category] for category in known}
    assert drawn() == after


def test_subsets_files_and_all_that_reads_colours_follow_names(tissue, tmp_path):
    from spamca._report.subject import Subject
    from spamca.io._vitessce_store import sets_of

    spamca.pl.spatial_clusters(tissue, color="label", palette=["#111111", "#222222", "#333333", "#444444"])
    expected = dict(zip(tissue.obs["label"].cat.categories, tissue.uns["label_colors"], strict=True))
    some = tissue[tissue.obs["label"] != "domain 2"].copy()
    some.write_h5mu(tmp_path / "some.h5mu")
    some = mudata.read_h5mu(tmp_path / "some.h5mu")
    some.obs["label"] = some.obs["label"].cat.remove_unused_categories()
    some.obs["label"] = some.obs["label"].cat.reorder_categories(["domain 4", "domain 1", "domain 3"])
    assert Subject(some, "label").colors == [expected[name] for name in ("domain 4", "domain 1", "domain 3")]
    assert {name: color for name, color in sets_of(some, ["label"])[1]["label"].items() if name in expected} == {
        name: expected[name] for name in ("domain 4", "domain 1", "domain 3")
    }


def test_domains_and_their_modalities_have_a_record(integrated):
    mdata = integrated
    for holder in (mdata, *mdata.mod.values()):
        names, record = list(holder.obs["spamca"].cat.categories), holder.uns["spamca_color_record"]
        assert record == {"categories": names, "colors": list(holder.uns["spamca_colors"])}
    mdata.uns["spamca_colors"] = ["#111111", "#222222", "#333333"]
    mdata.obs["spamca"] = mdata.obs["spamca"].cat.reorder_categories(["2", "0", "1"])
    expected = dict(zip("201", mdata.uns["spamca_colors"], strict=True))  # set before, but not yet drawn: by position
    model = spamca.Model.from_mudata(mdata)
    assert dict(zip(model.domains, model.colors, strict=True)) == expected
    spamca.pl.spatial_clusters(mdata)
    mdata.obs["spamca"] = mdata.obs["spamca"].cat.reorder_categories(["0", "1", "2"])
    model = spamca.Model.from_mudata(mdata)
    assert dict(zip(model.domains, model.colors, strict=True)) == expected
    spamca.tl.cluster(mdata, n_clusters=3)
    assert dict(zip("012", mdata.uns["spamca_colors"], strict=True)) == expected
