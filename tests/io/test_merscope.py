"""Folders of MERSCOPE: numbers of cells are kept to the last digit, blanks are controls."""

from __future__ import annotations

import pandas as pd
import pytest

from spamca.io import read


def test_cells_keep_their_numbers(folders, tissue, tmp_path):
    mdata = read(folders.merscope(tmp_path / "region_0", tissue))
    assert mdata.obs_names[1] == "1112567100000000002"
    assert list(mdata["rna"].var_names[mdata["rna"].var["control"]]) == ["Blank-1", "Blank-50"]
    assert (mdata["rna"].obs["volume"] == 500).all()


def test_metadata_without_a_name_for_the_cells(folders, tissue, tmp_path):
    path = folders.merscope(tmp_path / "region_0", tissue)
    for name in ("cell_by_gene.csv", "cell_metadata.csv"):
        table = pd.read_csv(path / name, index_col=0, dtype={0: str})
        table.rename_axis(None).to_csv(path / name)
    assert read(path).obs_names[0] == "1112567100000000001"


def test_broken(folders, tissue, tmp_path):
    path = folders.merscope(tmp_path / "region_0", tissue)
    table = pd.read_csv(path / "cell_by_gene.csv", dtype={"cell": str})
    table.drop(columns="cell").to_csv(path / "cell_by_gene.csv", index=False)
    with pytest.raises(ValueError, match="must name the cells in its first column"):
        read(path)
    table[["cell"]].to_csv(path / "cell_by_gene.csv", index=False)
    with pytest.raises(ValueError, match="a row for each cell and a column for each feature"):
        read(path)
    table.replace(0, "x").to_csv(path / "cell_by_gene.csv", index=False)
    with pytest.raises(ValueError, match="cell_by_gene.csv cannot be read as a table"):
        read(path)
    (path / "cell_metadata.csv").unlink()
    with pytest.raises(FileNotFoundError, match="holds none of cell_metadata.csv"):
        read(path)
