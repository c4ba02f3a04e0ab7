"""Images as elements of a SpatialData."""

from __future__ import annotations

import numpy as np
import pytest
import spatialdata

from spamca.io import read_spaceranger, to_spatialdata
from spamca.io._sections import image_elements, section

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*autosharding:UserWarning"
)


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
    assert set(section(tissue)[1]) == {"images", "scalefactors"}


def test_table_name_is_taken(outs):
    with pytest.raises(ValueError, match="table_name='V10-A1_hires_image' is the name of an image"):
        to_spatialdata(read_spaceranger(outs), table_name="V10-A1_hires_image")
