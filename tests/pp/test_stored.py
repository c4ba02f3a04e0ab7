"""Spatial graphs that were there before."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import squidpy
from mudata import MuData

import spamca
from spamca.graph import spatial_graph


def union(matrix):
    return matrix.maximum(matrix.T)


def assert_same(a, b):
    assert (a != b).nnz == 0


def test_graph_of_the_mudata_is_used_and_kept(tissue, caplog):
    tissue.obsm["spatial"] = tissue["rna"].obsm["spatial"]
    squidpy.gr.spatial_neighbors_radius(tissue, radius=2.5)
    record, graph = tissue.uns["spatial_neighbors"], tissue.obsp["spatial_connectivities"]
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue)
    assert "using the spatial graph of mdata;" in caplog.text
    assert tissue.uns["spatial_neighbors"] is record
    assert_same(tissue.obsp["spatial_connectivities"], graph)
    assert_same(tissue["rna"].obsp["spatial_connectivities"], union(graph))


def test_graph_of_a_modality_is_used_and_kept(tissue, caplog):
    squidpy.gr.spatial_neighbors_knn(tissue["protein"], n_neighs=3)
    own = tissue["protein"].obsp["spatial_connectivities"]
    for _ in range(2):  # the second time our own copies must not stand in its way
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="spamca"):
            spamca.pp.neighbors(tissue)
        assert "using the spatial graph of mdata['protein'];" in caplog.text
        assert "mdata['protein'] keeps its own spatial graph" in caplog.text
        assert_same(tissue["protein"].obsp["spatial_connectivities"], own)
        for holder in (tissue, tissue["rna"]):
            assert_same(holder.obsp["spatial_connectivities"], union(own))
        assert tissue.uns["spatial_neighbors"]["params"]["kind"] == "existing"


def test_kind_that_is_given_is_built(tissue):
    squidpy.gr.spatial_neighbors_knn(tissue["protein"], n_neighs=3)
    own = tissue["protein"].obsp["spatial_connectivities"]
    spamca.pp.neighbors(tissue, coord_type="generic")
    expected = spatial_graph(tissue.obsm["spatial"]).connectivities
    assert_same(tissue.obsp["spatial_connectivities"], expected)
    assert_same(tissue["rna"].obsp["spatial_connectivities"], expected)
    assert_same(tissue["protein"].obsp["spatial_connectivities"], own)


def test_graph_by_name(tissue):
    squidpy.gr.spatial_neighbors_delaunay(tissue["rna"], key_added="triangles")
    spamca.pp.neighbors(tissue, spatial_graph="triangles")
    assert_same(tissue.obsp["spatial_connectivities"], union(tissue["rna"].obsp["triangles_connectivities"]))
    assert tissue.uns["spatial_neighbors"]["params"]["name"] == "triangles"


def test_graph_of_a_part_is_not_enough(tissue):
    part = tissue["protein"][:100].copy()
    squidpy.gr.spatial_neighbors_knn(part, n_neighs=3)
    mdata = MuData({"rna": tissue["rna"].copy(), "protein": part})
    with pytest.raises(KeyError, match="in obsp neither of mdata nor of modalities that together hold all spots"):
        spamca.pp.neighbors(mdata, spatial_graph="spatial")
    spamca.pp.neighbors(mdata)
    assert mdata.uns["spatial_neighbors"]["params"]["kind"] == "knn"


def test_graphs_of_parts_are_joined(tissue):
    parts = {"rna": tissue["rna"][:150].copy(), "protein": tissue["protein"][100:][::-1].copy()}
    for part in parts.values():
        squidpy.gr.spatial_neighbors_radius(part, radius=1.1)
    mdata = MuData(parts)
    spamca.pp.neighbors(mdata)
    whole = tissue["rna"].copy()
    squidpy.gr.spatial_neighbors_radius(whole, radius=1.1)
    order = whole.obs_names.get_indexer(mdata.obs_names)
    expected = whole.obsp["spatial_connectivities"][order][:, order].toarray()
    graph = mdata.obsp["spatial_connectivities"].toarray()
    either = np.zeros_like(expected)
    for part in parts.values():
        inside = mdata.obs_names.isin(part.obs_names)
        either[np.ix_(inside, inside)] = 1
    np.testing.assert_array_equal(graph, expected * either)


def test_graph_without_lengths(tissue):
    graph = spatial_graph(tissue["rna"].obsm["spatial"]).connectivities
    tissue.obsp["spatial_connectivities"] = graph
    spamca.pp.neighbors(tissue)
    assert "spatial_distances" not in tissue.obsp
    assert_same(tissue["rna"].obsp["spatial_connectivities"], graph)


@pytest.fixture
def two_sections(tissue):
    tissue.obsm["spatial"] = tissue["rna"].obsm["spatial"]
    squidpy.gr.spatial_neighbors_knn(tissue, n_neighs=4)
    tissue.obs["lib"] = np.where(tissue.obsm["spatial"][:, 0] < 7, "left", "right")
    return tissue


def test_existing_graph_is_cut_by_section(two_sections, caplog):
    mdata, section = two_sections, two_sections.obs["lib"].to_numpy()
    whole, own = union(mdata.obsp["spatial_connectivities"]), dict(mdata.uns["spatial_neighbors"]["params"])
    expected = whole.multiply(np.equal.outer(section, section)).tocsr()
    expected.eliminate_zeros()
    assert expected.nnz < whole.nnz
    for _ in range(2):  # the second time there is nothing left to cut, and the graph is still the user's
        with caplog.at_level(logging.INFO, logger="spamca"):
            spamca.pp.neighbors(mdata, library_key="lib")
        for holder in (mdata, mdata["rna"]):
            assert_same(holder.obsp["spatial_connectivities"], expected)
            assert holder.uns["spatial_neighbors"]["params"]["library_key"] == "lib"
        assert_same(mdata.obsp["spatial_distances"] > 0, expected > 0)
        assert mdata.uns["spatial_neighbors"]["params"] == own | {"library_key": "lib"}
    assert caplog.text.count("edges between sections of 'lib'") == 1


def test_graph_of_a_modality_is_cut_by_section(tissue):
    squidpy.gr.spatial_neighbors_knn(tissue["rna"], n_neighs=4)
    own = tissue["rna"].obsp["spatial_connectivities"].copy()
    tissue["rna"].obs["lib"] = np.where(np.arange(tissue.n_obs) % 2, "a", "b")
    spamca.pp.neighbors(tissue, library_key="lib")
    graph = tissue.obsp["spatial_connectivities"].tocoo()
    assert (graph.row % 2 == graph.col % 2).all()
    assert_same(tissue["rna"].obsp["spatial_connectivities"], own)


def test_sections_are_looked_up_with_an_existing_graph(two_sections):
    with pytest.raises(KeyError, match="library_key='section' is not a column"):
        spamca.pp.neighbors(two_sections, library_key="section")
    two_sections.obs.loc[two_sections.obs_names[0], "lib"] = np.nan
    with pytest.raises(ValueError, match="library_key='lib' has no value for 1 spots"):
        spamca.pp.neighbors(two_sections, library_key="lib")


@pytest.mark.parametrize("graph", [None, "spatial"])
@pytest.mark.parametrize(
    ("option", "kind", "word"),
    [("n_neighs", "knn", "generic"), ("radius", "radius", "generic"), ("n_rings", "grid", "grid")],
)
def test_options_of_a_graph_to_build_are_not_ignored(two_sections, caplog, graph, option, kind, word):
    says = f"{option}=2 is for building a spatial graph, but that of mdata is used; .* coord_type={word!r}"
    with pytest.raises(ValueError, match=says):
        spamca.pp.neighbors(two_sections, spatial_graph=graph, **{option: 2})
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(two_sections, coord_type=word, **{option: 2})
    assert "replacing the spatial graph of mdata, which spamca did not build" in caplog.text
    assert two_sections.uns["spatial_neighbors"]["params"]["kind"] == kind


def test_existing_and_built_exclude_each_other(two_sections):
    with pytest.raises(ValueError, match="spatial_graph='spatial' takes .*, coord_type='generic' builds one"):
        spamca.pp.neighbors(two_sections, spatial_graph="spatial", coord_type="generic", radius=2)


def test_record_of_another_kind_is_no_obstacle(tissue):
    tissue.obsp["spatial_connectivities"] = spatial_graph(tissue["rna"].obsm["spatial"]).connectivities
    tissue.uns["spatial_neighbors"] = "x"
    spamca.pp.neighbors(tissue)
    assert tissue.uns["spatial_neighbors"] == "x"
