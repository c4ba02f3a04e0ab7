"""Folders of Xenium in the forms of its versions, and broken ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from spamca.io import read


@pytest.mark.parametrize("cells", ["csv", "bytes"])
def test_cells_in_each_form(cells, folders, tissue, tmp_path):
    mdata = read(folders.xenium(tmp_path / "run", tissue, protein=False, cells=cells))
    assert list(mdata.mod) == ["rna"]
    assert mdata.obs_names[0] == "aaaa0000-1"
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue.obsm["spatial"])
    obs = mdata["rna"].obs
    assert obs["segmentation_method"].dtype == "category"
    assert obs["nucleus_area"].isna().all()
    assert "x_centroid" not in obs


def test_proteins_are_values_and_no_counts(folders, tissue, tmp_path):
    protein = read(folders.xenium(tmp_path / "run", tissue))["protein"]
    assert (np.asarray(protein.X.todense()) % 1 == 0.5).any()
    assert set(protein.var["feature_types"]) == {"Protein Expression"}


def test_cells_that_have_no_place_are_left_out(folders, tissue, tmp_path, logged):
    path = folders.xenium(tmp_path / "run", tissue, protein=False)
    pd.read_parquet(path / "cells.parquet").query("cell_id != 'aaaa0007-1'").to_parquet(path / "cells.parquet")
    assert read(path).n_obs == 224
    assert "read: 1 cells left out, which cells.parquet does not have, e.g. 'aaaa0007-1'" in logged()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cells: cells.drop(columns="cell_id"), "lacks the columns cell_id"),
        (lambda cells: cells.drop(columns="x_centroid"), "lacks the columns x_centroid"),
        (
            lambda cells: cells.assign(cell_id=cells["cell_id"].str.upper()),
            "no cell of the matrix is in .*of different runs",
        ),
        (lambda cells: pd.concat([cells, cells[:1]]), "holds cell 'aaaa.*' more than once"),
        (lambda cells: cells.assign(y_centroid=np.nan), "must hold numbers, y_centroid of 'aaaa0000-1' is nan"),
    ],
)
def test_broken_cells(change, message, folders, tissue, tmp_path):
    path = folders.xenium(tmp_path / "run", tissue, protein=False)
    change(pd.read_parquet(path / "cells.parquet")).to_parquet(path / "cells.parquet")
    with pytest.raises(ValueError, match=message):
        read(path)


def test_files_that_are_missing(folders, tissue, tmp_path):
    path = folders.xenium(tmp_path / "run", tissue, protein=False)
    (path / "cells.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="holds none of cells.parquet, cells.csv.gz"):
        read(path)
    (path / "cells.parquet").write_bytes(b"no table")
    with pytest.raises(ValueError, match="cells.parquet cannot be read as a table"):
        read(path)
