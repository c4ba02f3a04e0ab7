"""``pp.neighbors``."""

from __future__ import annotations

import logging

import mudata
import numpy as np
import pytest
import scanpy as sc
from mudata import MuData

import spamca
from spamca.graph import feature_graph, spatial_graph

REAL = [
    "dlpfc_151673",
    "her2st_a1",
    "hln_a1_panel_split",
    "p22_atac",
    "sim_mosaic_rep1",
    "sim_spamosaic_rep1",
    "sim_triplet",
]


def logged(caplog):
    return [record.getMessage() for record in caplog.records]


def assert_same(a, b):
    assert (a != b).nnz == 0


def test_few_spots_have_few_neighbours(tissue):
    few = tissue[:15].copy()
    few.mod["protein"] = few["protein"][:12].copy()
    few = mudata.MuData(dict(few.mod))
    spamca.pp.neighbors(few, feature_graphs=True)
    assert [modality.uns["feature_neighbors"]["params"]["n_neighbors"] for modality in few.mod.values()] == [14, 11]
    spamca.tl.integrate(few, 2, max_epochs=2, progress_bar=False)
    assert few.obsm["X_spamca"].shape[0] == 15


def test_writes_what_it_says(tissue):
    xy = tissue["rna"].obsm["spatial"].copy()
    spamca.pp.neighbors(tissue, n_neighbors=10, n_neighs=4)
    np.testing.assert_array_equal(tissue.obsm["spatial"], xy)
    spatial = spatial_graph(xy, n_neighbors=4)
    for holder in (tissue, tissue["rna"], tissue["protein"]):
        assert_same(holder.obsp["spatial_connectivities"], spatial.connectivities)
        record = holder.uns["spatial_neighbors"]
        assert record["connectivities_key"] == "spatial_connectivities"
        assert record["distances_key"] == "spatial_distances"
        assert record["params"]["kind"] == "knn"
        assert record["params"]["n_neighbors"] == 4
    assert_same(tissue.obsp["spatial_distances"], spatial.distances)
    for modality in tissue.mod.values():
        assert "spatial_distances" not in modality.obsp
        record = modality.uns["feature_neighbors"]
        assert record["params"]["use_rep"] == modality.uns["spamca"]["use_rep"] == "X_pca"
        assert record["params"]["metric"] == "correlation"
        graph = feature_graph(modality.obsm["X_pca"], n_neighbors=10)
        assert_same(modality.obsp[record["connectivities_key"]], graph.connectivities)
        assert_same(modality.obsp[record["distances_key"]], graph.distances)


def test_copy(tissue):
    changed = spamca.pp.neighbors(tissue, copy=True)
    assert "spatial_connectivities" in changed.obsp
    assert "spatial_connectivities" not in tissue.obsp
    assert "X_pca" not in tissue["rna"].obsm


def test_again_with_other_choices(tissue):
    spamca.pp.neighbors(tissue)
    spamca.pp.neighbors(tissue, n_neighs=10, n_neighbors=5, metric="euclidean")
    for holder in (tissue, tissue["rna"]):
        assert holder.uns["spatial_neighbors"]["params"]["n_neighbors"] == 10
        assert np.diff(holder.obsp["spatial_connectivities"].indptr).min() >= 10
    assert tissue["rna"].uns["feature_neighbors"]["params"]["metric"] == "euclidean"


def test_same_seed_same_bits(tissue):
    a, b = (spamca.pp.neighbors(tissue, feature_graphs=True, copy=True, random_state=2) for _ in range(2))
    for name in tissue.mod:
        np.testing.assert_array_equal(
            a[name].obsp["feature_neighbors_distances"].data, b[name].obsp["feature_neighbors_distances"].data
        )


@pytest.mark.parametrize(
    ("kind", "options"),
    [("knn", {}), ("radius", {"radius": 1.6}), ("delaunay", {"radius": 1.6}), ("grid", {"n_rings": 2})],
)
def test_kinds(tissue, kind, options):
    words = {"knn": {"coord_type": "generic"}, "grid": {"coord_type": "grid"}, "delaunay": {"delaunay": True}}
    spamca.pp.neighbors(tissue, **words.get(kind, {}), **options)
    assert tissue.uns["spatial_neighbors"]["params"]["kind"] == kind
    expected = spatial_graph(tissue.obsm["spatial"], kind=kind, **options)
    assert_same(tissue.obsp["spatial_connectivities"], expected.connectivities)


