from __future__ import annotations

import logging

import mudata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize, to_hex, to_rgba

import spamca
from spamca._edge import without_pull


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=120, n_domains=3, n_features=4)
    mdata.obs["section"] = pd.Categorical(np.repeat(["s1", "s2", "s3"], 40))
    mdata.obs["found"] = mdata.obs["label"].cat.rename_categories({"domain 1": "z", "domain 2": "y", "domain 3": "x"})
    return mdata


def clustered(mdata, **arguments):
    """What tl.cluster writes, at no cost."""
    key = arguments["key"]
    mdata.obs[key] = mdata.obs["label"].cat.rename_categories({"domain 1": "0", "domain 2": "1", "domain 3": "2"})


def titles(axes) -> list[str]:
    return [ax.get_title() for ax in np.ravel(axes)]


def overlaps(figure) -> list[tuple[str, str]]:
    """Pairs of legends, bars, titles and axes of a figure that cover one another."""
    figure.canvas.draw()
    boxes = {}
    for i, ax in enumerate(figure.axes):
        boxes[f"axes {i}"] = ax.get_window_extent()
        boxes[f"title {i}"] = ax.title.get_window_extent() if ax.get_title() else None
        boxes[f"legend {i}"] = ax.get_legend().get_window_extent() if ax.get_legend() else None
        boxes |= {f"bar {i}.{j}": bar.get_tightbbox() for j, bar in enumerate(ax.child_axes)}
    boxes = {name: box.padded(-1) for name, box in boxes.items() if box is not None}
    names = list(boxes)
    return [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if boxes[a].overlaps(boxes[b])]


def outside(figure) -> list[str]:
    """Legends and titles that leave the figure."""
    figure.canvas.draw()
    parts = [part for ax in figure.axes for part in (ax.get_legend(), ax.title) if part is not None]
    page = figure.bbox.padded(1)
    return [str(part) for part in parts if not page.contains(*part.get_window_extent().p0)]


def test_one_colour_gives_axes_and_stores_colours(mdata):
    ax = spamca.pl.spatial_clusters(mdata, color="label")
    assert isinstance(ax, Axes)
    assert ax.get_title() == "label"
    assert len(mdata.uns["label_colors"]) == 3
    before = list(mdata.uns["label_colors"])
    spamca.pl.spatial_clusters(mdata, color="label", library_key="section")
    assert mdata.uns["label_colors"] == before


def test_several_colours_give_a_panel_each(mdata):
    axes = spamca.pl.spatial_clusters(mdata, color=["label", "rna:gene1", "protein1"], ncols=2)
    assert axes.shape == (3,)
    assert titles(axes) == ["label", "rna:gene1", "protein1"]
    assert len(axes[0].figure.axes) == 3
    assert axes[0].get_legend() is not None
    assert len(axes[1].child_axes) == len(axes[2].child_axes) == 1


def test_one_panel_a_section_and_one_legend(mdata):
    axes = spamca.pl.spatial_clusters(mdata, color="label", library_key="section", ncols=2)
    assert axes.shape == (3,)
    assert titles(axes) == ["s1", "s2", "s3"]
    assert [ax.get_legend() is not None for ax in axes] == [False, True, False]
    assert axes[1].get_legend().get_title().get_text() == "label"
    assert [len(ax.collections[0].get_offsets()) for ax in axes] == [40, 40, 40]


def test_colours_and_sections_make_a_grid(mdata):
    axes = spamca.pl.spatial_clusters(mdata, color=["label", "gene1"], library_key="section")
    assert axes.shape == (2, 3)
    assert axes[0, 2].get_legend() is not None
    assert len(axes[1, 2].child_axes) == 1


def test_sections_share_the_scale_of_numbers(mdata):
    mdata.obs["depth"] = np.repeat([0.0, 1.0, 2.0], 40)
    axes = spamca.pl.spatial_clusters(mdata, color="depth", library_key="section", cmap="gray", vmin="p0", vmax="p100")
    shades = [ax.collections[0].get_facecolors()[0, 0] for ax in axes]
    assert shades == pytest.approx([0, 0.5, 1], abs=0.01)


@pytest.mark.parametrize("n_domains", [3, 12, 26])
@pytest.mark.parametrize("layout", ["grid", "hexagonal"])
def test_nothing_overlaps(n_domains, layout):
    mdata = spamca.datasets.simulated(n_spots=1000, n_domains=n_domains, n_features=4, layout=layout)
    mdata.obs["section"] = np.where(mdata.obsm["spatial"][:, 1] < 12, "upper", "lower")
    mdata.obs["long names"] = mdata.obs["label"].astype(str) + " of the pericapsular adipose tissue"
    for arguments in ({"color": ["label", "gene1", "long names"], "ncols": 2}, {"library_key": "section"}):
        axes = spamca.pl.spatial_clusters(mdata, **{"color": "label"} | arguments)
        assert not overlaps(axes[0].figure)
        assert not outside(axes[0].figure)


