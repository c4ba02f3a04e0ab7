"""Matrix, positions of spots and images in a folder of Space Ranger, and broken ones."""

from __future__ import annotations

import gzip

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import io, sparse

import spamca
from spamca.io import read_spaceranger
from spamca.io._spaceranger_files import find_matrix, read_matrix, read_positions


def test_file_before_folder(writers, run, outs):
    writers.write_mtx(run, outs / "filtered_feature_bc_matrix")
    assert find_matrix(outs, None, raw=False).name == "filtered_feature_bc_matrix.h5"


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds neither filtered_feature_bc_matrix.h5 nor .* but nothing$"):
        find_matrix(tmp_path, None, raw=False)


def test_one_folder_too_high(outs):
    with pytest.raises(FileNotFoundError, match=f"but outs/; pass {outs}$"):
        read_spaceranger(outs.parent)


def test_bins(outs):
    for name in ("square_008um", "square_016um"):
        (outs / "binned_outputs" / name).mkdir(parents=True)
    (outs / "filtered_feature_bc_matrix.h5").unlink()
    with pytest.raises(FileNotFoundError, match="bins of Visium HD, pass one of .*square_008um, .*square_016um$"):
        read_spaceranger(outs)


def test_many_files_are_not_all_told(tmp_path):
    for i in range(10):
        (tmp_path / f"file{i}").touch()
    with pytest.raises(FileNotFoundError, match=r"file7, \.\.\.$"):
        find_matrix(tmp_path, None, raw=False)


@pytest.mark.parametrize("size", [0, 100, 3000])
def test_cut_off_h5(outs, size):
    file = outs / "filtered_feature_bc_matrix.h5"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(
        ValueError, match="filtered_feature_bc_matrix.h5 cannot be read as a 10x matrix in HDF5 .*copy it again"
    ):
        read_spaceranger(outs)


def test_h5_of_something_else(outs):
    with h5py.File(outs / "filtered_feature_bc_matrix.h5", "w") as file:
        file["matrix/barcodes"] = np.array([b"a"])
    with pytest.raises(ValueError, match="filtered_feature_bc_matrix.h5 cannot be read as a 10x matrix in HDF5"):
        read_spaceranger(outs)


def test_folder_lacks_a_file(writers, run, tmp_path):
    path = writers.write_outs(run, tmp_path / "outs", matrix="mtx")
    (path / "filtered_feature_bc_matrix" / "features.tsv.gz").unlink()
    with pytest.raises(
        FileNotFoundError,
        match="filtered_feature_bc_matrix cannot be read as a folder with a 10x matrix in text form .*features.tsv.gz",
    ):
        read_spaceranger(path)


def test_broken_folder(writers, run, tmp_path):
    path = writers.write_outs(run, tmp_path / "outs", matrix="mtx")
    file = path / "filtered_feature_bc_matrix" / "matrix.mtx.gz"
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(
        ValueError, match="filtered_feature_bc_matrix cannot be read as a folder with a 10x matrix in text"
    ):
        read_spaceranger(path)


def test_features_and_matrix_differ(writers, run, tmp_path):
    path = writers.write_outs(run, tmp_path / "outs", matrix="mtx")
    with gzip.open(path / "filtered_feature_bc_matrix" / "barcodes.tsv.gz", "wt") as file:
        file.write("A-1\nB-1\n")
    with pytest.raises(ValueError, match="cannot be read as a folder with a 10x matrix"):
        read_spaceranger(path)


def test_barcode_twice(writers, run, outs):
    run.barcodes[1] = run.barcodes[0]
    writers.write_h5(run, outs / "filtered_feature_bc_matrix.h5")
    with pytest.raises(ValueError, match="matrix.h5 holds barcode 'BC000-1' more than once"):
        read_spaceranger(outs)


