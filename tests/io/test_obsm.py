"""Features in ``obsm`` as a modality of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import spamca


@pytest.fixture
def tables(tissue):
    rng = np.random.default_rng(0)
    rna, protein = tissue["rna"][:200].copy(), tissue["protein"][rng.permutation(225)].copy()
    protein.obsm["X_image"] = rng.normal(size=(225, 7))
    return {"rna": rna, "protein": protein}


def test_rows_follow_their_table(tables):
    mdata = spamca.io.from_anndata(tables, obsm={"image": "X_image"})
    assert list(mdata.mod) == ["rna", "protein", "image"]
    assert mdata.n_obs == 200
    expected = pd.DataFrame(tables["protein"].obsm["X_image"], tables["protein"].obs_names)
    np.testing.assert_allclose(mdata["image"].X, expected.loc[mdata["image"].obs_names], rtol=1e-6)
    assert mdata["image"].var_names[6] == "X_image_6"
    assert "X_image" in tables["protein"].obsm
    spamca.pp.neighbors(mdata)
    assert mdata["image"].uns["spamca"]["kind"] == "image"


def test_spots_without_it(tables):
    mdata = spamca.io.from_anndata(tables, obsm={"image": "X_image"}, join="outer")
    assert mdata["rna"].n_obs == 200
    assert mdata["image"].n_obs == 225


@pytest.mark.parametrize("form", [sparse.csr_matrix, lambda x: pd.DataFrame(x, columns=list("abcdefg"))])
def test_forms(tables, form):
    values = tables["protein"].obsm["X_image"]
    made = form(values)
    if isinstance(made, pd.DataFrame):
        made.index = tables["protein"].obs_names
    tables["protein"].obsm["X_image"] = made
    image = spamca.io.from_anndata({"protein": tables["protein"]}, obsm={"histology": "X_image"})["histology"]
    found = image.X.toarray() if sparse.issparse(image.X) else image.X
    np.testing.assert_allclose(found, values, rtol=1e-6)
    assert (image.var_names[0] == "a") == isinstance(made, pd.DataFrame)


@pytest.mark.parametrize(
    ("obsm", "error", "message"),
    [
        ("X_image", TypeError, "obsm must be a mapping"),
        ({"image": 3}, TypeError, r"obsm\['image'\] must be a string"),
        ({"image": "X_none"}, KeyError, "X_none"),
        ({"rna": "X_image"}, ValueError, "'rna', which is a table already"),
        ({"a/b": "X_image"}, ValueError, "a/b"),
    ],
)
def test_refuses(tables, obsm, error, message):
    with pytest.raises(error, match=message):
        spamca.io.from_anndata(tables, obsm=obsm)


def test_refuses_what_is_no_matrix(tables):
    tables["protein"].obsm["X_image"] = np.zeros((225, 2, 2))
    with pytest.raises(ValueError, match=r"matrix of numbers, got shape \(225, 2, 2\)"):
        spamca.io.from_anndata(tables, obsm={"image": "X_image"})