@pytest.mark.parametrize(
    ("options", "wrong", "graph"),
    [
        ({"coord_type": "generic", "n_rings": 2}, "n_rings=2", "of the nearest neighbours"),
        ({"coord_type": "grid", "radius": 2}, "radius=2", r"on a lattice \(coord_type='grid'\)"),
        ({"coord_type": "grid", "delaunay": True}, "delaunay=True", r"on a lattice \(coord_type='grid'\)"),
        ({"delaunay": True, "n_neighs": 2}, "n_neighs=2", "by delaunay"),
        ({"radius": 3, "n_neighs": 2}, "n_neighs=2", "by radius"),
        ({"n_rings": 1, "n_neighs": 2}, "n_neighs=2", r"on a lattice \(coord_type='grid'\)"),
    ],
)
def test_options_of_another_kind_are_not_ignored(tissue, options, wrong, graph):
    with pytest.raises(ValueError, match=f"{wrong} does not fit a spatial graph {graph}; leave"):
        spamca.pp.neighbors(tissue, **options)
    assert not tissue.obsp


def test_spots_without_neighbours_are_logged(tissue, caplog):
    spamca.pp.prepare(tissue)
    place = tissue["rna"].obsm["spatial"]
    tissue.obsm["spatial"] = np.vstack([place[:1] + 100, place[1:]])
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue, radius=1.6)
    assert f"neighbors: 1 of {tissue.n_obs} spots have no neighbour in space" in logged(caplog)


def test_preparation_is_logged(tissue, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue)
    (line,) = logged(caplog)
    assert line.startswith("neighbors: no features yet, 'rna' prepared from X as rna: ")
    assert "; 'protein' prepared from X as protein: " in line
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue)
    assert logged(caplog) == []


def test_prepare_is_not_run_again(tissue):
    spamca.pp.prepare(tissue, n_comps=4)
    spamca.pp.neighbors(tissue)
    assert tissue["rna"].obsm["X_pca"].shape[1] == 4
    assert tissue["rna"].uns["spamca"]["kind"] == "rna"


def test_other_features(tissue, caplog):
    values = np.random.default_rng(0).normal(size=(tissue.n_obs, 6))
    tissue["rna"].obsm["X_scvi"] = values
    spamca.pp.neighbors(tissue, feature_graphs=True, use_rep={"rna": "X_scvi"})
    assert tissue["rna"].uns["feature_neighbors"]["params"]["use_rep"] == "X_scvi"
    assert tissue["rna"].uns["spamca"] == {"kind": "given", "use_rep": "X_scvi"}
    assert tissue["protein"].uns["spamca"]["use_rep"] == "X_pca"
    assert_same(tissue["rna"].obsp["feature_neighbors_connectivities"], feature_graph(values).connectivities)
    # without use_rep the choice is made again
    spamca.pp.neighbors(tissue, feature_graphs=True)
    assert tissue["rna"].uns["spamca"]["use_rep"] == "X_pca"


def test_features_under_one_name(tissue):
    for modality in tissue.mod.values():
        modality.obsm["X_own"] = np.random.default_rng(0).normal(size=(tissue.n_obs, 6)).astype(np.float32)
    spamca.pp.neighbors(tissue, use_rep="X_own")
    assert "X_pca" not in tissue["rna"].obsm
    assert {modality.uns["spamca"]["use_rep"] for modality in tissue.mod.values()} == {"X_own"}


def test_features_of_scanpy_are_found(tissue, caplog):
    tissue["rna"].obsm["X_pca"] = np.random.default_rng(0).normal(size=(tissue.n_obs, 6)).astype(np.float32)
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue)
    assert "neighbors: using obsm['X_pca'] for 'rna'" in logged(caplog)
    assert tissue["rna"].obsm["X_pca"].shape[1] == 6
    assert tissue["rna"].uns["spamca"]["kind"] == "given"