def test_domains_are_found_where_there_are_none(mdata, monkeypatch, caplog):
    monkeypatch.setattr("spamca.tl.cluster", clustered)
    with caplog.at_level(logging.INFO, "spamca"):
        ax = spamca.pl.spatial_clusters(mdata)
    assert "running spamca.tl.cluster" in caplog.text
    assert ax.get_title() == "spamca"
    caplog.clear()
    spamca.pl.spatial_clusters(mdata)
    assert not caplog.text


def test_domains_are_found_for_another_key_that_has_an_embedding(mdata, monkeypatch):
    monkeypatch.setattr("spamca.tl.cluster", clustered)
    mdata.obsm["X_mine"] = np.zeros((120, 2))
    assert spamca.pl.spatial_clusters(mdata, color="mine").get_title() == "mine"
    with pytest.raises(KeyError, match="color='yours'"):
        spamca.pl.spatial_clusters(mdata, color="yours")


def test_matched_colours_make_equal_partitions_look_equal(mdata):
    axes = spamca.pl.spatial_clusters(mdata, color=["label", "found", "gene1"], match="label")
    first, second = (ax.collections[0].get_facecolors() for ax in axes[:2])
    assert (first == second).all()
    spamca.pl.spatial_clusters(mdata, color="found", palette={"x": "red", "y": "lime", "z": "blue"})
    assert mdata.uns["found_colors"] == ["#0000ff", "#00ff00", "#ff0000"]


def test_axes_of_the_caller_are_used(mdata):
    figure, two = plt.subplots(1, 2)
    assert spamca.pl.spatial_clusters(mdata, color="label", ax=two[1]) is two[1]
    spamca.pl.spatial_clusters(mdata, color=["label", "gene1"], ax=two)
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("inches", [8, 16])
@pytest.mark.parametrize("own", [True, False])
def test_titles_are_as_wide_as_axes_that_the_caller_sizes(mdata, inches, own):
    long = "a title of a panel that is far wider than the panel in which it would have to stand"
    given = {"ax": plt.subplots(1, 4, figsize=(inches, 4))[1]} if own else {"figsize": (inches, 4)}
    given |= {
        "color": ["label", "gene1", "gene2", "gene3"],
        "title": [long] * 4,
        "legend_loc": None if own else "right margin",
        "colorbar_loc": None if own else "right",
    }
    axes = spamca.pl.spatial_clusters(mdata, **given)
    assert overlaps(axes[0].figure) == []
    assert (axes[0].get_title().count("\n") > 2) == (inches == 8)


def test_titles_and_legends_can_be_chosen(mdata):
    axes = spamca.pl.spatial_clusters(
        mdata, color=["label", "gene1"], title=["A", "B"], legend_loc=None, colorbar_loc=None, figsize=(4, 2)
    )
    assert titles(axes) == ["A", "B"]
    assert axes[0].get_legend() is None
    assert not axes[1].child_axes
    assert axes[0].figure.get_size_inches().tolist() == [4, 2]
    assert spamca.pl.spatial_clusters(mdata, color="label", title="C", figsize=(4, 2)).get_title() == "C"
    with pytest.raises(ValueError, match="title has 1 entries, but there are 2 panels"):
        spamca.pl.spatial_clusters(mdata, color=["label", "gene1"], title="A")


def test_image_can_be_left_out(mdata):
    record = {"images": {"hires": np.zeros((5, 5, 3))}, "scalefactors": {"tissue_hires_scalef": 0.5}}
    mdata["rna"].uns["spatial"] = {"only": record}
    assert len(spamca.pl.spatial_clusters(mdata, color="label").images) == 1
    assert not spamca.pl.spatial_clusters(mdata, color="label", img=False).images


def test_coordinates_may_be_with_the_modalities(mdata):
    del mdata.obsm["spatial"]
    spamca.pl.spatial_clusters(mdata, color="label")


@pytest.mark.parametrize("extension", ["png", "pdf", "svg"])
def test_can_be_saved(mdata, tmp_path, extension):
    ax = spamca.pl.spatial_clusters(mdata, color="label", shape="hex")
    ax.figure.savefig(tmp_path / f"figure.{extension}")


