from __future__ import annotations

import mudata
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import spamca


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=150, n_domains=3, n_features=4)
    weight = np.linspace(0, 1, 150)
    mdata["rna"].obs["spamca_weight"] = weight
    mdata["protein"].obs["spamca_weight"] = 1 - weight
    mdata.obs["spamca"] = mdata.obs["label"]
    mdata.obs["section"] = np.where(np.arange(150) < 75, "a", "b")
    return mdata


def test_a_panel_for_each_modality_and_boxes_by_domain(mdata):
    axes = spamca.pl.modality_weights(mdata)
    assert [ax.get_title() for ax in axes] == ["rna", "protein", ""]
    assert [text.get_text() for text in axes[-1].get_xticklabels()] == ["domain 1", "domain 2", "domain 3"]
    assert [text.get_text() for text in axes[-1].get_legend().get_texts()] == ["rna", "protein"]
    assert len(axes[-1].patches) == 6
    assert isinstance(axes[0].figure, Figure)
    assert all(isinstance(ax.collections[0], PathCollection) for ax in axes[:2])


def test_modalities_share_one_scale(mdata):
    rna, protein, _ = spamca.pl.modality_weights(mdata, cmap="gray")
    shade = [ax.collections[0].get_facecolors()[:, 0] for ax in (rna, protein)]
    assert shade[0] + shade[1] == pytest.approx(np.ones(150), abs=0.02)


def test_without_domains_all_spots_are_taken_together(mdata):
    del mdata.obs["spamca"]
    axes = spamca.pl.modality_weights(mdata)
    assert [text.get_text() for text in axes[-1].get_xticklabels()] == ["all spots"]
    axes = spamca.pl.modality_weights(mdata, groupby="label", figsize=np.array([5, 5]))
    assert len(axes[-1].get_xticklabels()) == 3
    assert axes[0].figure.get_size_inches().tolist() == [5, 5]


def test_one_row_a_section(mdata):
    axes = spamca.pl.modality_weights(mdata, library_key="section")
    assert [ax.get_title() for ax in axes] == ["a: rna", "a: protein", "b: rna", "b: protein", ""]


@pytest.mark.slow
def test_labels_of_many_domains_are_turned(mdata):
    mdata.obs["long"] = mdata.obs["label"].astype(str) + " of the pericapsular adipose tissue"
    axes = spamca.pl.modality_weights(mdata, groupby="long")
    assert axes[-1].get_xticklabels()[0].get_rotation() == 35


def test_spots_without_a_modality_do_not_count(mdata):
    from mudata import MuData

    partial = MuData({"rna": mdata["rna"][:100].copy(), "protein": mdata["protein"].copy()})[mdata.obs_names].copy()
    axes = spamca.pl.modality_weights(partial)
    grey = (axes[0].collections[0].get_facecolors()[:, :3] == axes[0].collections[0].get_facecolors()[0, :3]).all(
        axis=1
    )
    assert grey.sum() >= 50


def test_absent_weights_name_the_call_that_makes_them(mdata):
    with pytest.raises(KeyError, match=r"no modality has obs\['x_weight'\]; call spamca.tl.integrate"):
        spamca.pl.modality_weights(mdata, key="x")


def test_a_modality_that_the_model_does_not_know_is_left_out(mdata):
    del mdata["protein"].obs["spamca_weight"]
    assert [ax.get_title() for ax in spamca.pl.modality_weights(mdata)] == ["rna", ""]


@pytest.mark.parametrize("pulled", [True, False])
def test_weights_survive_a_file_however_mudata_reads_it(mdata, tmp_path, pulled):
    """Files keep a column in the modality only; whether reading pulls it up is an option of mudata."""
    mdata.obs["rna:spamca_weight"] = mdata["rna"].obs["spamca_weight"]
    mdata.write(tmp_path / "tissue.h5mu")
    read = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    if not pulled:
        read.obs = read.obs.drop(columns="rna:spamca_weight", errors="ignore")
    assert len(spamca.pl.modality_weights(read)) == 3


def test_sections_of_the_spatial_graph_are_kept_apart(mdata):
    mdata.uns["spatial_neighbors"] = {"params": {"library_key": "section"}}
    axes = spamca.pl.modality_weights(mdata)
    assert [ax.get_title() for ax in axes] == ["a: rna", "a: protein", "b: rna", "b: protein", ""]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"groupby": "num"}, ValueError, "groupby='num' holds numbers, but must have categories"),
        ({"groupby": "rna:gene1"}, ValueError, "groupby='rna:gene1' holds numbers"),
        ({"groupby": "foo"}, KeyError, "groupby='foo' is neither a column"),
        ({"groupby": ""}, KeyError, "groupby='' is neither a column"),
        ({"groupby": ["label"]}, TypeError, r"groupby must be a string, got \['label'\]"),
        ({"key": 3}, TypeError, "key must be a string, got 3"),
        ({"cmap": "foo"}, ValueError, "cmap must be a colour map of matplotlib or its name.* got 'foo'"),
        ({"figsize": (0, 1)}, ValueError, r"figsize must be a pair of positive numbers.* got \(0, 1\)"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    mdata.obs["num"] = np.arange(150.0)
    with pytest.raises(error, match=message):
        spamca.pl.modality_weights(mdata, **arguments)
    assert not plt.get_fignums()


def test_a_view_is_drawn_and_nothing_is_written(mdata):
    axes = spamca.pl.modality_weights(mdata[:100], groupby="label")
    assert len(axes[0].collections[0].get_offsets()) == 100
    spamca.pl.modality_weights(mdata, groupby="label")
    assert list(mdata.uns) == ["simulation"]


@pytest.mark.parametrize("figsize", [None, (5, 8)])
def test_titles_of_sections_with_long_names_do_not_meet(mdata, figsize):
    mdata.obs["section"] = [f"patient 12, left inguinal lymph node, {name}" for name in mdata.obs["section"]]
    rna, protein, *_ = spamca.pl.modality_weights(mdata, library_key="section", figsize=figsize)
    rna.figure.canvas.draw()
    assert not rna.title.get_window_extent().overlaps(protein.title.get_window_extent())


def test_the_only_modality_of_a_spot_does_not_count_as_a_weight_of_one(mdata):
    from mudata import MuData

    rna, protein = mdata["rna"][:100].copy(), mdata["protein"].copy()
    protein.obs.loc[protein.obs_names[100:], "spamca_weight"] = 1.0  # as integrate stores where a spot has nothing else
    partial = MuData({"rna": rna, "protein": protein})[mdata.obs_names].copy()
    axes = spamca.pl.modality_weights(partial)
    medians = [
        line.get_ydata()[0] for line in axes[-1].lines if line.get_color() == "black" and line.get_linewidth() == 1
    ]
    expected = [np.median(np.linspace(0, 1, 150)[:100]), np.median(1 - np.linspace(0, 1, 150)[:100])]
    assert medians == pytest.approx(expected)
    for ax in axes[:2]:
        grey = (ax.collections[0].get_facecolors()[:, :3] == to_rgb("#dddddd")).all(axis=1)
        assert grey.sum() == 50


def test_domains_found_from_a_result_share_its_weights(integrated):
    spamca.tl.cluster(integrated, 2, method="kmeans", key_added="km")
    axes = spamca.pl.modality_weights(integrated, key="km")
    assert [text.get_text() for text in axes[-1].get_xticklabels()] == ["0", "1"]
    shown = spamca.pl.modality_weights(integrated)[0].collections[0].get_array()
    np.testing.assert_array_equal(axes[0].collections[0].get_array(), shown)
