"""Results given to a SpatialData, and read again from Zarr."""

from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest
import spatialdata
from scipy import sparse
from scipy.spatial import KDTree
from spatialdata import SpatialData

import spamca
from spamca import _edge
from spamca.io import from_anndata, from_spatialdata, read_spaceranger, to_spatialdata

# spatialdata's and zarr's own
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*autosharding:UserWarning"
)


def labelled(mdata):
    """Domains as :func:`spamca.tl.cluster` leaves them, at no cost."""
    domain = pd.Series(np.arange(mdata.n_obs) % 3, mdata.obs_names).astype(str).astype("category")
    for holder in (mdata, *mdata.mod.values()):
        holder.obs["spamca"] = domain
    return mdata


def analysed(mdata):
    """Graphs, and results under the names that :func:`spamca.tl.integrate` gives them, at no cost."""
    spamca.pp.neighbors(mdata)
    labelled(mdata)
    rng = np.random.default_rng(0)
    mdata.obs["spamca_confidence"] = rng.random(mdata.n_obs)
    for holder in (mdata, *mdata.mod.values()):
        holder.obsm["X_spamca"] = rng.random((holder.n_obs, 4), dtype=np.float32)
        holder.uns["spamca_colors"] = ["#1f77b4", "#ff7f0e", "#2ca02c"]
    for name, modality in mdata.mod.items():
        modality.obs["spamca_weight"] = rng.random(modality.n_obs)
        views = rng.random((modality.n_obs, 2))
        modality.obsm["spamca_view_weights"] = pd.DataFrame(views, modality.obs_names, ["spatial", "feature"])
        mdata.obs[f"{name}:spamca_weight"] = modality.obs["spamca_weight"]
    return mdata


def stored(sdata, tmp_path):
    sdata.write(tmp_path / "tissue.zarr")
    return spatialdata.read_zarr(tmp_path / "tissue.zarr")


@pytest.fixture(scope="module")
def new(_integrated, tmp_path_factory):
    """Integrated tissue, and the SpatialData that was made of it and read again."""
    mdata = _integrated.copy()
    return mdata, stored(to_spatialdata(mdata), tmp_path_factory.mktemp("new"))


def test_new(new, integrated):
    given, sdata = new
    assert sorted(sdata.tables) == ["protein", "rna", "spamca"]
    joint = sdata["spamca"]
    assert list(joint.obs["spamca"]) == list(integrated.obs["spamca"])
    np.testing.assert_array_equal(joint.obsm["X_spamca"], integrated.obsm["X_spamca"])
    np.testing.assert_array_equal(joint.obsm["spamca_posterior"], integrated.obsm["spamca_posterior"])
    np.testing.assert_array_equal(joint.obs["rna_spamca_weight"], integrated.obs["rna:spamca_weight"])
    assert list(joint.uns["spamca_colors"]) == list(integrated.uns["spamca_colors"])
    assert (joint.obsp["spatial_connectivities"] != integrated.obsp["spatial_connectivities"]).nnz == 0
    assert "rna" not in joint.obsm
    for name in ("rna", "protein"):
        assert list(sdata[name].obs["spamca"]) == list(integrated[name].obs["spamca"])
        np.testing.assert_array_equal(sdata[name].obsm["X_spamca"], integrated[name].obsm["X_spamca"])
    for name in sdata.tables:
        assert sdata[name].uns["spatialdata_attrs"] == {
            "region": "spots",
            "region_key": "region",
            "instance_key": "spot_id",
        }
        assert set(sdata[name].obs["spot_id"]) == set(sdata["spots"].index)
    assert list(sdata["spots"].index) == list(integrated.obs_names)
    np.testing.assert_allclose(sdata["spots"].get_coordinates(), integrated.obsm["spatial"])
    assert list(given.obs) == list(integrated.obs)
    assert list(given["rna"].obs) == list(integrated["rna"].obs)


