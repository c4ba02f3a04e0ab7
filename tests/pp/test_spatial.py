"""Spatial graphs of sections of few spots, and of blocks of tissue."""

from __future__ import annotations

import logging

import mudata
import numpy as np
import pytest
import squidpy as sq
from scipy import sparse

import spamca
from spamca.graph import spatial_graph

SIZES = [100, 1, 6, 2, 90, 7, 1, 18]
ARGUMENTS = {
    "knn": {"coord_type": "generic"},
    "radius": {},  # by its option
    "grid": {"coord_type": "grid"},
    "delaunay": {"delaunay": True},
}


@pytest.fixture
def fields(tissue):
    """Fields of view with coordinates of their own, of 1 to 100 cells."""
    section = np.repeat([f"f{i}" for i in range(len(SIZES))], SIZES)
    place = tissue.obsm["spatial"].copy()
    for name in np.unique(section):
        place[section == name] -= place[section == name].min(axis=0)
    tissue.obs["fov"] = section
    for holder in (tissue, *tissue.mod.values()):
        holder.obsm["spatial"] = place
    return tissue


@pytest.mark.parametrize("given", [None, 6, 20])
def test_small_sections_have_the_neighbours_they_have(fields, caplog, given):
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(fields, library_key="fov", n_neighs=given)
    graph, section = fields.obsp["spatial_connectivities"], fields.obs["fov"].to_numpy()
    n_neighbors = np.diff(graph.indptr)
    k = given or 6
    for name, size in zip([f"f{i}" for i in range(len(SIZES))], SIZES, strict=True):
        assert n_neighbors[section == name].min() >= min(k, size - 1)
        if size <= k:
            assert set(n_neighbors[section == name]) == {size - 1}
    small = [size for size in SIZES if size <= k]
    says = f"{len(small)} of 8 sections have at most {k} spots; their {sum(small)} spots have the neighbours there are, and 2 of them none"
    assert says in caplog.text
    assert "2 of 225 spots have no neighbour in space" in caplog.text
    assert fields.uns["spatial_neighbors"]["params"]["n_neighbors"] == k


@pytest.mark.parametrize(("kind", "options"), [("radius", {"radius": 1.6}), ("delaunay", {}), ("grid", {})])
def test_small_sections_of_other_kinds(fields, kind, options):
    spamca.pp.neighbors(fields, library_key="fov", **ARGUMENTS[kind], **options)
    n_neighbors = np.diff(fields.obsp["spatial_connectivities"].indptr)
    assert n_neighbors.min() == 0
    assert n_neighbors.max() >= 4


def test_numbers_that_no_section_has_spots_for_are_refused(fields):
    says = "n_neighs must be less than the 100 spots of section 'f0', the largest, got 100"
    with pytest.raises(ValueError, match=says):
        spamca.pp.neighbors(fields, library_key="fov", n_neighs=100)
    with pytest.raises(ValueError, match="n_neighs must be less than the 225 spots of mdata, got 225"):
        spamca.pp.neighbors(fields, library_key=None, n_neighs=225)
    with pytest.raises(
        ValueError, match="n_neighbors must be less than the 225 spots of modality 'rna', the largest, got 225"
    ):
        spamca.pp.neighbors(fields, library_key="fov", n_neighbors=225)


def test_sections_of_one_cell_each(tissue):
    few = tissue[:6].copy()
    few.obs["fov"] = list("abcdef")
    spamca.pp.prepare(few)
    spamca.pp.neighbors(few, library_key="fov")
    assert few.obsp["spatial_connectivities"].nnz == 0


def test_tissue_of_few_spots_has_the_neighbours_it_has(tissue):
    few = tissue[:5].copy()
    spamca.pp.neighbors(few)
    assert few.uns["spatial_neighbors"]["params"]["n_neighbors"] == 4
    assert set(np.diff(few.obsp["spatial_connectivities"].indptr)) == {4}


@pytest.mark.parametrize("n_spots", [12, 2, 1])
def test_small_modalities_have_the_similar_spots_they_have(tissue, caplog, n_spots):
    few = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][:n_spots].copy()})
    for modality in few.mod.values():
        modality.obsm["X_own"] = np.random.default_rng(0).normal(size=(modality.n_obs, 5))
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(few, n_neighbors=15, use_rep="X_own")
    assert f"modalities of at most n_neighbors=15 spots, all linked: {{'protein': {n_spots}}}" in caplog.text
    linked = np.diff(few["protein"].obsp["feature_neighbors_connectivities"].indptr)
    assert set(linked) == {n_spots - 1}
    assert np.diff(few["rna"].obsp["feature_neighbors_connectivities"].indptr).min() >= 15


