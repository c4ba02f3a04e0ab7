"""Places of spots, and broken files of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from spamca.io._positions import read_positions


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


def test_none(tmp_path, barcodes):
    with pytest.raises(
        FileNotFoundError, match=f"no positions of spots: {tmp_path} holds none of tissue_positions.parquet"
    ):
        read_positions(tmp_path, barcodes)


def test_no_folder_of_images(tmp_path, barcodes):
    with pytest.raises(FileNotFoundError, match="spatial holds none of"):
        read_positions(tmp_path / "spatial", barcodes)


@pytest.mark.parametrize("name", ["tissue_positions.csv", "tissue_positions_list.csv", "tissue_positions.parquet"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage"])
def test_unreadable(tmp_path, barcodes, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} (cannot be read as a table|lacks the columns)"):
        read_positions(tmp_path, barcodes)


def test_cut_off(run, outs, barcodes):
    file = outs / "spatial" / "tissue_positions.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:100]) + "\n")
    with pytest.raises(
        ValueError, match="tissue_positions.csv has only .* of the 144 barcodes of the matrix, not 'BC.*cut off"
    ):
        read_positions(outs / "spatial", barcodes)
    file.write_text(lines[0] + "\n")
    with pytest.raises(ValueError, match="has none of the 144 barcodes of the matrix, not 'BC000-1'; it is cut off"):
        read_positions(outs / "spatial", barcodes)


def test_column_missing(run, tmp_path, barcodes):
    run.positions.drop(columns="array_row").to_csv(tmp_path / "tissue_positions.csv")
    with pytest.raises(
        ValueError, match="lacks the columns array_row; it has 5 columns, barcode, in_tissue, array_col"
    ):
        read_positions(tmp_path, barcodes)
    run.positions.iloc[:, :3].to_csv(tmp_path / "tissue_positions.csv", header=False)
    with pytest.raises(ValueError, match="lacks the columns barcode, .*; it has 4 columns"):
        read_positions(tmp_path, barcodes)


def test_barcode_twice(run, tmp_path, barcodes):
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