def test_new_and_back(new, integrated):
    mdata = from_spatialdata(new[1])
    assert list(mdata.obs_names) == list(integrated.obs_names)
    np.testing.assert_array_equal(mdata["rna"].X.toarray(), integrated["rna"].X.toarray())
    np.testing.assert_array_equal(mdata.obsm["spatial"], integrated.obsm["spatial"])
    assert list(mdata["rna"].obs["spamca"]) == list(integrated.obs["spamca"])


def test_without_results(tissue):
    assert list(to_spatialdata(tissue)["spamca"].obs["label"]) == list(tissue.obs["label"])


def test_spot_that_lacks_a_modality(tissue, tmp_path):
    mdata = from_anndata({"rna": tissue["rna"][:200], "protein": tissue["protein"][20:][::-1]}, join="outer")
    sdata = stored(to_spatialdata(labelled(mdata)), tmp_path)
    assert (sdata["spamca"].n_obs, sdata["rna"].n_obs, sdata["protein"].n_obs) == (225, 200, 205)
    assert list(sdata["protein"].obs["spot_id"]) == list(mdata["protein"].obs_names)


def test_columns_that_are_taken(tissue):
    tissue["rna"].obs["region"] = "cortex"
    tissue.obs["spot_id"] = np.arange(225)
    sdata = to_spatialdata(tissue)
    assert sdata["rna"].uns["spatialdata_attrs"]["region_key"] == "region_1"
    assert sdata["spamca"].uns["spatialdata_attrs"]["instance_key"] == "spot_id_1"
    assert (sdata["rna"].obs["region"] == "cortex").all()


def test_radius_of_spaceranger(outs, tmp_path):
    sdata = stored(to_spatialdata(read_spaceranger(outs)), tmp_path)
    assert set(sdata["spots"]["radius"]) == {4.0}


def test_backed_by_a_file(tissue, tmp_path):
    with _edge.without_pull():
        tissue.write(tmp_path / "tissue.h5mu")
        backed = mudata.read_h5mu(tmp_path / "tissue.h5mu", backed=True)
    sdata = to_spatialdata(backed)
    np.testing.assert_array_equal(sdata["rna"].X.toarray(), tissue["rna"].X.toarray())
    backed.file.close()


def test_back_to_tables(two_tables, tmp_path, assert_same):
    before = {name: table.copy() for name, table in two_tables.tables.items()}
    mdata = analysed(from_spatialdata(two_tables))
    sdata = stored(to_spatialdata(mdata, two_tables), tmp_path)
    for name, table in before.items():
        assert_same(table, two_tables[name], name)
    assert sdata.attrs["who"] == "me"

    joint = sdata["spamca"]
    attrs = {"region": "spots", "region_key": "region", "instance_key": "instance_id"}
    assert joint.uns["spatialdata_attrs"] == attrs
    assert list(joint.obs["instance_id"]) == list(range(10, 200))
    assert joint.obs["instance_id"].dtype == sdata["spots"].index.dtype
    np.testing.assert_array_equal(joint.obsm["X_spamca"], mdata.obsm["X_spamca"])
    assert {"spamca", "spamca_confidence", "rna_spamca_weight", "protein_spamca_weight"} <= set(joint.obs)

    for name in ("rna", "protein"):
        table, modality = sdata[name], mdata[name]
        assert table.uns["spatialdata_attrs"] == attrs
        assert list(table.obs_names) == list(before[name].obs_names)
        np.testing.assert_array_equal(table.X.toarray(), before[name].X.toarray())
        assert table.obs["spamca"].isna().sum() == table.n_obs - 190
        known = table[table.obs["spamca"].notna()]
        there = modality[known.obs_names]
        assert list(known.obs["spamca"]) == list(there.obs["spamca"])
        np.testing.assert_array_equal(known.obs["spamca_weight"], there.obs["spamca_weight"])
        np.testing.assert_array_equal(known.obsm["X_spamca"], there.obsm["X_spamca"])
        np.testing.assert_array_equal(known.obsm["spamca_view_weights"], there.obsm["spamca_view_weights"])
        assert np.isnan(table.obsm["X_spamca"][table.obs["spamca"].isna()]).all()
        assert list(table.uns["spamca_colors"]) == list(modality.uns["spamca_colors"])
        graph = table.obsp["spatial_connectivities"]
        assert graph.sum() == modality.obsp["spatial_connectivities"].sum()