def test_before_there_were_types(run, tmp_path):
    io.mmwrite(tmp_path / "matrix.mtx", sparse.coo_matrix(run.counts.T))
    pd.DataFrame([run.ids, run.names]).T.to_csv(tmp_path / "genes.tsv", sep="\t", header=False, index=False)
    pd.Series(run.barcodes).to_csv(tmp_path / "barcodes.tsv", header=False, index=False)
    adata, attributes = read_matrix(tmp_path)
    assert set(adata.var["feature_types"]) == {"Gene Expression"}
    assert attributes == {}


@pytest.fixture
def barcodes(run):
    return pd.Index(run.barcodes)


def test_row_is_y(run, outs, barcodes):
    grid, coords = read_positions(outs / "spatial", barcodes)
    np.testing.assert_array_equal(coords[:, 0], 13.0 * grid["array_col"] + 7)
    np.testing.assert_array_equal(coords[:, 1], 10.0 * grid["array_row"] + 5)


@pytest.mark.parametrize("name", ["tissue_positions.csv", "tissue_positions_list.csv"])
@pytest.mark.parametrize("header", [True, False])
def test_header_is_seen_whatever_the_name(run, tmp_path, barcodes, name, header):
    run.positions.to_csv(tmp_path / name, header=header)
    np.testing.assert_array_equal(read_positions(tmp_path, barcodes)[1], run.coords)


def test_columns_in_another_order(run, tmp_path, barcodes):
    run.positions[run.positions.columns[::-1]].to_csv(tmp_path / "tissue_positions.csv")
    np.testing.assert_array_equal(read_positions(tmp_path, barcodes)[1], run.coords)


def test_barcodes_as_index_of_parquet(run, tmp_path, barcodes):
    run.positions.to_parquet(tmp_path / "tissue_positions.parquet")
    np.testing.assert_array_equal(read_positions(tmp_path, barcodes)[1], run.coords)


def test_barcodes_that_are_numbers(run, tmp_path, barcodes):
    run.positions.index = [i + 1000 for i in range(len(run.positions))]
    run.positions.to_csv(tmp_path / "tissue_positions_list.csv", header=False)
    assert list(read_positions(tmp_path, pd.Index(["1001", "1000"]))[0].index) == ["1001", "1000"]


def test_no_positions(tmp_path, barcodes):
    with pytest.raises(
        FileNotFoundError, match=f"no positions of spots: {tmp_path} holds none of tissue_positions.parquet"
    ):
        read_positions(tmp_path, barcodes)


def test_no_folder_of_images(tmp_path, barcodes):
    with pytest.raises(FileNotFoundError, match="spatial holds none of"):
        read_positions(tmp_path / "spatial", barcodes)