@pytest.mark.parametrize("n", [1, 2])
def test_few_features_do_not_correlate(tissue, caplog, n):
    tissue["rna"].obsm["X_own"] = np.random.default_rng(0).normal(size=(tissue.n_obs, n))
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue, feature_graphs=True, use_rep={"rna": "X_own"})
    assert tissue["rna"].uns["feature_neighbors"]["params"]["metric"] == "euclidean"
    assert tissue["protein"].uns["feature_neighbors"]["params"]["metric"] == "correlation"
    assert f"'rna' has {n} features, too few for correlation" in caplog.text


def test_sections(tissue, caplog):
    tissue.obs["section"] = np.where(np.arange(tissue.n_obs) % 2, "s1", "s2")
    spamca.pp.neighbors(tissue, library_key="section")
    graph = tissue.obsp["spatial_connectivities"].tocoo()
    assert (graph.row % 2 == graph.col % 2).all()
    assert tissue.uns["spatial_neighbors"]["params"]["library_key"] == "section"
    tissue.obs.loc[tissue.obs_names[:3], "section"] = "s3"
    spamca.pp.neighbors(tissue, library_key="section")
    assert set(np.diff(tissue.obsp["spatial_connectivities"].indptr)[:3]) == {2}


def test_coincident_spots_are_logged(tissue, caplog):
    for modality in (tissue, *tissue.mod.values()):
        modality.obsm["spatial"] = np.vstack([modality.obsm["spatial"][:175], modality.obsm["spatial"][:50]])
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.pp.neighbors(tissue)
    assert "neighbors: 50 spots lie on the point of another" in caplog.text


def test_modalities_in_another_order_and_with_other_spots(tissue):
    rna, protein = tissue["rna"].copy(), tissue["protein"][::-1][10:].copy()
    del protein.obsm["spatial"]
    mdata = MuData({"rna": rna, "protein": protein})
    spamca.pp.neighbors(mdata)
    where = rna.obs_names.get_indexer(protein.obs_names)
    np.testing.assert_array_equal(mdata["protein"].obsm["spatial"], rna.obsm["spatial"][where])
    joint = mdata.obsp["spatial_connectivities"][mdata.obs_names.get_indexer(protein.obs_names)]
    joint = joint[:, mdata.obs_names.get_indexer(protein.obs_names)]
    assert_same(mdata["protein"].obsp["spatial_connectivities"], joint)


def test_modalities_that_are_views(tissue):
    half = np.arange(tissue.n_obs) < 120
    mdata = MuData({name: modality[half] for name, modality in tissue.mod.items()})
    spamca.pp.neighbors(mdata)
    assert mdata["rna"].obsp["spatial_connectivities"].shape == (120, 120)
    assert "spatial_connectivities" not in tissue["rna"].obsp


def test_other_coordinates(tissue):
    for holder in (tissue, *tissue.mod.values()):
        holder.obsm["X_array"] = holder.obsm.pop("spatial") * 2
    spamca.pp.neighbors(tissue, spatial_key="X_array")
    for holder in (tissue, tissue["rna"]):
        np.testing.assert_array_equal(holder.obsm["spatial"], holder.obsm["X_array"])
    assert tissue.uns["spatial_neighbors"]["params"]["spatial_key"] == "X_array"


def test_own_coordinates_are_kept_next_to_others(tissue):
    for modality in tissue.mod.values():
        modality.obsm["X_array"] = modality.obsm["spatial"] * 2
    before = tissue["rna"].obsm["spatial"].copy()
    spamca.pp.neighbors(tissue, spatial_key="X_array")
    np.testing.assert_array_equal(tissue["rna"].obsm["spatial"], before)
    np.testing.assert_array_equal(tissue.obsm["X_array"], before * 2)


def test_one_modality(tissue):
    mdata = MuData({"rna": tissue["rna"].copy()})
    spamca.pp.neighbors(mdata)
    assert "spatial_connectivities" in mdata.obsp