def test_back_by_way_of_a_file(two_tables, tmp_path):
    mdata = labelled(from_spatialdata(two_tables))
    with _edge.without_pull():
        mdata.write(tmp_path / "tissue.h5mu")
        mdata = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    sdata = stored(to_spatialdata(mdata, two_tables), tmp_path)
    assert list(sdata["spamca"].obs["spamca"]) == list(mdata.obs["spamca"])


def test_back_again(two_tables):
    mdata = labelled(from_spatialdata(two_tables))
    first = to_spatialdata(mdata, two_tables)
    domains = pd.Categorical(["x", "y"] * 95)
    mdata.obs["spamca"] = domains
    for name in mdata.mod:
        mdata[name].obs["spamca"] = domains
    second = to_spatialdata(mdata, first)
    assert list(second["spamca"].obs["spamca"]) == list(domains)
    assert set(second["rna"].obs["spamca"].dropna()) == {"x", "y"}
    assert list(first["spamca"].obs["spamca"].cat.categories) == ["0", "1", "2"]
    assert list(from_spatialdata(second).mod) == ["rna", "protein"]


def test_back_to_one_table(mixed, tmp_path):
    mdata = analysed(from_spatialdata(mixed))
    sdata = stored(to_spatialdata(mdata, mixed), tmp_path)
    table = sdata["table"]
    assert list(table.obs["spamca"]) == list(mdata.obs["spamca"])
    assert list(sdata["spamca"].obs["spamca"]) == list(mdata.obs["spamca"])
    np.testing.assert_array_equal(table.obsm["X_spamca"], mdata.obsm["X_spamca"])
    np.testing.assert_array_equal(table.obsm["rna_X_spamca"], mdata["rna"].obsm["X_spamca"])
    np.testing.assert_array_equal(table.obsm["protein_X_pca"], mdata["protein"].obsm["X_pca"])
    np.testing.assert_array_equal(table.obs["rna_spamca_weight"], mdata.obs["rna:spamca_weight"])
    assert list(table.uns["spamca_colors"]) == list(mdata.uns["spamca_colors"])
    assert not {"rna_region", "rna_spamca", "rna_instance_id"} & set(table.obs)
    assert "rna_spatial" not in table.obsm


def test_rows_of_one_name_in_two_sections(tissue, annotating, circles):
    """Instances distinguish them, on the way in and back."""
    n, section = [*range(100), *range(125)], np.repeat(["a", "b"], [100, 125])
    names = [f"BC{i}" for i in n]
    tables = {name: annotating(tissue[name], n, section, names=names) for name in ("rna", "protein")}
    coords = tissue.obsm["spatial"]
    shapes = {"a": circles(coords[:100], range(100)), "b": circles(coords[100:], range(125))}
    sdata = SpatialData(shapes=shapes, tables=tables)
    mdata = from_spatialdata(sdata)
    mdata.obs["mine"] = mdata["rna"].obs["mine"] = np.arange(225)
    again = to_spatialdata(mdata, sdata)
    assert list(again["rna"].obs["mine"]) == list(range(225))
    assert list(again["spamca"].obs["instance_id"]) == n
    assert again["spamca"].uns["spatialdata_attrs"]["region"] == ["a", "b"]


def test_tables_that_annotate_nothing(tissue, tmp_path):
    sdata = SpatialData(tables={"rna": tissue["rna"].copy(), "protein": tissue["protein"].copy()})
    mdata = from_spatialdata(sdata)
    mdata.obs["mine"] = pd.Categorical(["a"] * 225)
    again = stored(to_spatialdata(mdata, sdata, table_name="result"), tmp_path)
    assert "spatialdata_attrs" not in again["result"].uns
    assert (again["result"].obs["mine"] == "a").all()


