"""Features of ``obsm`` in every form that users have them in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import spamca
from spamca.tissue import read

FORMS = {
    "csr": sparse.csr_matrix,
    "csc": sparse.csc_matrix,
    "csr array": sparse.csr_array,
    "csc array": sparse.csc_array,
    "data frame": lambda X: pd.DataFrame(X).add_prefix("c"),
    "nullable": lambda X: pd.DataFrame(X).add_prefix("c").astype("Float64"),
    "float16": lambda X: X.astype(np.float16),
    "integer": lambda X: X.astype(np.int64),
    "unsigned": lambda X: X.astype(np.uint8),
    "boolean": lambda X: X > 3,
    "sparse boolean": lambda X: sparse.csr_matrix(X > 3),
    "sparse integer": lambda X: sparse.csr_matrix(X.astype(np.int32)),
    "one column": lambda X: sparse.csr_matrix(X[:, :1]),
    "wide": lambda X: sparse.csr_matrix(np.tile(X, 40)),
    "Fortran order": np.asfortranarray,
}


@pytest.fixture
def mdata():
    return spamca.datasets.simulated(n_spots=64, n_domains=2, n_features=6)


def values_of(modality) -> np.ndarray:
    return np.floor(modality.X.toarray() % 8)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["rna", "protein"])
def test_features_in_any_form_are_read_as_numbers(mdata, form, name):
    X = values_of(mdata[name])
    mdata[name].obsm["own"] = FORMS[form](
        pd.DataFrame(X, mdata[name].obs_names) if form in ("data frame", "nullable") else X
    )
    spamca.pp.neighbors(mdata, use_rep={name: "own"})
    found = read(mdata).features[list(mdata.mod).index(name)]
    expected = {"boolean": X > 3, "sparse boolean": X > 3, "one column": X[:, :1], "wide": np.tile(X, 40)}.get(form, X)
    assert found.dtype in (np.float32, np.float64)
    assert found.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (lambda X: sparse.csr_matrix(np.where(X.max() == X, np.nan, X)), "finite numbers"),
        (lambda X: np.where(X.max() == X, np.inf, X), "finite numbers"),
        (lambda X: pd.DataFrame(X).add_prefix("c").astype("Int64").where(X.max() > X), "finite numbers"),
        (lambda X: pd.DataFrame({"word": ["a"] * len(X)}), "finite numbers"),
        (lambda X: X + 1j, "finite numbers"),
        (lambda X: X[:, :0], r"got shape \(64, 0\)"),
        (lambda X: sparse.csr_matrix(X[:, :0]), r"got shape \(64, 0\)"),
    ],
    ids=["sparse NaN", "infinity", "nullable missing", "words", "complex", "no column", "sparse, no column"],
)
def test_what_is_no_matrix_of_numbers_is_refused_by_its_name(mdata, values, said):
    found = values(values_of(mdata["rna"]))
    if isinstance(found, pd.DataFrame):
        found.index = mdata["rna"].obs_names
    mdata["rna"].obsm["own"] = found
    with pytest.raises(ValueError, match=rf"mdata\['rna'\].obsm\['own'\] must be .*{said}"):
        spamca.pp.neighbors(mdata, use_rep={"rna": "own"})


def test_domains_of_sparse_features_are_those_of_the_same_dense(mdata):
    found = []
    for form in (np.asarray, sparse.csr_matrix):
        one = mdata.copy()
        for modality in one.mod.values():
            modality.obsm["own"] = form(np.log1p(modality.X.toarray()))
        spamca.pp.neighbors(one, use_rep="own")
        spamca.tl.integrate(one, n_clusters=2)
        found.append(one)
    assert (found[0].obs["spamca"] == found[1].obs["spamca"]).all()
    np.testing.assert_array_equal(found[0].obsm["X_spamca"], found[1].obsm["X_spamca"])
    found[1].obsm["own"] = sparse.csr_matrix(found[1].obsm["X_spamca"])
    assert spamca.metrics.score(found[1], use_rep="own").equals(spamca.metrics.score(found[1]))
    spamca.tl.cluster(found[1], n_clusters=2, use_rep="own", key_added="own")