@pytest.mark.slow
def test_domains_of_small_sections_among_larger_ones(fields):
    spamca.tl.integrate(fields, 3, max_epochs=0, progress_bar=False)  # no column named: it overlaps, and is found
    assert fields.uns["spatial_neighbors"]["params"]["library_key"] == "fov"
    assert fields.obs["spamca"].notna().all()
    assert np.isfinite(fields.obsm["X_spamca"]).all()
    assert np.isfinite(np.asarray(fields.obsm["spamca_posterior"])).all()


@pytest.fixture
def block(tissue):
    """The tissue as a block of nine layers, five by five spots."""
    place = np.stack(np.meshgrid(range(5), range(5), range(9), indexing="ij"), axis=-1).reshape(-1, 3).astype(float)
    for holder in (tissue, *tissue.mod.values()):
        holder.obsm["spatial"] = place
    return tissue


@pytest.mark.parametrize(("kind", "options"), [("knn", {}), ("radius", {"radius": 1.2}), ("delaunay", {"radius": 1.8})])
def test_blocks(block, kind, options, tmp_path):
    spamca.pp.neighbors(block, **ARGUMENTS[kind], **options)
    graph = block.obsp["spatial_connectivities"]
    assert (graph != spatial_graph(block.obsm["spatial"], kind=kind, **options).connectivities).nnz == 0
    edges = graph.tocoo()
    z = block.obsm["spatial"][:, 2]
    assert (z[edges.row] != z[edges.col]).any()
    block.write(tmp_path / "block.h5mu")
    back = mudata.read_h5mu(tmp_path / "block.h5mu")
    assert back.obsm["spatial"].shape == back["rna"].obsm["spatial"].shape == (225, 3)
    inside = ((block.obsm["spatial"] > 0) & (block.obsm["spatial"] < [4, 4, 8])).all(axis=1)
    if kind == "radius":
        assert set(np.diff(graph.indptr)[inside]) == {6}  # those of a cubic lattice


def test_no_grid_in_a_block(block):
    with pytest.raises(ValueError, match="kind='grid' is for coordinates with two columns, x and y, got 3; use 'knn'"):
        spamca.pp.neighbors(block, coord_type="grid")


def test_layers_of_a_block_stay_together(block, caplog):
    block.obs["section"] = block.obsm["spatial"][:, 2].astype(int).astype(str)
    block.obsm["spatial"] = block.obsm["spatial"] * [1, 1, 0.1]
    for name in block.obs["section"].unique():
        block.uns.setdefault("spatial", {})[name] = {}
    with caplog.at_level(logging.WARNING, logger="spamca"):
        spamca.pp.neighbors(block)
    assert "library_key" not in block.uns["spatial_neighbors"]["params"]
    assert not caplog.text


def test_blocks_on_one_another_do_not(block):
    block.obsm["spatial"] = np.vstack(
        [block.obsm["spatial"][:112], np.add(block.obsm["spatial"][:113], [1 / 7, 1 / 7, 0])]
    )
    block.obs["sample"] = np.where(np.arange(225) < 112, "a", "b")
    spamca.pp.neighbors(block)
    assert block.uns["spatial_neighbors"]["params"]["library_key"] == "sample"


@pytest.mark.parametrize("holders", ["all", "mdata", "one modality"])
def test_a_constant_third_coordinate_is_left_out(tissue, caplog, holders):
    flat = tissue.obsm["spatial"].copy()
    chosen = {"all": [tissue, *tissue.mod.values()], "mdata": [tissue], "one modality": [tissue["rna"]]}[holders]
    for holder in chosen:
        holder.obsm["spatial"] = np.column_stack([flat, np.full(225, 7.0)])
    if holders == "one modality":
        del tissue.obsm["spatial"]
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue)
    np.testing.assert_array_equal(tissue.obsm["spatial"], flat)
    assert (tissue.obsp["spatial_connectivities"] != spatial_graph(flat).connectivities).nnz == 0
    assert caplog.text.count("the third coordinate in obsm['spatial'] is 7 everywhere and is left out") == (
        holders != "one modality"
    )