def test_modality_without_table(two_tables, logged):
    mdata = from_spatialdata(two_tables, tables="rna")
    other = mdata["rna"].copy()
    other.var_names = "image:" + other.var_names
    other.obs_names = [*other.obs_names[:-2], "new1", "new2"]
    with _edge.without_pull():
        both = mudata.MuData({"rna": mdata["rna"], "image": other})
    sdata = to_spatialdata(both, two_tables)
    assert sdata["spamca"].n_obs == 200
    assert "to_spatialdata: ['image'] have no table in sdata; their results go into the joint one only" in logged()
    assert "to_spatialdata: 2 spots are in no table of sdata and left out of the joint one" in logged()


def test_tables_by_name(two_tables, tissue):
    mdata = from_anndata({"genes": tissue["rna"], "adt": tissue["protein"]})
    mdata["genes"].obs["checked"] = True
    sdata = to_spatialdata(mdata, two_tables, tables={"genes": "rna"})
    assert sdata["rna"].obs["checked"].all()
    assert "checked" not in sdata["protein"].obs
    assert list(sdata["spamca"].obs["instance_id"]) == list(range(200))


def test_image_and_regions_stay(two_tables):
    mdata = from_spatialdata(two_tables)
    mdata["rna"].uns["spatial"] = {"a": {"images": {}}}
    assert to_spatialdata(mdata, two_tables)["rna"].uns["spatial"] == {"a": {"images": {}}}
    two_tables["rna"].uns["spatial"] = {"b": {}}
    assert to_spatialdata(mdata, two_tables)["rna"].uns["spatial"] == {"b": {}}
    assert to_spatialdata(mdata, two_tables)["spots"] is two_tables["spots"]


def test_names_that_spatialdata_does_not_allow(tissue, tmp_path):
    tissue["rna"].obs["n/µm²"] = 1
    tissue["rna"].obsp["my graph"] = sparse.identity(225, format="csr")
    assert "my_graph" in stored(to_spatialdata(tissue), tmp_path)["rna"].obsp


PLACES = {"one place": np.ones((225, 2)), "two places": np.repeat([[0.0, 0], [1, 1]], [3, 222], axis=0)}


@pytest.mark.parametrize("place", PLACES)
def test_circles_where_spots_have_no_distance(place, tissue, tmp_path):
    for holder in (tissue, *tissue.mod.values()):
        holder.obsm["spatial"] = PLACES[place]
    radius = stored(to_spatialdata(tissue), tmp_path)["spots"]["radius"]
    assert (radius > 0).all()
    assert np.isfinite(radius).all()


@pytest.mark.parametrize("where", ["mdata", "rna"])
@pytest.mark.parametrize(
    "record",
    [
        *(None, 3, "x", {}, {"a": None}, {"a": 3}, {"a": {"images": None, "scalefactors": 4}}),
        *({"a": {"scalefactors": {"spot_diameter_fullres": value}}} for value in (0, -2, np.nan, np.inf, "x")),
        {"a": {"images": {"hires": np.zeros((5, 5, 3), np.uint8)}, "scalefactors": {"tissue_hires_scalef": "x"}}},
    ],
)
def test_images_that_are_none(record, where, tissue):
    (tissue if where == "mdata" else tissue["rna"]).uns["spatial"] = record
    sdata = to_spatialdata(tissue)
    assert not sdata.images
    distance = KDTree(tissue.obsm["spatial"]).query(tissue.obsm["spatial"], k=2)[0][:, 1]
    np.testing.assert_allclose(sdata["spots"]["radius"], np.median(distance) / 2)


