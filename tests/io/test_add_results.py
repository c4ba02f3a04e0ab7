"""Results laid out over other rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from spamca.io._add_results import add_results

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


def test_prefix(table, holder):
    table.obsm["floats"] = np.array([[4, 5], [7, 7], [0, 1.0]])
    holder.uns["a"] = 1
    add_results(table, holder, ROW, prefix="rna_")
    assert {"rna_old", "rna_flag", "rna_domain", "rna_text", "n", "old"} == set(table.obs)
    assert {"floats", "rna_ints", "rna_frame"} == set(table.obsm)
    assert "a" not in table.uns


def test_uns_is_a_copy(table, holder):
    holder.uns["a"] = {"b": [1]}
    add_results(table, holder, ROW)
    table.uns["a"]["b"] = 2
    assert holder.uns["a"]["b"] == [1]