@pytest.mark.parametrize("name", ["tissue_positions.csv", "tissue_positions_list.csv", "tissue_positions.parquet"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage"])
def test_unreadable_positions(tmp_path, barcodes, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} (cannot be read as a table|lacks the columns)"):
        read_positions(tmp_path, barcodes)


def test_positions_cut_off(run, outs, barcodes):
    file = outs / "spatial" / "tissue_positions.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:100]) + "\n")
    with pytest.raises(
        ValueError, match="tissue_positions.csv lacks .* of the 144 barcodes of the matrix, e.g. 'BC.*cut off"
    ):
        read_positions(outs / "spatial", barcodes)
    file.write_text(lines[0] + "\n")
    with pytest.raises(ValueError, match="lacks 144 of the 144 barcodes of the matrix, e.g. 'BC000-1'; it is cut off"):
        read_positions(outs / "spatial", barcodes)


def test_column_missing(run, tmp_path, barcodes):
    run.positions.drop(columns="array_row").to_csv(tmp_path / "tissue_positions.csv")
    with pytest.raises(ValueError, match=r"lacks the columns array_row; it has \['barcode', 'in_tissue', 'array_col'"):
        read_positions(tmp_path, barcodes)
    run.positions.iloc[:, :3].to_csv(tmp_path / "tissue_positions.csv", header=False)
    with pytest.raises(ValueError, match=r"lacks the columns barcode, .*; it has \[0, 1, 2, 3\]"):
        read_positions(tmp_path, barcodes)


def test_position_twice(run, tmp_path, barcodes):
    pd.concat([run.positions, run.positions.loc[["BC005-1"]]]).to_csv(tmp_path / "tissue_positions.csv")
    with pytest.raises(ValueError, match="tissue_positions.csv holds barcode 'BC005-1' more than once"):
        read_positions(tmp_path, barcodes)


@pytest.mark.parametrize("value", ["left", "", "inf"])
def test_not_a_number(run, tmp_path, barcodes, value):
    table = run.positions.astype(object)
    table.loc["BC007-1", "pxl_row_in_fullres"] = value
    table.to_csv(tmp_path / "tissue_positions.csv", index_label="barcode")
    with pytest.raises(ValueError, match="must hold numbers, pxl_row_in_fullres of 'BC007-1' is"):
        read_positions(tmp_path, barcodes)


@pytest.mark.parametrize("there", [("hires",), ("lowres",), ()])
def test_some_images(writers, run, tmp_path, there, logged):
    path = writers.write_outs(run, tmp_path / "outs", images=there)
    mdata = read_spaceranger(path)
    record = mdata.uns["spatial"]["V10-A1"]
    assert set(record["images"]) == set(there)
    assert record["scalefactors"]["tissue_hires_scalef"] == 0.5
    assert any("holds no tissue_hires_image.png" in line for line in logged()) == (not there)


def test_not_asked_for(outs):
    record = read_spaceranger(outs, images=False).uns["spatial"]["V10-A1"]
    assert record["images"] == {}
    assert record["scalefactors"]["spot_diameter_fullres"] == 8


def test_no_scalefactors(outs, logged):
    (outs / "spatial" / "scalefactors_json.json").unlink()
    mdata = read_spaceranger(outs)
    assert "spatial" not in mdata.uns
    assert "spatial" not in mdata["rna"].uns
    assert "scalefactors_json.json is missing, so images and sizes of spots are left out" in logged()[0]
    spamca.pp.neighbors(mdata)


@pytest.mark.parametrize("content", [b"", b'{"tissue_hires_scalef": 0.', b"\xff\xfe"])
def test_broken_scalefactors(outs, content):
    (outs / "spatial" / "scalefactors_json.json").write_bytes(content)
    with pytest.raises(ValueError, match="scalefactors_json.json cannot be read as JSON"):
        read_spaceranger(outs)


def test_scalefactors_without_names(outs):
    (outs / "spatial" / "scalefactors_json.json").write_text("[0.5]")
    with pytest.raises(ValueError, match=r"scalefactors_json.json must hold scale factors by name.*got \[0.5\]"):
        read_spaceranger(outs)


@pytest.mark.parametrize("size", [0, 10, 400])
def test_broken_image(outs, size):
    file = outs / "spatial" / "tissue_hires_image.png"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ValueError, match="tissue_hires_image.png cannot be read as an image .* or pass images=False"):
        read_spaceranger(outs)
    assert read_spaceranger(outs, images=False).n_obs == 144


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "1", "LA", "I;16"])
def test_kinds_of_pixels(outs, mode):
    whole = Image.fromarray(np.full((60, 80), 200, dtype=np.uint8))
    image = Image.fromarray(np.full((60, 80), 200 * 256, dtype=np.uint16)) if mode == "I;16" else whole.convert(mode)
    image.save(outs / "spatial" / "tissue_hires_image.png")
    pixels = read_spaceranger(outs).uns["spatial"]["V10-A1"]["images"]["hires"]
    assert pixels.dtype == np.uint8
    assert pixels.shape[:2] == (60, 80)
    assert pixels.max() == {"1": 255, "RGBA": 255}.get(mode, 200)


def test_gray_image(outs):
    gray = np.arange(4800, dtype=np.uint8).reshape(60, 80)
    Image.fromarray(gray).save(outs / "spatial" / "tissue_hires_image.png")
    np.testing.assert_array_equal(read_spaceranger(outs).uns["spatial"]["V10-A1"]["images"]["hires"], gray)