def test_survives_the_file(tissue, tmp_path):
    spamca.pp.neighbors(tissue)
    tissue.write(tmp_path / "tissue.h5mu")
    back = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert_same(back.obsp["spatial_connectivities"], tissue.obsp["spatial_connectivities"])
    assert back.uns["spatial_neighbors"]["params"]["kind"] == "knn"
    spamca.pp.neighbors(back)
    assert_same(back.obsp["spatial_distances"], tissue.obsp["spatial_distances"])


@pytest.mark.parametrize("name", REAL)
@pytest.mark.slow
def test_real_tissue(data_dir, name):
    mdata = mudata.read_h5mu(data_dir / f"{name}.h5mu")
    given = {"library_key": "section"} if "section" in mdata.obs else {}
    spamca.pp.neighbors(mdata, feature_graphs=True, **given)
    for modality in mdata.mod.values():
        assert np.isfinite(modality.obsm[modality.uns["spamca"]["use_rep"]]).all()
        which = modality.obs.get("spamca_measured", np.ones(modality.n_obs, dtype=bool))
        n_neighbors = np.diff(modality.obsp["feature_neighbors_connectivities"].indptr)
        assert n_neighbors[which].min() >= 20
        assert not n_neighbors[~np.asarray(which)].any()
    assert np.diff(mdata.obsp["spatial_connectivities"].indptr).min() >= 6
    if "section" in mdata.obs:
        graph, section = mdata.obsp["spatial_connectivities"].tocoo(), mdata.obs["section"].to_numpy()
        assert (section[graph.row] == section[graph.col]).all()


def test_another_analysis_under_the_same_names_is_not_taken_for_the_preparation(tissue, caplog):
    spamca.pp.prepare(tissue)
    spamca.pp.neighbors(tissue)
    assert tissue["rna"].uns["spamca"]["kind"] == "rna"
    assert "prepare left" not in caplog.text
    own = tissue["rna"].copy()
    sc.pp.normalize_total(own)
    sc.pp.log1p(own)
    sc.pp.pca(own, n_comps=10)
    tissue["rna"].obsm["X_pca"], tissue["rna"].varm["PCs"] = own.obsm["X_pca"], own.varm["PCs"]
    spamca.pp.neighbors(tissue)
    assert tissue["rna"].uns["spamca"] == {"kind": "given", "use_rep": "X_pca"}
    assert tissue["protein"].uns["spamca"]["kind"] == "protein"
    assert "obsm['X_pca'] of 'rna' is not what spamca.pp.prepare left" in caplog.text


def test_preparation_outlives_features_and_spots_that_are_taken_out(tissue):
    spamca.pp.prepare(tissue)
    rna = tissue["rna"][:, 5:]
    part = MuData({"rna": rna.copy(), "protein": tissue["protein"].copy()})[20:].copy()
    part.obsm["spatial"] = tissue.obsm["spatial"][20:]
    spamca.pp.neighbors(part)
    assert part["rna"].uns["spamca"]["kind"] == "rna"


@pytest.mark.parametrize("lost", ["PCs", "spamca_preparation", "length"])
def test_features_without_their_loadings_are_logged(tissue, caplog, lost):
    """Sections prepared one by one and joined have components of two bases, and no loadings are left."""
    spamca.pp.prepare(tissue)
    varm = tissue["rna"].varm
    if lost == "length":
        varm["spamca_preparation"] = varm["spamca_preparation"].drop(columns=lost)
    else:
        del varm[lost]
    spamca.pp.neighbors(tissue)
    assert tissue["rna"].uns["spamca"] == {"kind": "given", "use_rep": "X_pca"}
    assert "is not what spamca.pp.prepare left, or its loadings are gone" in caplog.text


def test_feature_graphs_are_built_on_request(tissue):
    spamca.pp.neighbors(tissue)
    assert not any("feature_neighbors" in modality.uns for modality in tissue.mod.values())
    spamca.pp.neighbors(tissue, feature_graphs=True)
    assert all("feature_neighbors_connectivities" in modality.obsp for modality in tissue.mod.values())
    spamca.pp.neighbors(tissue)
    assert not any("feature_neighbors_connectivities" in modality.obsp for modality in tissue.mod.values())
