"""Finding and reading the matrix."""

from __future__ import annotations

import gzip

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

from spamca.io import read_spaceranger
from spamca.io._matrix import find_matrix, read_matrix


def test_file_before_folder(writers, run, outs):
    writers.write_mtx(run, outs / "filtered_feature_bc_matrix")
    assert find_matrix(outs, None, raw=False).name == "filtered_feature_bc_matrix.h5"


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds neither filtered_feature_bc_matrix.h5 nor .* but nothing$"):
        find_matrix(tmp_path, None, raw=False)


def test_one_folder_too_high(outs):
    with pytest.raises(FileNotFoundError, match=f"but outs; pass {outs}$"):
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
        ValueError, match="filtered_feature_bc_matrix.h5 cannot be read as a 10x matrix in HDF5 .*copy it anew"
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
        FileNotFoundError, match="filtered_feature_bc_matrix lacks features.tsv.gz; a matrix in text form is"
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
