"""Arguments have the names, and where it matters the defaults, of scanpy and squidpy; words for one thing are the same everywhere."""

from __future__ import annotations

import inspect
import warnings

import pytest

import spamca

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import scanpy as sc
    import squidpy as sq

# Function of ours, function of theirs, arguments that mean the same in both.
SHARED = [
    (spamca.pp.prepare, sc.pp.pca, ["n_comps", "random_state", "copy"]),
    (spamca.pp.prepare, sc.pp.highly_variable_genes, ["n_top_genes"]),
    (spamca.pp.neighbors, sc.pp.neighbors, ["n_neighbors", "use_rep", "metric", "random_state", "copy"]),
    (
        spamca.pp.neighbors,
        sq.gr.spatial_neighbors,
        ["coord_type", "n_neighs", "radius", "delaunay", "n_rings", "spatial_key", "library_key", "n_jobs", "copy"],
    ),
    (
        spamca.tl.cluster,
        sc.tl.leiden,
        ["resolution", "restrict_to", "neighbors_key", "key_added", "random_state", "copy"],
    ),
    (spamca.tl.cluster, sc.pp.neighbors, ["use_rep"]),
    (spamca.tl.trajectory, sc.tl.diffmap, ["n_comps", "neighbors_key", "random_state", "copy"]),
    (spamca.tl.drivers, sc.tl.rank_genes_groups, ["groupby", "copy"]),
    (spamca.tl.describe, sq.gr.nhood_enrichment, ["library_key", "copy"]),
    (
        spamca.pl.spatial_clusters,
        sq.pl.spatial_scatter,
        [
            "color",
            "groups",
            "library_id",
            "library_key",
            "spatial_key",
            "img",
            "img_alpha",
            "img_res_key",
            "layer",
            "size",
            "crop_coord",
            "cmap",
            "palette",
            "alpha",
            "norm",
            "na_color",
            "ncols",
            "legend_loc",
            "legend_fontsize",
            "title",
            "frameon",
            "ax",
            "figsize",
            "save",
        ],
    ),
    (
        spamca.pl.spatial_clusters,
        sc.pl.embedding,
        ["vmin", "vmax", "vcenter", "norm", "na_color", "legend_loc", "legend_fontsize", "show", "save", "return_fig"],
    ),
]

DEFAULTS = {
    (spamca.tl.cluster, sc.tl.leiden): ["restrict_to", "neighbors_key", "random_state", "copy"],
    (spamca.pp.neighbors, sq.gr.spatial_neighbors): [
        "coord_type",
        "n_neighs",
        "radius",
        "n_rings",
        "spatial_key",
        "copy",
    ],
    (spamca.pl.spatial_clusters, sq.pl.spatial_scatter): [
        "groups",
        "library_id",
        "crop_coord",
        "legend_loc",
        "ncols",
        "ax",
    ],
    (spamca.pl.spatial_clusters, sc.pl.embedding): ["vmin", "vmax", "vcenter", "show", "save", "return_fig"],
}
"""Arguments of them whose defaults are the same too."""

SYNONYMS = {
    "n_components": "n_comps",
    "n_spatial_neighbors": "n_neighs",
    "spatial_kind": "coord_type",
    "seed": "random_state",
    "rng": "random_state",
    "inplace": "copy",
    "n_threads": "n_jobs",
    "image": "img",
    "image_alpha": "img_alpha",
    "spot_size": "size",
    "colormap": "cmap",
    "color_map": "cmap",
    "layers": "layer",
    "cluster_key": "key",
    "force": "overwrite",
}
"""Words that are not used, and the one that is."""

PUBLIC = [
    (f"{part}.{name}", getattr(getattr(spamca, part), name))
    for part in ("pp", "tl", "pl", "io", "metrics", "datasets")
    for name in getattr(spamca, part).__all__
]
OF_THE_IMAGE = ("pp.image_features",)  # whose image is an image, and no switch

FIGURES = [(name, function) for name, function in PUBLIC if name.startswith("pl.")]


def parameters(function):
    return inspect.signature(function).parameters


@pytest.mark.parametrize(("ours", "theirs", "names"), SHARED, ids=lambda one: getattr(one, "__qualname__", ""))
def test_arguments_that_are_shared_have_the_same_name(ours, theirs, names):
    assert [name for name in names if name not in parameters(theirs)] == [], "no longer theirs"
    assert [name for name in names if name not in parameters(ours)] == []


@pytest.mark.parametrize(("pair", "names"), DEFAULTS.items())
def test_defaults_that_are_shared(pair, names):
    ours, theirs = (parameters(function) for function in pair)
    differ = {name: (ours[name].default, theirs[name].default) for name in names}
    assert {name: both for name, both in differ.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize(("name", "function"), PUBLIC)
def test_one_word_for_one_thing(name, function):
    used = {word: SYNONYMS[word] for word in parameters(function) if word in SYNONYMS}
    assert not used or name in OF_THE_IMAGE


@pytest.mark.parametrize(("name", "function"), [one for one in PUBLIC if one[0][:2] in ("pp", "tl")])
def test_verbs_take_the_tissue_first_and_options_by_keyword(name, function):
    own = list(parameters(function).values())
    assert own[0].name == "mdata"
    positional = [one.name for one in own if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert set(positional) <= {"mdata", "n_clusters", "groupby", "model", "names"}
    if name not in ("pp.onto_spots", "pp.image_features"):  # which give a new MuData
        assert own[-1].name == "copy"
        assert own[-1].default is False
    if "random_state" in parameters(function):
        assert parameters(function)["random_state"].default == 0
        assert "RandomState" in str(parameters(function)["random_state"].annotation)


@pytest.mark.parametrize(("name", "function"), [one for one in PUBLIC if "key_added" in parameters(one[1])])
def test_key_added_names_only_what_is_written(name, function):
    """It has a default, and functions that read a result name that by ``key``."""
    assert parameters(function)["key_added"].default in ("spamca", None)
    reads = {"tl.cluster", "tl.denoise", "tl.transform"}
    assert ("key" in parameters(function)) == (name in reads)


@pytest.mark.parametrize(("name", "function"), FIGURES)
def test_figures_take_what_figures_of_scanpy_take(name, function):
    wanted = ["ax", "figsize", "save", "show", "return_fig"][
        name == "pl.modality_weights" :
    ]  # it has panels of two kinds
    assert [word for word in wanted if word not in parameters(function)] == []