@pytest.mark.parametrize("slot", ["spatial", "spatial3d"])
def test_a_graph_of_squidpy_in_space(block, caplog, slot):
    place = block.obsm["spatial"]
    block.obs["section"] = np.char.add("s", place[:, 2].astype(int).astype(str))
    block.obsm["spatial3d"] = place
    if slot == "spatial3d":
        for holder in (block, *block.mod.values()):
            holder.obsm["spatial"] = place[:, :2] + 0.1 * place[:, 2:]  # sections as they were on their slides
    sq.gr.spatial_neighbors_knn(block, spatial_key="spatial3d", n_neighs=6, key_added="space")
    with caplog.at_level(logging.WARNING, logger="spamca"):
        spamca.pp.neighbors(block, spatial_graph="space")
    # With coordinates in the plane it may be an oversight, which is said and not mended.
    says = (
        "% of the edges of the spatial graph join categories of obs['section']; library_key='section' leaves them out"
    )
    assert (says in caplog.text) == (slot == "spatial3d")
    own, theirs = block.obsp["spatial_connectivities"], block.obsp["space_connectivities"]
    assert (own != theirs.maximum(theirs.T)).nnz == 0
    assert block.obsm["spatial"].shape[1] == (3 if slot == "spatial" else 2)


@pytest.mark.parametrize("largest", [1e150, 1e300, 1e-200, 1e-300])
@pytest.mark.parametrize(
    ("kind", "options"), [("knn", {}), ("radius", {"radius": 1.0}), ("grid", {}), ("delaunay", {})]
)
def test_coordinates_beyond_the_precision_of_distances(tissue, largest, kind, options):
    tissue.obsm["spatial"] = tissue.obsm["spatial"] / 15 * [largest, min(largest, 1e-250)]
    with pytest.raises(ValueError, match="beyond the precision of distances; give them in another unit"):
        spamca.pp.neighbors(tissue, **ARGUMENTS[kind], **options)


@pytest.mark.parametrize("largest", [1e90, 1e-90])
@pytest.mark.parametrize("kind", ["knn", "radius", "grid", "delaunay"])
def test_large_and_small_units(tissue, largest, kind):
    options = {"radius": 1.1} if kind == "radius" else {}
    before = spatial_graph(tissue.obsm["spatial"], kind=kind, **options)
    tissue.obsm["spatial"] = tissue.obsm["spatial"] * largest
    options = {"radius": 1.1 * largest} if kind == "radius" else {}
    spamca.pp.prepare(tissue)
    spamca.pp.neighbors(tissue, **ARGUMENTS[kind], **options)
    if kind != "delaunay":  # which diagonal of a square is an edge is a matter of rounding
        assert (tissue.obsp["spatial_connectivities"] != before.connectivities).nnz == 0


BAD = {
    "dtype object": (lambda m: sparse_of_objects(m.shape[0]), "must hold numbers, got object"),
    "complex": (lambda m: m.astype(np.complex128), "must hold numbers, got complex128"),
    "nan": (lambda m: m * np.nan, "must hold finite weights of at least 0, got nan"),
    "infinite": (lambda m: m * np.inf, "must hold finite weights of at least 0, got inf"),
    "negative": (lambda m: -m, "must hold finite weights of at least 0, got -1.0"),
}


def sparse_of_objects(n):
    matrix = sparse.csr_matrix((n, n), dtype=np.float64)
    matrix.setdiag(1)
    matrix.data = matrix.data.astype(object)
    return matrix


@pytest.mark.parametrize("holder", ["mdata", "rna"])
@pytest.mark.parametrize("bad", BAD)
def test_graphs_that_are_none(with_graphs, holder, bad):
    change, says = BAD[bad]
    graph = with_graphs.obsp["spatial_connectivities"].astype(np.float64)
    place = with_graphs if holder == "mdata" else with_graphs["rna"]
    place.obsp["own_connectivities"] = change(graph)
    where = "mdata" if holder == "mdata" else r"mdata\['rna'\]"
    with pytest.raises(ValueError, match=rf"{where}.obsp\['own_connectivities'\] {says}; build it again"):
        spamca.pp.neighbors(with_graphs, spatial_graph="own")


FORMS = {
    "bool": lambda graph: graph > 0,
    "int": lambda graph: graph.astype(int),
    "dense": lambda graph: graph.toarray(),
    "csc": sparse.csc_array,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_graphs_in_other_forms(with_graphs, form):
    before = with_graphs.obsp["spatial_connectivities"]
    with_graphs.obsp["own_connectivities"] = form(before)
    spamca.pp.neighbors(with_graphs, spatial_graph="own")
    assert (with_graphs.obsp["spatial_connectivities"] != before).nnz == 0


@pytest.mark.parametrize("which", ["distances", "connectivities"])
def test_lengths_that_are_none(with_graphs, which):
    with_graphs.obsp["own_connectivities"] = with_graphs.obsp["spatial_connectivities"]
    with_graphs.obsp[f"own_{which}"] = -with_graphs.obsp["spatial_connectivities"]
    with pytest.raises(ValueError, match=rf"mdata.obsp\['own_{which}'\] must hold finite .* of at least 0, got -1"):
        spamca.pp.neighbors(with_graphs, spatial_graph="own")
