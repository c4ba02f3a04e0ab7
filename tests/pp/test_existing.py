"""Spatial graphs that were there before."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from mudata import MuData

import spamca
from spamca.graph import spatial_graph


@pytest.fixture
def squidpy():
    return pytest.importorskip("squidpy")


def union(matrix):
    return matrix.maximum(matrix.T)


def assert_same(a, b):
    assert (a != b).nnz == 0


def test_graph_of_the_mudata_is_used_and_kept(tissue, squidpy, caplog):
    tissue.obsm["spatial"] = tissue["rna"].obsm["spatial"]
    squidpy.gr.spatial_neighbors_radius(tissue, radius=2.5)
    record, graph = tissue.uns["spatial_neighbors"], tissue.obsp["spatial_connectivities"]
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue)
    assert "using the spatial graph of mdata;" in caplog.text
    assert tissue.uns["spatial_neighbors"] is record
    assert_same(tissue.obsp["spatial_connectivities"], graph)
    assert_same(tissue["rna"].obsp["spatial_connectivities"], union(graph))
    assert_same(tissue["rna"].obsp["spatial_distances"], union(tissue.obsp["spatial_distances"]))


def test_graph_of_a_modality_is_used_and_kept(tissue, squidpy, caplog):
    squidpy.gr.spatial_neighbors_knn(tissue["protein"], n_neighs=3)
    own = tissue["protein"].obsp["spatial_connectivities"]
    for _ in range(2):  # the second time our own copies must not stand in its way
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="spamca"):
            spamca.pp.neighbors(tissue)
        assert "using the spatial graph of mdata['protein'];" in caplog.text
        assert "mdata['protein'] keeps the spatial graph of its own" in caplog.text
        assert_same(tissue["protein"].obsp["spatial_connectivities"], own)
        for holder in (tissue, tissue["rna"]):
            assert_same(holder.obsp["spatial_connectivities"], union(own))
        assert tissue.uns["spatial_neighbors"]["params"]["kind"] == "existing"


def test_kind_asked_for_is_built(tissue, squidpy):
    squidpy.gr.spatial_neighbors_knn(tissue["protein"], n_neighs=3)
    own = tissue["protein"].obsp["spatial_connectivities"]
    spamca.pp.neighbors(tissue, spatial_kind="knn")
    expected = spatial_graph(tissue.obsm["spatial"]).connectivities
    assert_same(tissue.obsp["spatial_connectivities"], expected)
    assert_same(tissue["rna"].obsp["spatial_connectivities"], expected)
    assert_same(tissue["protein"].obsp["spatial_connectivities"], own)


def test_graph_by_name(tissue, squidpy):
    squidpy.gr.spatial_neighbors_delaunay(tissue["rna"], key_added="triangles")
    spamca.pp.neighbors(tissue, spatial_graph="triangles")
    assert_same(tissue.obsp["spatial_connectivities"], union(tissue["rna"].obsp["triangles_connectivities"]))
    assert tissue.uns["spatial_neighbors"]["params"]["name"] == "triangles"


def test_graph_of_a_part_is_not_enough(tissue, squidpy):
    part = tissue["protein"][:100].copy()
    squidpy.gr.spatial_neighbors_knn(part, n_neighs=3)
    mdata = MuData({"rna": tissue["rna"].copy(), "protein": part})
    with pytest.raises(KeyError, match="in obsp neither of mdata nor of modalities that together hold all spots"):
        spamca.pp.neighbors(mdata, spatial_graph="spatial")
    spamca.pp.neighbors(mdata)
    assert mdata.uns["spatial_neighbors"]["params"]["kind"] == "knn"


def test_graphs_of_parts_are_joined(tissue, squidpy):
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
    assert set(tissue["rna"].obsp["spatial_distances"].data) == {1}