def test_bad_arguments_raise_and_leave_the_object_alone(mdata):
    with pytest.raises(ValueError, match="shape must be one of .* got 'star'"):
        spamca.pl.spatial_clusters(mdata, color="label", shape="star")
    with pytest.raises(KeyError, match="library_key='absent'"):
        spamca.pl.spatial_clusters(mdata, color="label", library_key="absent")
    with pytest.raises(KeyError, match="no coordinates"):
        spamca.pl.spatial_clusters(mdata, color="label", spatial_key="absent")
    with pytest.raises(TypeError, match="mdata must be a MuData"):
        spamca.pl.spatial_clusters(mdata["rna"], color="label")
    assert "label_colors" not in mdata.uns
    assert not plt.get_fignums()


def state(mdata) -> dict[str, tuple]:
    """What a figure could change: columns and keys of the object and its modalities."""
    holders = {"mdata": mdata, **mdata.mod}
    return {name: (list(one.obs), list(one.obsm), repr(dict(one.uns))) for name, one in holders.items()}


BAD = [
    ({"color": 3}, TypeError, "color must be a string or a list of strings, got 3"),
    ({"color": ["label", 3]}, TypeError, r"color must be .* got \['label', 3\]"),
    ({"color": []}, ValueError, r"color must name one at least, got \[\]"),
    ({"match": "num"}, ValueError, "match='num' holds numbers, but must have categories"),
    ({"match": "foo"}, KeyError, "match='foo' is neither a column"),
    ({"match": 3}, TypeError, "match must be a string, got 3"),
    ({"layer": "foo", "color": ["spamca", "gene1"]}, KeyError, "layer='foo' is not among"),
    ({"title": ["a", "b"]}, ValueError, r"title has 2 entries, but there are 1 panels .* got \['a', 'b'\]"),
    ({"title": 3}, TypeError, "title must be a string or a list of strings, got 3"),
    ({"ncols": 0}, ValueError, "ncols must be at least 1, got 0"),
    ({"ncols": "2"}, TypeError, "ncols must be an integer, got '2'"),
    ({"palette": ["foo"]}, ValueError, "palette holds 'foo', which matplotlib does not know"),
    ({"palette": {"0": "foo"}}, ValueError, "palette holds 'foo'"),
    ({"palette": "tab11"}, ValueError, "palette='tab11' must be a list of colours.* or the name of a colour map"),
    ({"palette": 3}, ValueError, "palette=3 must be a list of colours"),
    ({"palette": ["red"]}, ValueError, r"palette has no colour for .* got \['red'\]"),
    ({"ax": 3}, TypeError, "ax must be axes of matplotlib.* got 3"),
    ({"figsize": 3}, ValueError, "figsize must be a pair of positive numbers.* got 3"),
    ({"figsize": np.array([3, -1])}, ValueError, r"figsize must be .* got array\(\[ 3, -1\]\)"),
    ({"vmin": "p101"}, ValueError, "vmin must be a number, a percentile such as 'p1'.* got 'p101'"),
    ({"vmax": [1, 2]}, ValueError, r"vmax has 2 entries, but there are 1 colours.* got \[1, 2\]"),
    ({"vmin": 2, "vmax": 1}, ValueError, "vmin, vcenter and vmax must rise, got vmin=2, vcenter=None, vmax=1"),
    ({"norm": "log"}, TypeError, "norm must be a norm of matplotlib.colors.* got 'log'"),
    ({"norm": Normalize(), "vmax": 2}, ValueError, "norm takes the place of vmin, vmax and vcenter"),
    ({"na_color": "foo"}, ValueError, "na_color must be a colour of matplotlib.* got 'foo'"),
    ({"na_in_legend": 1}, TypeError, "na_in_legend must be True or False, got 1"),
    ({"legend_fontsize": "huge"}, ValueError, "legend_fontsize must be a size in points.* got 'huge'"),
    ({"colorbar_loc": "left"}, ValueError, "colorbar_loc must be one of 'right', got 'left'"),
    ({"img_alpha": 2}, ValueError, "img_alpha must lie between 0 and 1, got 2"),
    ({"img_res_key": 3}, TypeError, "img_res_key must be a string, got 3"),
    ({"frameon": "yes"}, TypeError, "frameon must be True or False, got 'yes'"),
    ({"crop_coord": 3}, ValueError, r"crop_coord must be four numbers, \(left, right, top, bottom\).* got 3"),
    ({"crop_coord": (0, 0, 9, 9)}, ValueError, r"with left < right and top < bottom, got \(0, 0, 9, 9\)"),
    ({"crop_coord": (90, 99, 0, 9)}, ValueError, "holds no spot of the tissue, which lies from 0 to 10 across and"),
    ({"crop_coord": [(0, 9, 0, 9)] * 2}, ValueError, "crop_coord has 2 entries, but there are 1 sections"),
    ({"library_id": "s1"}, KeyError, r"library_id=\['s1'\] needs library_key"),
    (
        {"library_id": "s9", "library_key": "section"},
        KeyError,
        r"library_id=.*\['s9'\] are not among \['s1', 's2', 's3'\]",
    ),
    ({"save": True}, TypeError, "save must be the path of a file, such as 'domains.pdf', got True"),
    ({"save": "x.foo"}, ValueError, "save='x.foo' ends in no format that matplotlib writes"),
    ({"save": "nowhere/x.png"}, ValueError, "save='nowhere/x.png' must name a file in a folder that exists"),
    ({"show": 1}, TypeError, "show must be True, False or None, got 1"),
    ({"return_fig": 1}, TypeError, "return_fig must be True, False or None, got 1"),
    ({"size": 0}, ValueError, "size must be a positive number.* got 0"),
    ({"size": -1}, ValueError, "size must be a positive number.* got -1"),
    ({"size": "big"}, ValueError, "size must be a positive number.* got 'big'"),
    ({"alpha": 2}, ValueError, "alpha must lie between 0 and 1, got 2"),
    ({"alpha": "foo"}, KeyError, "alpha='foo' is neither a column"),
    ({"alpha": "label"}, ValueError, "alpha='label' has categories, but must hold numbers"),
    ({"alpha": "confidence", "color": "label"}, KeyError, "alpha='confidence' needs 'label_confidence' in mdata.obs"),
    ({"groups": 3}, TypeError, "groups must be a string or a list of strings, got 3"),
    (
        {"color": "rna:gene1", "groups": ["foo"]},
        ValueError,
        r"groups=\['foo'\] are categories, and color=\['rna:gene1'\] holds num",
    ),
    ({"groups": ["foo"]}, KeyError, r"groups=\['foo'\]: \['foo'\] are not among the categories"),
    ({"outline": 3}, TypeError, "outline must be True or False, got 3"),
    ({"outline": "num"}, ValueError, "outline='num' holds numbers, but must have categories"),
    ({"outline": True, "color": "gene1"}, KeyError, "outline=True of 'gene1', which are numbers, needs domains"),
    ({"legend_loc": "outside"}, ValueError, "legend_loc must be one of 'right margin', 'on data',.* got 'outside'"),
    ({"cmap": "foo"}, ValueError, "cmap must be a colour map of matplotlib or its name.* got 'foo'"),
    ({"img": "yes"}, TypeError, "img must be True, False or None, got 'yes'"),
    ({"color": ["spamca", "foo"]}, KeyError, "color='foo' is neither a column"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BAD)
def test_arguments_are_checked_before_anything_is_written(mdata, monkeypatch, arguments, error, message):
    monkeypatch.setattr("spamca.tl.cluster", clustered)
    mdata.obs["num"] = np.arange(120.0)
    before = state(mdata)
    with pytest.raises(error, match=message):
        spamca.pl.spatial_clusters(mdata, **{"color": "spamca"} | arguments)
    assert state(mdata) == before
    assert not plt.get_fignums()


@pytest.mark.parametrize("arguments", [{"title": ["a", "b"]}, {"ncols": 0}, {"color": "foo"}, {"ax": 3}])
def test_bad_arguments_cost_no_clustering(mdata, monkeypatch, arguments):
    monkeypatch.setattr("spamca.tl.cluster", lambda *_, **__: pytest.fail("clustered"))
    with pytest.raises((ValueError, KeyError, TypeError)):
        spamca.pl.spatial_clusters(mdata, **{"color": "spamca"} | arguments)


def test_a_drawing_that_fails_takes_back_what_was_clustered(mdata, monkeypatch):
    def fails(*_, **__):
        msg = "no ink"
        raise RuntimeError(msg)

    monkeypatch.setattr("spamca.tl.cluster", clustered)
    monkeypatch.setattr("spamca.pl._figure.draw_panel", fails)
    before = state(mdata)
    with pytest.raises(RuntimeError, match="no ink"):
        spamca.pl.spatial_clusters(mdata, color=["spamca", "label"])
    assert state(mdata) == before


def test_sections_of_the_spatial_graph_are_drawn_apart(mdata, tmp_path, caplog):
    assert isinstance(spamca.pl.spatial_clusters(mdata, color="label"), Axes)
    spamca.pp.neighbors(mdata, library_key="section")
    with caplog.at_level(logging.INFO, "spamca"):
        assert titles(spamca.pl.spatial_clusters(mdata, color="label")) == ["s1", "s2", "s3"]
    assert "library_key='section'" in caplog.text
    assert titles(spamca.pl.spatial_clusters(mdata[:80], color="label")) == ["s1", "s2"]
    assert len(spamca.pl.spatial_clusters(mdata, color="label", library_key="label")) == 3
    mdata.write_h5mu(tmp_path / "tissue.h5mu")
    again = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert titles(spamca.pl.spatial_clusters(again, color="label")) == ["s1", "s2", "s3"]
    del mdata.obs["section"]
    assert isinstance(spamca.pl.spatial_clusters(mdata, color="label"), Axes)


def test_a_view_is_drawn_and_keeps_no_colours(mdata):
    view = mdata[:50]
    axes = spamca.pl.spatial_clusters(view, color=["label", "rna:gene1"])
    assert [len(ax.collections[0].get_offsets()) for ax in axes] == [50, 50]
    expected = spamca.pl.spatial_clusters(view.copy(), color="rna:gene1").collections[0].get_facecolors()
    assert (axes[1].collections[0].get_facecolors() == expected).all()
    assert view.is_view
    assert view["rna"].is_view
    assert "label_colors" not in view.uns
    assert "label_colors" not in mdata.uns


def test_a_view_without_domains_says_where_to_cluster(mdata, monkeypatch):
    monkeypatch.setattr("spamca.tl.cluster", clustered)
    with pytest.raises(ValueError, match=r"color='spamca' has no domains yet, and mdata is a view.*mdata.copy\(\)"):
        spamca.pl.spatial_clusters(mdata[:50])
    assert "spamca" not in mdata.obs


def test_an_object_backed_by_a_file_is_drawn(mdata, tmp_path):
    mdata.write_h5mu(tmp_path / "tissue.h5mu")
    backed = mudata.read_h5mu(tmp_path / "tissue.h5mu", backed="r")
    found = spamca.pl.spatial_clusters(backed, color=["label", "rna:gene1"])[1].collections[0].get_facecolors()
    expected = spamca.pl.spatial_clusters(mdata, color="rna:gene1").collections[0].get_facecolors()
    assert (found == expected).all()
    with pytest.raises(ValueError, match=r"color='spamca' has no domains yet, and mdata is backed.*read_h5mu"):
        spamca.pl.spatial_clusters(backed)
    backed.file.close()


def test_modalities_that_are_views_keep_colours(mdata):
    mdata["rna"].obs["words"] = pd.Categorical(["a", "b"] * 60)
    with without_pull():
        of_views = mudata.MuData({name: modality[:60] for name, modality in mdata.mod.items()})
    spamca.pl.spatial_clusters(of_views, color="rna:words")
    assert len(of_views["rna"].uns["words_colors"]) == 2


@pytest.mark.parametrize(
    ("file", "color", "library_key"),
    [
        ("dlpfc_151673", "label", None),
        ("hln_a1_panel_split", "label", None),
        ("her2st_a1", "label", None),
        ("p22_atac", "rna:rna_cluster", None),
        ("sim_mosaic_rep1", "label", "section"),
        ("sim_triplet", "label", None),
    ],
)
def test_real_tissue(data_dir, file, color, library_key):
    mdata = mudata.read_h5mu(data_dir / f"{file}.h5mu")
    modality = next(iter(mdata.mod))
    colors = [color, f"{modality}:{mdata[modality].var_names[0]}"]
    axes = spamca.pl.spatial_clusters(mdata, color=colors, library_key=library_key)
    figure = np.ravel(axes)[0].figure
    assert not overlaps(figure)
    assert not outside(figure)


def test_panels_of_one_named_section_say_what_they_show():
    mdata = spamca.datasets.simulated(n_spots=60, n_domains=2, n_features=3)
    mdata.obs["slide"] = "A1"
    axes = spamca.pl.spatial_clusters(mdata, color=["label", "rna:gene1"], library_key="slide")
    assert titles(axes) == ["A1: label", "A1: rna:gene1"]


def test_sections_fill_rows_and_each_colour_begins_one(mdata):
    mdata.obs["section"] = pd.Categorical([f"s{i % 6}" for i in range(120)])
    axes = spamca.pl.spatial_clusters(mdata, color=["label", "gene1"], library_key="section", ncols=4)
    assert axes.shape == (2, 6)
    place = [[(one.rowspan.start, one.colspan.start) for one in (ax.get_subplotspec() for ax in row)] for row in axes]
    assert place == [[(r, c) for r in (b, b + 1) for c in range(4)][:6] for b in (0, 2)]
    assert [axes[0, j].get_legend() is not None for j in range(6)] == [False] * 3 + [True] + [False] * 2
    assert not overlaps(axes[0, 0].figure)


@pytest.mark.parametrize("n", [1, 2, 6, 12])
def test_titles_of_narrow_sections_do_not_meet(n):
    mdata = spamca.datasets.simulated(n_spots=1200, n_domains=3, n_features=3)
    mdata.obs["section"] = pd.qcut(mdata.obsm["spatial"][:, 0], n, labels=[f"section {k}" for k in range(n)])
    axes = spamca.pl.spatial_clusters(mdata, color="label", library_key="section")
    assert not overlaps(axes[0].figure)
    assert not outside(axes[0].figure)


def test_groups_are_shown_and_others_are_grey(mdata):
    before = spamca.pl.spatial_clusters(mdata, color="label").collections[0].get_facecolors()
    stored = list(mdata.uns["label_colors"])
    ax = spamca.pl.spatial_clusters(mdata, color="label", groups="domain 2")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["domain 2", "other"]
    own = int((mdata.obs["label"] == "domain 2").sum())
    colors = ax.collections[0].get_facecolors()
    assert (colors[:-own] == to_rgba("#dddddd")).all()
    assert (colors[-own:] == to_rgba(stored[1])).all()
    assert len(before) == len(colors)
    assert mdata.uns["label_colors"] == stored


def test_confidence_fades_spots_and_is_in_the_legend(mdata):
    mdata.obs["label_confidence"] = values = np.linspace(0.4, 1, 120)
    axes = spamca.pl.spatial_clusters(mdata, color=["label", "gene1"], alpha="confidence")
    label, gene = (ax.collections[0].get_facecolors()[:, 3] for ax in axes)
    low, high = np.percentile(values, [1, 99])
    assert label == pytest.approx(0.12 + 0.88 * np.clip((values - low) / (high - low), 0, 1))
    assert (gene == 1).all()
    assert [text.get_text() for text in axes[0].get_legend().get_texts()][-4:] == ["confidence", "0.99", "0.70", "0.41"]
    assert axes[1].get_legend() is None
    both = spamca.pl.spatial_clusters(mdata, color="gene1", alpha="label_confidence")
    assert both.get_legend() is not None
    assert len(both.child_axes) == 1
    assert not overlaps(both.figure)


def test_outlines_lie_over_any_colour(mdata):
    ax = spamca.pl.spatial_clusters(mdata, color="gene1", outline="label")
    lines = ax.collections[1:]
    assert len(lines) == 3
    assert all((line.get_edgecolor() == [0, 0, 0, 1]).all() for line in lines)
    assert len(spamca.pl.spatial_clusters(mdata, color="gene1", outline="label", groups="domain 1").collections) == 2
    bare = spamca.pl.spatial_clusters(mdata, color="label", outline=True, alpha=0)
    shown = [to_hex(line.get_edgecolor()[0]) for line in bare.collections[1:]]
    assert shown == [color.lower() for color in mdata.uns["label_colors"]]


def test_names_on_the_tissue_take_the_place_of_the_legend(mdata):
    ax = spamca.pl.spatial_clusters(mdata, color="label", legend_loc="on data")
    assert ax.get_legend() is None
    assert [text.get_text() for text in ax.texts] == ["domain 1", "domain 2", "domain 3"]
    for text, name in zip(ax.texts, mdata.obs["label"].cat.categories, strict=True):
        nearest = ((mdata.obsm["spatial"] - text.get_position()) ** 2).sum(axis=1).argmin()
        assert mdata.obs["label"].iloc[nearest] == name
    gene = spamca.pl.spatial_clusters(mdata, color="gene1", outline="label", legend_loc="on data")
    assert len(gene.texts) == 3
    assert len(gene.child_axes) == 1


def test_settings_of_matplotlib_are_followed(mdata):
    with plt.rc_context({"font.size": 20, "image.cmap": "gray"}):
        axes = spamca.pl.spatial_clusters(mdata, color=["label", "gene1"])
        shades = axes[1].collections[0].get_facecolors()
        assert axes[0].title.get_fontsize() == 20
        assert axes[0].get_legend().get_texts()[0].get_fontsize() == 16
        assert not overlaps(axes[0].figure)
    assert (shades[:, 0] == shades[:, 1]).all()


def test_many_spots_are_drawn_fast_and_small(tmp_path):
    n = 60_000
    adata = AnnData(np.zeros((n, 1), dtype=np.float32))
    with without_pull():
        mdata = mudata.MuData({"rna": adata})
    mdata.obsm["spatial"] = np.stack(np.divmod(np.arange(n), 250), axis=1).astype(float)
    mdata.obs["domain"] = pd.Categorical([f"{k}" for k in np.arange(n) // 3000])
    ax = spamca.pl.spatial_clusters(mdata, color="domain")
    for extension in ("png", "pdf"):
        ax.figure.savefig(tmp_path / f"figure.{extension}")
        assert (tmp_path / f"figure.{extension}").stat().st_size < 500_000


def shown(ax) -> np.ndarray:
    """Where the drawn spots lie, (n, 2)."""
    return np.asarray(ax.collections[0].get_offsets())


def test_colour_is_the_second_argument(mdata):
    assert spamca.pl.spatial_clusters(mdata, "label").get_title() == "label"
    with pytest.raises(TypeError, match="unexpected keyword argument 'vmim'"):
        spamca.pl.spatial_clusters(mdata, "label", vmim=0)


def test_ends_of_the_colour_map_are_those_of_scanpy(mdata):
    mdata.obs["depth"] = np.arange(120.0)
    given = {"vmin": [20, "p10", None], "vmax": [np.median, 40, "p50"], "cmap": "gray"}
    axes = spamca.pl.spatial_clusters(mdata, ["depth"] * 3, **given)
    expected = [(20, 59.5), (11.9, 40), (1.19, 59.5)]
    for ax, (low, high) in zip(axes, expected, strict=True):
        shade = ax.collections[0].get_facecolors()[:, 0]
        assert shade == pytest.approx(np.clip((np.arange(120) - low) / (high - low), 0, 1), abs=0.005)
    middle = spamca.pl.spatial_clusters(mdata, "depth", vmin=0, vmax=100, vcenter=10, cmap="gray")
    shade = middle.collections[0].get_facecolors()[:, 0]
    assert shade[[0, 5, 10, 55, 100]] == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.005)
    log = spamca.pl.spatial_clusters(mdata, "depth", norm=LogNorm(1, 100), cmap="gray", na_color="red")
    assert log.collections[0].get_facecolors()[0] == pytest.approx(to_rgba("red"))  # no logarithm: without a value
    assert log.collections[0].get_facecolors()[[1, 10, 100], 0] == pytest.approx([0, 0.5, 1], abs=0.005)


def test_spots_without_a_value_have_their_colour_and_a_line_in_the_legend(mdata):
    mdata.obs["part"] = mdata.obs["label"].where(mdata.obs["label"] != "domain 2")

    def drawn(**arguments):
        ax = spamca.pl.spatial_clusters(mdata, "part", **arguments)
        return to_hex(ax.collections[0].get_facecolors()[0], keep_alpha=True), texts(ax)

    assert drawn(na_color="black") == ("#000000ff", ["domain 1", "domain 3", "no value"])
    assert drawn(na_color="black", na_in_legend=False) == ("#000000ff", ["domain 1", "domain 3"])
    assert drawn(na_color=(0, 0, 0, 0)) == ("#00000000", ["domain 1", "domain 3"])


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("loc", ["best", "upper left", "center"])
def test_legend_in_the_axes_takes_no_room_beside_them(mdata, loc):
    ax = spamca.pl.spatial_clusters(mdata, "label", legend_loc=loc)
    beside = spamca.pl.spatial_clusters(mdata, "label")
    assert texts(ax) == texts(beside)
    assert ax.figure.get_figwidth() < beside.figure.get_figwidth() - 0.3
    ax.figure.canvas.draw()
    box, legend = ax.get_window_extent().padded(1), ax.get_legend().get_window_extent()
    assert box.contains(*legend.p0)
    assert box.contains(*legend.p1)


@pytest.mark.parametrize("loc", [None, "none"])
def test_no_legend(mdata, loc):
    axes = spamca.pl.spatial_clusters(mdata, ["label", "gene1"], legend_loc=loc)
    assert axes[0].get_legend() is None
    assert len(axes[1].child_axes) == 1  # as in scanpy, a colour bar is no legend
    assert not spamca.pl.spatial_clusters(mdata, "gene1", colorbar_loc=None).child_axes


def test_size_of_the_text_of_legends(mdata):
    def sizes(**arguments):
        ax = spamca.pl.spatial_clusters(mdata, "label", **arguments)
        found = ax.texts if "legend_loc" in arguments else ax.get_legend().get_texts()
        assert not overlaps(ax.figure)
        return {text.get_fontsize() for text in found}, ax.figure.get_figwidth()

    assert sizes(legend_fontsize=15)[0] == sizes(legend_fontsize=15, legend_loc="on data")[0] == {15}
    assert sizes(legend_fontsize="small")[0] == {plt.rcParams["font.size"] * 0.833}
    assert sizes(legend_fontsize=15)[1] > sizes()[1]


def test_a_frame_is_drawn_where_it_is_wanted(mdata):
    ax = spamca.pl.spatial_clusters(mdata, "label", frameon=True)
    assert ax.axison
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0
    assert not spamca.pl.spatial_clusters(mdata, "label").axison


def test_sections_are_chosen_by_name(mdata):
    axes = spamca.pl.spatial_clusters(mdata, "section", library_key="section", library_id=["s3", "s1"])
    assert titles(axes) == ["s3", "s1"]
    assert texts(axes[1]) == ["s1", "s3"]
    one = spamca.pl.spatial_clusters(mdata, "label", library_key="section", library_id="s2")
    assert isinstance(one, Axes)
    assert (shown(one) == mdata.obsm["spatial"][40:80]).all()


def test_a_part_of_the_tissue(mdata):
    x, y = mdata.obsm["spatial"].T
    mdata.uns["spatial"] = {"only": {"images": {"hires": np.zeros((22, 22, 3))}, "scalefactors": {}}}
    mdata.uns["spatial"]["only"]["scalefactors"]["tissue_hires_scalef"] = 2.0
    ax = spamca.pl.spatial_clusters(mdata, "label", crop_coord=(2.5, 6.5, 0.5, 3.5), legend_loc="on data")
    assert (ax.get_xlim(), ax.get_ylim()) == ((2.5, 6.5), (3.5, 0.5))
    inside = (x > 2.5) & (x < 6.5) & (y > 0.5) & (y < 3.5)
    assert {text.get_text() for text in ax.texts} == set(mdata.obs["label"][inside])
    assert all(2.5 < text.get_position()[0] < 6.5 and 0.5 < text.get_position()[1] < 3.5 for text in ax.texts)
    assert {tuple(at) for at in mdata.obsm["spatial"][inside]} < {tuple(at) for at in shown(ax)}
    whole = spamca.pl.spatial_clusters(mdata, "label")
    spots = [one.collections[0].get_paths()[0].get_extents().width for one in (ax, whole)]
    assert spots[0] == pytest.approx(spots[1])
    crops = [(0, 5, 0, 3), (0, 9, 2, 7), (3, 9, 6, 12)]
    axes = spamca.pl.spatial_clusters(mdata, "label", library_key="section", crop_coord=crops)
    assert [(*ax.get_xlim(), *ax.get_ylim()[::-1]) for ax in axes] == crops


def test_image_of_a_resolution_and_opacity(mdata):
    images = {"hires": np.zeros((22, 22, 3)), "lowres": np.ones((6, 6, 3))}
    factors = {"tissue_hires_scalef": 2.0, "tissue_lowres_scalef": 0.5}
    mdata.uns["spatial"] = {"a": {"images": images, "scalefactors": factors}}
    (image,) = spamca.pl.spatial_clusters(mdata, "label", img_res_key="lowres", img_alpha=0.3).images
    assert image.get_array().shape == (6, 6, 3)
    assert image.get_alpha() == 0.3
    assert spamca.pl.spatial_clusters(mdata, "label").images[0].get_array().shape == (22, 22, 3)
    with pytest.raises(KeyError, match=r"img_res_key='x' is not among the images \['hires', 'lowres'\]"):
        spamca.pl.spatial_clusters(mdata, "label", img_res_key="x")
    mdata.uns["spatial"]["b"] = {"images": {"hires": np.ones((3, 3, 3))}, "scalefactors": factors}
    assert not spamca.pl.spatial_clusters(mdata, "label").images  # which of the two, nobody says
    assert spamca.pl.spatial_clusters(mdata, "label", library_id="b").images[0].get_array().shape == (3, 3, 3)


def test_categories_without_a_counterpart_look_different(mdata):
    label = mdata.obs["label"].astype(str)
    mdata.obs["known"] = pd.Categorical(label.where(label == "domain 1", None))
    mdata.uns["known_colors"] = ["#0072b2"]
    spamca.pl.spatial_clusters(mdata, ["known", "label"], match="known")
    axes = spamca.pl.spatial_clusters(mdata, ["known", "label"], match="known")
    colors = [to_hex(line.get_color()) for line in axes[1].get_legend().legend_handles]
    assert colors[0] == "#0072b2"
    assert len(set(colors)) == 3
