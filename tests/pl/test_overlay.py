"""Points over the spots that they were brought onto."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from mudata import MuData

import spamca
from spamca import _edge
from spamca.pl._layers import LACKING, POINT, SPOT


@pytest.fixture
def apart(tissue):
    """RNA at every other spot; protein at the others without those on the left, and one point far away."""
    rna, protein = tissue["rna"][::2].copy(), tissue["protein"][1::2].copy()
    protein = protein[protein.obsm["spatial"][:, 0] > 4].copy()
    protein.obsm["spatial"][0] = [30, 3]
    for one in (rna, protein):
        one.obs["label"] = tissue.obs["label"][one.obs_names].to_numpy()
    return MuData({"rna": rna, "protein": protein})


@pytest.fixture
def joined(apart):
    return spamca.pp.onto_spots(apart, reference="rna")


def layers(ax):
    return [one for one in ax.collections if isinstance(one, PathCollection)]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_spots_and_points(apart, joined):
    ax = spamca.pl.overlay(joined)
    rings, dots = layers(ax)
    np.testing.assert_array_equal(rings.get_offsets(), apart["rna"].obsm["spatial"])
    np.testing.assert_array_equal(dots.get_offsets(), apart["protein"].obsm["spatial"])
    lacking = ~joined["rna"].obs_names.isin(joined["protein"].obs_names)
    assert lacking.any()
    assert [to_hex(color).upper() == LACKING for color in rings.get_edgecolors()] == lacking.tolist()
    assert set(map(to_hex, rings.get_edgecolors()[~lacking])) == {SPOT}
    hollow = dots.get_facecolors()[:, 3] == 0
    assert np.flatnonzero(hollow).tolist() == [0]  # the point far away
    assert {to_hex(color).upper() for color in dots.get_facecolors()} == {POINT}
    assert legend(ax) == ["spot of rna", "spot without protein", "point of protein", "point near no spot"]
    assert ax.get_title() == "protein on rna"
    assert ax.get_aspect() == 1
    low, high = sorted(ax.get_xlim())
    assert low < 0 < 30 < high
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # downwards


def test_points_after_their_map(apart, joined):
    apart["protein"].obsm["spatial"] = apart["protein"].obsm["spatial"] / 10 + 3
    moved = spamca.pp.onto_spots(apart, reference="rna", transform={"protein": [[10, 0, -30], [0, 10, -30]]})
    one, other = (layers(spamca.pl.overlay(mdata))[1] for mdata in (joined, moved))
    np.testing.assert_allclose(one.get_offsets(), other.get_offsets())


def test_numbers(apart, joined):
    color = {"rna": "gene1", "protein": "protein1"}
    ax = spamca.pl.overlay(joined, color=color, source=apart)
    rings, dots = layers(ax)
    for drawn, name in ((rings, "rna"), (dots, "protein")):
        values = apart[name][:, color[name]].X.toarray().ravel()
        bright = drawn.get_facecolors()[:, :3].sum(axis=1)
        assert abs(np.corrcoef(values, bright)[0, 1]) > 0.6
    bars = [one.get_title(loc="left") for one in ax.child_axes]
    assert bars == ["rna:gene1", "protein:protein1"]


def test_categories(apart, joined):
    ax = spamca.pl.overlay(joined, color={"rna": "label", "protein": "label"}, source=apart)
    assert legend(ax)[-3:] == ["domain 1", "domain 2", "domain 3"]
    for drawn, name in zip(layers(ax), ("rna", "protein"), strict=True):
        colors = [to_hex(color) for color in drawn.get_facecolors()]
        labels = apart[name].obs["label"].tolist()
        assert len(set(zip(colors, labels, strict=True))) == 3


def test_sections_and_modalities(tissue):
    sections = np.array(["a", "b"])[np.arange(225) % 2]
    rna, one, two = tissue["rna"].copy(), tissue["protein"].copy(), tissue["protein"].copy()
    one.obs_names, two.obs_names = [f"one{i}" for i in range(225)], [f"two{i}" for i in range(225)]
    two.var_names = [f"two{i}" for i in range(two.n_vars)]
    for modality in (rna, one, two):
        modality.obs["section"] = sections
    found = spamca.pp.onto_spots(MuData({"rna": rna, "one": one, "two": two}), reference="rna", library_key="section")
    axes = spamca.pl.overlay(found)
    assert [ax.get_title() for ax in axes] == ["a: one on rna", "b: one on rna", "a: two on rna", "b: two on rna"]
    assert [len(layer.get_offsets()) for layer in layers(axes[1])] == [112, 112]
    assert len(spamca.pl.overlay(found, modality="two")) == 2


def test_the_image(tissue):
    tissue["rna"].uns["spatial"] = {
        "x": {"images": {"hires": np.ones((30, 30, 3))}, "scalefactors": {"tissue_hires_scalef": 2.0}}
    }
    protein = tissue["protein"].copy()
    protein.obs_names = [f"p{i}" for i in range(225)]
    found = spamca.pp.onto_spots(MuData({"rna": tissue["rna"], "protein": protein}), reference="rna")
    ax = spamca.pl.overlay(found, img=True, legend_loc=None, colorbar_loc=None)
    assert ax.images[0].get_extent() == [0, 15, 15, 0]
    assert ax.get_legend() is None
    assert not spamca.pl.overlay(found).images


def test_the_axes_of_the_caller(joined):
    _, ax = plt.subplots()
    assert spamca.pl.overlay(joined, ax=ax) is ax
    assert spamca.pl.overlay(joined, figsize=(3, 2)).figure.get_size_inches().tolist() == [3, 2]


def test_nothing_is_written(joined, assert_same):
    with _edge.without_pull():
        before = joined.copy()
    spamca.pl.overlay(joined, color={"rna": "gene1"})
    assert_same(before, joined)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"modality": "atac"}, KeyError, "atac"),
        ({"color": {"protein": "protein1"}}, ValueError, "needs the values of its points"),
        ({"color": {"rna": "gene9999"}}, KeyError, "gene9999"),
        ({"color": {"atac": "x"}}, KeyError, "color names modality 'atac'"),
        ({"color": "rna"}, TypeError, "color must be a mapping"),
        ({"ncols": 0}, ValueError, "ncols"),
        ({"img": "yes"}, TypeError, "img must be True or False"),
    ],
    ids=range(7),
)
def test_errors(joined, options, error, message):
    with pytest.raises(error, match=message):
        spamca.pl.overlay(joined, **options)


def test_another_source(apart, joined):
    with pytest.raises(ValueError, match="source has not the"):
        spamca.pl.overlay(
            joined, color={"protein": "protein1"}, source=MuData({"protein": apart["protein"][:50].copy()})
        )


def test_a_tissue_without_record(tissue):
    with pytest.raises(KeyError, match=r"spamca.pp.onto_spots\(mdata, reference=...\)"):
        spamca.pl.overlay(tissue)