def test_names_of_the_user_that_spatialdata_does_not_allow(tissue, tmp_path, logged):
    tissue.obs[["a/b", "A/B", "__c", "Region"]] = 1
    tissue.obsm["shares"] = pd.DataFrame({"T/NK": 1.0, "T_NK": 2.0}, tissue.obs_names)
    tissue["rna"].uns["mine"] = {"x/y": {"z/": 3}}
    other = tissue["rna"].copy()
    other.var_names = other.var_names + "-1"
    with _edge.without_pull():
        mdata = mudata.MuData({"my rna": tissue["rna"], "My_RNA": tissue["protein"], "spamca": other})
        mdata.obs, mdata.obsm["shares"] = tissue.obs.copy(), tissue.obsm["shares"]
    sdata = stored(to_spatialdata(mdata, table_name="joint"), tmp_path)
    assert set(sdata.tables) == {"joint", "my_rna", "My_RNA_1", "spamca"}
    assert any("{'my rna': 'my_rna', 'My_RNA': 'My_RNA_1'}" in line for line in logged())
    assert dict(sdata["joint"].obsm["shares"].iloc[0]) == {"T_NK-1": 1, "T_NK": 2}
    assert sdata["my_rna"].uns["mine"] == {"x_y": {"z_": 3}}
    assert list(tissue.obsm["shares"]) == ["T/NK", "T_NK"]


def test_name_of_the_joint_table(tissue, two_tables):
    for sdata in (None, two_tables):
        with pytest.raises(
            ValueError, match="table_name may hold letters, digits, '_', '-' and '.' in a SpatialData, got 'a b'"
        ):
            to_spatialdata(tissue, sdata, table_name="a b")


@pytest.mark.parametrize("name", ["rna", "spots"])
def test_table_name_is_taken(tissue, two_tables, name):
    with pytest.raises(
        ValueError, match=f"table_name='{name}' is the name of a modality or the circles; choose another"
    ):
        to_spatialdata(tissue, table_name=name)
    with pytest.raises(ValueError, match=f"table_name='{name}' is the name of something that sdata holds"):
        to_spatialdata(from_spatialdata(two_tables), two_tables, table_name=name)


def test_arguments(tissue, two_tables):
    with pytest.raises(TypeError, match="mdata must be a MuData"):
        to_spatialdata(tissue["rna"])
    with pytest.raises(TypeError, match="sdata must be a SpatialData, got AnnData"):
        to_spatialdata(tissue, tissue["rna"])
    with pytest.raises(TypeError, match="table_name must be a string"):
        to_spatialdata(tissue, table_name=None)
    with pytest.raises(ValueError, match="tables=.* names tables of sdata, and there is none"):
        to_spatialdata(tissue, tables={"rna": "rna"})
    with pytest.raises(TypeError, match="tables must be a mapping by modality"):
        to_spatialdata(tissue, two_tables, tables="rna")
    with pytest.raises(KeyError, match="tables names modality 'adt', but mdata has"):
        to_spatialdata(tissue, two_tables, tables={"adt": "protein"})
    with pytest.raises(KeyError, match="tables names 'adt', which is not a table of sdata"):
        to_spatialdata(tissue, two_tables, tables={"protein": "adt"})


def test_no_coordinates(tissue):
    for holder in (tissue, *tissue.mod.values()):
        del holder.obsm["spatial"]
    with pytest.raises(KeyError, match="no coordinates"):
        to_spatialdata(tissue)


def test_no_table_of_these_names(tissue, two_tables):
    with _edge.without_pull():
        mdata = mudata.MuData({"genes": tissue["rna"]})
    with pytest.raises(ValueError, match=r"no modality of \['genes'\] has a table in sdata.*name them with tables"):
        to_spatialdata(mdata, two_tables)


def test_other_tissue(tissue, two_tables):
    for modality in tissue.mod.values():
        modality.obs_names = [f"other{i}" for i in range(225)]
    with _edge.without_pull():
        mdata = mudata.MuData(dict(tissue.mod))
    with pytest.raises(
        ValueError, match="no row of modality 'rna' is in table 'rna': the modality's begin with 'other0'"
    ):
        to_spatialdata(mdata, two_tables)
