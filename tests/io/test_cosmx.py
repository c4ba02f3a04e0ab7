"""Flat files of CosMx: both releases, both assays, cells of several fields of view in one frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from spamca.io import read


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
@pytest.mark.parametrize("placed", [True, False])
def test_cells_lie_in_the_slide(ending, placed, folders, tissue, tmp_path):
    mdata = read(folders.cosmx(tmp_path / "run", tissue, modalities=["rna"], ending=ending, placed=placed))
    assert list(mdata.mod) == ["rna"]
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue.obsm["spatial"], atol=1e-9)
    assert list(mdata["rna"].obs["fov"].cat.categories) == ["1", "2"]
    assert "Mean.CD298_B2M" in mdata["rna"].obs
    assert mdata.obs_names[0] in ("1_1", "2_1")
    assert ("cell_id" in mdata["rna"].obs) == (ending == ".csv.gz")


@pytest.mark.parametrize("layout", ["files", "folders"])
def test_genes_and_proteins_of_one_run(layout, folders, tissue, tmp_path):
    path = folders.cosmx(tmp_path / "run", tissue, layout=layout)
    mdata = read(path)
    assert list(mdata.mod) == ["rna", "protein"]
    assert mdata.n_obs == 225
    assert (mdata["rna"].var["feature_types"] == "Gene Expression").all()
    assert (mdata["protein"].var["feature_types"] == "Protein Expression").all()


def test_proteins_alone(folders, tissue, tmp_path):
    mdata = read(folders.cosmx(tmp_path / "run", tissue, modalities=["protein"]))
    assert list(mdata.mod) == ["protein"]
    assert mdata["protein"].var["control"].sum() == 2


def test_two_slides_are_refused(folders, tissue, tmp_path):
    path = folders.cosmx(tmp_path / "run", tissue, modalities=["rna"], slide="S1")
    folders.cosmx(path, tissue, modalities=["rna"], slide="S2")
    with pytest.raises(
        ValueError, match="holds two slides, S1_exprMat_file.csv.gz and S2_exprMat_file.csv.gz, both with 'rna'"
    ):
        read(path)


@pytest.mark.parametrize(
    ("what", "columns", "message"),
    [
        ("exprMat", ["cell_ID"], "exprMat_file.csv lacks the columns cell_ID"),
        ("metadata", ["fov"], "metadata_file.csv lacks the columns fov"),
        (
            "metadata",
            ["CenterX_global_px", "CenterX_local_px"],
            "no place of cells in the slide: .* lacks CenterX_local_px",
        ),
    ],
)
def test_columns_that_are_missing(what, columns, message, folders, tissue, tmp_path):
    path = folders.cosmx(tmp_path / "run", tissue, modalities=["rna"], ending=".csv")
    file = path / f"S1_{what}_file.csv"
    pd.read_csv(file).drop(columns=columns).to_csv(file, index=False)
    with pytest.raises(ValueError, match=message):
        read(path)


def test_large_tables_are_read_in_parts(folders, tissue, tmp_path, monkeypatch):
    path = folders.cosmx(tmp_path / "run", tissue, modalities=["rna"])
    whole = read(path)
    monkeypatch.setattr("spamca.io._platform_files.VALUES", 440)
    parts = read(path)
    assert (whole["rna"].X != parts["rna"].X).nnz == 0
    assert list(whole.obs_names) == list(parts.obs_names)
