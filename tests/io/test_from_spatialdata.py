"""A MuData from the tables of a SpatialData."""

from __future__ import annotations

import numpy as np
import pytest
from spatialdata import SpatialData
from spatialdata.models import Labels2DModel
from spatialdata.transformations import Scale

import spamca
from spamca.io import from_spatialdata

# spatialdata's own, where shapes are transformed
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def test_table_for_each_omics(two_tables, tissue):
    mdata = from_spatialdata(two_tables)
    assert list(mdata.mod) == ["rna", "protein"]
    assert list(mdata.obs_names) == list(tissue.obs_names[10:200])
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue.obsm["spatial"][10:200])
    for name in mdata.mod:
        np.testing.assert_array_equal(mdata[name].X.toarray(), tissue[name][10:200].X.toarray())
    assert mdata.uns["spatialdata"]["tables"] == {"rna": "rna", "protein": "protein"}
    assert "spatial" not in two_tables["rna"].obsm
    spamca.pp.neighbors(mdata)


def test_outer(two_tables, tissue):
    mdata = from_spatialdata(two_tables, join="outer")
    assert mdata.n_obs == 225
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue[mdata.obs_names].obsm["spatial"])
    spamca.pp.neighbors(mdata)


def test_one_table_with_all(mixed, tissue):
    mdata = from_spatialdata(mixed)
    assert list(mdata.mod) == ["rna", "protein"]
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue.obsm["spatial"])
    np.testing.assert_array_equal(mdata["protein"].X.toarray(), tissue["protein"].X.toarray())
    assert mdata.uns["spatialdata"]["tables"] == {"rna": "table", "protein": "table"}
    spamca.pp.neighbors(mdata)


def test_tables_by_name(two_tables):
    assert list(from_spatialdata(two_tables, tables="protein").mod) == ["protein"]
    assert list(from_spatialdata(two_tables, tables=["protein", "rna"]).mod) == ["protein", "rna"]
    mdata = from_spatialdata(two_tables, tables={"genes": "rna", "adt": "protein"})
    assert list(mdata.mod) == ["genes", "adt"]
    assert mdata.uns["spatialdata"]["tables"] == {"genes": "rna", "adt": "protein"}


def test_one_table_by_mapping_is_not_taken_apart(mixed):
    assert list(from_spatialdata(mixed, tables={"all": "table"}).mod) == ["all"]


def test_one_table_without_types(mixed):
    del mixed["table"].var["feature_types"]
    assert list(from_spatialdata(mixed).mod) == ["table"]


def test_instances_match_where_names_do_not(tissue, logged, annotating, circles):
    n = np.arange(tissue.n_obs)
    rna, protein = tissue["rna"].copy(), tissue["protein"][::-1].copy()
    protein.obs_names = [f"cell{i}" for i in range(protein.n_obs)]
    tables = {"rna": annotating(rna, n + 7), "protein": annotating(protein, n[::-1] + 7)}
    sdata = SpatialData(shapes={"spots": circles(tissue.obsm["spatial"], n + 7)}, tables=tables)
    mdata = from_spatialdata(sdata)
    assert list(mdata.obs_names[:2]) == ["7", "8"]
    np.testing.assert_array_equal(mdata["protein"].X.toarray(), tissue["protein"].X.toarray())
    assert any("rows are named after their instances" in line for line in logged())


def test_bins_of_two_sizes_do_not_match(tissue, annotating, circles):
    """Instances of both are numbered from 0 on."""
    n = np.arange(tissue.n_obs)
    tables, shapes = {}, {}
    for size in ("008um", "016um"):
        names = [f"s_{size}_{i:05d}-1" for i in n]
        tables[size] = annotating(tissue["rna"], n, f"square_{size}", names=names)
        shapes[f"square_{size}"] = circles(tissue.obsm["spatial"], n)
    sdata = SpatialData(shapes=shapes, tables=tables)
    with pytest.raises(ValueError, match="'008um' and '016um' have no spot in common"):
        from_spatialdata(sdata)
    assert list(from_spatialdata(sdata, tables="008um").mod) == ["rna"]


def test_one_region_of_several_in_common(tissue, annotating, circles):
    n, section = np.arange(225), np.repeat(["a", "b"], [100, 125])
    tables = {
        "rna": annotating(tissue["rna"], n, section),
        "protein": annotating(tissue["protein"][:100], n[:100], "a", names=[f"x{i}" for i in range(100)]),
    }
    coords = tissue.obsm["spatial"]
    shapes = {"a": circles(coords[:100], n[:100]), "b": circles(coords[100:], n[100:])}
    mdata = from_spatialdata(SpatialData(shapes=shapes, tables=tables), join="outer")
    assert mdata.n_obs == 225
    assert list(mdata["protein"].obs_names[:2]) == ["a_0", "a_1"]


def test_each_table_with_an_element_of_its_own(tissue, logged, annotating, circles):
    n = np.arange(tissue.n_obs)
    tables = {
        "rna": annotating(tissue["rna"], n, "cells"),
        "protein": annotating(tissue["protein"][::-1], n[::-1], "nuclei"),
    }
    shapes = {name: circles(tissue.obsm["spatial"], n) for name in ("cells", "nuclei")}
    mdata = from_spatialdata(SpatialData(shapes=shapes, tables=tables))
    assert list(mdata.obs_names) == list(tissue.obs_names)
    np.testing.assert_array_equal(mdata["protein"].X.toarray(), tissue["protein"].X.toarray())
    assert "annotate different elements, so rows are matched by obs_names" in logged()[0]


