"""Tables with results, images and circles of a SpatialData."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import spatialdata
from anndata import AnnData
from scipy import sparse

from spamca.io import read_spaceranger, to_spatialdata
from spamca.io._spatialdata_parts import add_results, circles, image_elements

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*autosharding:UserWarning"
)

ROW = np.array([2, -1, 0])


@pytest.fixture
def table():
    return AnnData(np.ones((3, 1)), obs=pd.DataFrame({"n": [3, 9, 1], "old": [0, 0, 0]}, index=["c", "x", "a"]))


@pytest.fixture
def holder():
    obs = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "old": [4, 5, 6],
            "flag": [True, False, False],
            "domain": pd.Categorical(["u", "v", "v"]),
            "text": ["k", "l", "m"],
        },
        index=["a", "b", "c"],
    )
    obsm = {
        "ints": np.arange(6).reshape(3, 2),
        "floats": np.arange(6, dtype=np.float32).reshape(3, 2),
        "frame": pd.DataFrame({"p": [0.1, 0.2, 0.3]}, index=obs.index),
        "sparse": sparse.identity(3, format="csr"),
    }
    return AnnData(np.ones((3, 1)), obs=obs, obsm=obsm, obsp={"g": sparse.csr_matrix(np.arange(9.0).reshape(3, 3))})


def test_columns(table, holder, tmp_path):
    add_results(table, holder, ROW)
    assert list(table.obs["n"]) == [3, 9, 1]
    np.testing.assert_array_equal(table.obs["old"], [6, np.nan, 4])
    assert table.obs["flag"].tolist() == [False, pd.NA, True]
    assert table.obs["domain"].tolist() == ["v", np.nan, "u"]
    assert list(table.obs["domain"].cat.categories) == ["u", "v"]
    assert table.obs["text"].tolist() == ["m", np.nan, "k"]
    table.write_h5ad(tmp_path / "table.h5ad")


def test_matrices(table, holder):
    add_results(table, holder, ROW)
    np.testing.assert_array_equal(table.obsm["ints"], [[4, 5], [np.nan, np.nan], [0, 1]])
    assert table.obsm["floats"].dtype == np.float32
    np.testing.assert_array_equal(table.obsm["frame"]["p"], [0.3, np.nan, 0.1])
    assert "sparse" not in table.obsm
    assert "g" not in table.obsp


def test_all_rows(table, holder):
    row = np.array([2, 1, 0])
    add_results(table, holder, row)
    np.testing.assert_array_equal(table.obsm["ints"], holder.obsm["ints"][row])
    assert table.obsm["ints"].dtype == holder.obsm["ints"].dtype
    np.testing.assert_array_equal(table.obsp["g"].toarray(), holder.obsp["g"].toarray()[row][:, row])
    assert table.obs["flag"].dtype == bool


def test_other_shape_replaces(table, holder):
    table.obsm["ints"] = np.ones((3, 5))
    add_results(table, holder, ROW)
    assert table.obsm["ints"].shape == (3, 2)


def test_one_of_several_modalities_has_its_name_in_front(table, holder):
    table.obsm["floats"] = np.array([[4, 5], [7, 7], [0, 1.0]])
    holder.uns["a"] = 1
    add_results(table, holder, ROW, part="rna")
    assert {"rna_old", "rna_flag", "rna_domain", "rna_text", "n", "old"} == set(table.obs)
    assert {"floats", "rna_ints", "rna_frame"} == set(table.obsm)
    assert set(table.uns) == {"rna_a", "spatialdata"}
    assert list(table.uns["spatialdata"]["parts"]["rna"]["obsm"]) == ["ints", "frame"]


def test_uns_is_a_copy(table, holder):
    holder.uns["a"] = {"b": [1]}
    add_results(table, holder, ROW)
    table.uns["a"]["b"] = 2
    assert holder.uns["a"]["b"] == [1]


def test_images_lie_where_the_spots_do(outs, tmp_path):
    mdata = read_spaceranger(outs)
    to_spatialdata(mdata).write(tmp_path / "tissue.zarr")
    sdata = spatialdata.read_zarr(tmp_path / "tissue.zarr")
    assert sorted(sdata.images) == ["V10-A1_hires_image", "V10-A1_lowres_image"]
    pixels = mdata.uns["spatial"]["V10-A1"]["images"]["hires"]
    np.testing.assert_array_equal(sdata["V10-A1_hires_image"].transpose("y", "x", "c"), pixels)
    extent = spatialdata.get_extent(sdata["V10-A1_hires_image"])
    np.testing.assert_allclose([extent["x"], extent["y"]], [(0, 160), (0, 120)])


def test_gray_image_and_name(tissue):
    tissue["protein"].uns["spatial"] = {
        "slide 1/A": {"images": {"lowres": np.ones((4, 6))}, "scalefactors": {"tissue_lowres_scalef": 0.5}}
    }
    elements = image_elements(tissue)
    assert list(elements) == ["slide_1_A_lowres_image"]
    assert elements["slide_1_A_lowres_image"].shape == (1, 4, 6)


@pytest.mark.parametrize(
    "record",
    [
        None,
        3,
        {},
        {"a": {}, "b": {}},
        {"a": 3},
        {"a": {"images": {"hires": np.ones((4, 6, 3))}}},
        {"a": {"images": None, "scalefactors": {"tissue_hires_scalef": 0.5}}},
    ],
)
def test_none(tissue, record):
    if record is not None:
        tissue.uns["spatial"] = record
    assert image_elements(tissue) == {}


def test_table_name_is_taken(outs):
    with pytest.raises(ValueError, match="table_name='V10-A1_hires_image' is the name of an image"):
        to_spatialdata(read_spaceranger(outs), table_name="V10-A1_hires_image")


def radius_of(tissue, coords):
    (radius,) = circles(tissue, coords)["radius"].unique()
    return radius


def test_circles(tissue):
    shapes = circles(tissue, tissue.obsm["spatial"])
    assert list(shapes.index) == list(tissue.obs_names)
    assert shapes["radius"].unique() == pytest.approx([0.5], abs=0.1)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"a": {"scalefactors": {}}, "b": {}},
        {"a": {"images": {}}},
        {"a": 3},
        3,
    ],
)
def test_radius_by_distance(tissue, record):
    tissue = tissue[:5].copy()
    tissue.uns["spatial"] = record
    coords = np.array([[0, 0], [0, 4], [0, 8], [0, 8], [4, 0]])
    assert radius_of(tissue, coords) == 2


def test_radius_as_noted(tissue):
    tissue.uns["spatial"] = {"a": {"scalefactors": {"spot_diameter_fullres": 30}}}
    assert radius_of(tissue, tissue.obsm["spatial"]) == 15


def test_all_on_one_point(tissue):
    tissue = tissue[:4].copy()
    assert radius_of(tissue, np.ones((4, 2))) == 0.5
