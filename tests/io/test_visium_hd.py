"""Visium HD: bins of the size that is asked for, and segmented cells."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spamca.io import read


@pytest.fixture
def outs(folders, tissue, tmp_path):
    """Of Space Ranger 4: two sizes of bins, and cells."""
    path = tmp_path / "outs"
    folders.bins(path, tissue, 8)
    folders.bins(path, tissue[:100].copy(), 16)
    return folders.segmented(path, tissue[:200].copy())


@pytest.mark.parametrize(("bin_size", "n_obs"), [(None, 225), (8, 225), (16, 100), ("cells", 200)])
def test_one_is_chosen(bin_size, n_obs, outs, logged):
    mdata = read(outs) if bin_size is None else read(outs, bin_size=bin_size)
    assert mdata.n_obs == n_obs
    what = "cells" if bin_size == "cells" else f"bins of {bin_size or 8} µm"
    assert any(line.startswith(f"read: {what} of Visium HD, in ") for line in logged())


@pytest.mark.parametrize(
    ("inner", "n_obs"), [("binned_outputs", 225), ("binned_outputs/square_016um", 100), ("segmented_outputs", 200)]
)
def test_a_folder_within(inner, n_obs, outs):
    assert read(outs / inner).n_obs == n_obs


def test_cells_where_there_are_only_cells(folders, tissue, tmp_path):
    assert list(read(folders.segmented(tmp_path / "outs", tissue)).mod) == ["rna"]


def test_cells_lie_at_the_centres_of_their_polygons(outs, tissue):
    mdata = read(outs, bin_size="cells")
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue.obsm["spatial"][:200])
    np.testing.assert_allclose(mdata["rna"].obs["area"], 1)
    assert mdata.obs_names[0] == "cellid_000000001-1"
    assert "lowres" in next(iter(mdata.uns["spatial"].values()))["images"]


def test_a_size_that_is_not_there(outs):
    with pytest.raises(FileNotFoundError, match="bin_size=2 is not in .*, which has 8, 16, 'cells'"):
        read(outs, bin_size=2)


@pytest.mark.parametrize("content", ["{", '{"type": "FeatureCollection"}', '{"features": [{"geometry": null}]}'])
def test_broken_polygons(content, outs):
    (outs / "segmented_outputs" / "cell_segmentations.geojson").write_text(content)
    with pytest.raises(ValueError, match="cell_segmentations.geojson cannot be read as GeoJSON"):
        read(outs, bin_size="cells")


def test_cells_without_a_polygon_are_left_out(outs, logged):
    file = outs / "segmented_outputs" / "cell_segmentations.geojson"
    held = json.loads(file.read_text())
    held["features"] = held["features"][:-3]
    file.write_text(json.dumps(held))
    assert read(outs, bin_size="cells").n_obs == 197
    assert any("3 cells left out, which cell_segmentations.geojson does not have" in line for line in logged())