def test_several_regions(tissue, annotating, circles):
    """Two sections whose spots bear the same names."""
    section = np.repeat(["a", "b"], [100, 125])
    instance = [f"BC{i}" for i in [*range(100), *range(125)]]
    tables = {}
    for name in ("rna", "protein"):
        tables[name] = annotating(tissue[name], instance, section, names=instance)
    coords = tissue.obsm["spatial"]
    shapes = {"a": circles(coords[:100], instance[:100]), "b": circles(coords[100:], instance[100:])}
    mdata = from_spatialdata(SpatialData(shapes=shapes, tables=tables))
    assert list(mdata.obs_names[[0, -1]]) == ["a_BC0", "b_BC124"]
    np.testing.assert_allclose(mdata.obsm["spatial"], coords)
    spamca.pp.neighbors(mdata, library_key="region")


def test_coordinates_of_the_table(tissue, annotating, circles):
    table = annotating(tissue["rna"], tissue.obs_names, keep_spatial=True)
    shapes = {"spots": circles(tissue.obsm["spatial"], tissue.obs_names, scaled=Scale([3, 3], axes=("x", "y")))}
    sdata = SpatialData(shapes=shapes, tables={"rna": table})
    np.testing.assert_array_equal(from_spatialdata(sdata).obsm["spatial"], tissue.obsm["spatial"])
    scaled = from_spatialdata(sdata, coordinate_system="scaled").obsm["spatial"]
    np.testing.assert_allclose(scaled, 3 * tissue.obsm["spatial"])
    np.testing.assert_array_equal(table.obsm["spatial"], tissue.obsm["spatial"])
    with pytest.raises(ValueError, match=r"coordinate_system='global' is not one of 'spots', which has \['scaled'\]"):
        from_spatialdata(sdata, coordinate_system="global")


def test_labels(tissue, annotating):
    pixels = np.arange(225, dtype=np.int32).reshape(15, 15) + 1
    table = annotating(tissue["rna"], range(1, 226), "cells")
    sdata = SpatialData(labels={"cells": Labels2DModel.parse(pixels, dims=("y", "x"))}, tables={"rna": table})
    coords = from_spatialdata(sdata).obsm["spatial"]
    row, column = np.divmod(np.arange(225), 15)
    np.testing.assert_allclose(coords, np.column_stack([column, row]) + 0.5)


def test_tables_that_annotate_nothing(tissue, two_tables, logged):
    plain = tissue["protein"].copy()
    sdata = SpatialData(shapes=dict(two_tables.shapes), tables={"rna": two_tables["rna"], "protein": plain})
    assert from_spatialdata(sdata).n_obs == 200
    assert any("['protein'] annotate no region, so rows are matched by obs_names" in line for line in logged())
    del plain.obsm["spatial"]
    assert "spatial" not in from_spatialdata(sdata, tables="protein").obsm
    assert any("no coordinates; set mdata.obsm['spatial']" in line for line in logged())


def test_not_spatialdata(tissue):
    with pytest.raises(
        TypeError, match="sdata must be a SpatialData, got MuData; read a file with spatialdata.read_zarr"
    ):
        from_spatialdata(tissue)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"join": "left"}, ValueError, "join must be one of"),
        ({"coordinate_system": 3}, TypeError, "coordinate_system must be a string"),
        (
            {"coordinate_system": "um"},
            ValueError,
            r"coordinate_system='um' is not one of 'spots', which has \['global'\]",
        ),
        ({"tables": 3}, TypeError, "tables must be names of tables, or a mapping of modalities to them, got 3"),
        ({"tables": []}, ValueError, r"no table: tables=\[\], and sdata has \['protein', 'rna'\]"),
        ({"tables": ["rna", "adt"]}, KeyError, "tables names 'adt', which is not a table of sdata; it has"),
        (
            {"tables": {"a": "rna", "b": "rna"}},
            ValueError,
            "names a table twice; pass its name alone to split it",
        ),
        ({"tables": {"a/b": "rna"}}, ValueError, "name of a modality must not be empty"),
    ],
)
def test_arguments(two_tables, options, error, match):
    two_tables = SpatialData(
        shapes=dict(two_tables.shapes), tables={name: two_tables[name] for name in ("protein", "rna")}
    )
    with pytest.raises(error, match=match):
        from_spatialdata(two_tables, **options)


def test_no_table(two_tables):
    with pytest.raises(ValueError, match="no table"):
        from_spatialdata(SpatialData(shapes=dict(two_tables.shapes)))


def test_element_missing(two_tables):
    tables = {name: two_tables[name] for name in ("rna", "protein")}
    with pytest.warns(UserWarning, match="annotating 'spots', which is not present"):
        sdata = SpatialData(tables=tables)
    with pytest.raises(KeyError, match="table 'rna' annotates 'spots', which is not in sdata"):
        from_spatialdata(sdata)


def test_instance_missing(two_tables, tissue):
    two_tables.shapes["spots"] = two_tables["spots"].iloc[:150]
    with pytest.raises(KeyError, match="annotates 50 instances that 'spots' does not have, e.g. 150"):
        from_spatialdata(two_tables)


def test_column_missing(two_tables):
    del two_tables["rna"].obs["instance_id"]
    with pytest.raises(KeyError, match=r"obs of 'rna' lacks \['instance_id'\], which uns\['spatialdata_attrs'\] names"):
        from_spatialdata(two_tables)
