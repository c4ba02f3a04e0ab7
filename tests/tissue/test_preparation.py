from __future__ import annotations

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from mudata import MuData
from scipy import sparse

from spamca.features import unexplained
from spamca.tissue import feature_names, preparation_of, read, usual_unexplained


def reach_of(mdata, quantile=0.99):
    return usual_unexplained(mdata, read(mdata), quantile)


def test_preparation_is_that_of_the_modality(integrated):
    rna = integrated["rna"]
    fitted, used = preparation_of(rna)
    assert used.all()
    np.testing.assert_array_equal(fitted.loadings, rna.varm["PCs"])
    np.testing.assert_array_equal(fitted.columns["mean"], rna.varm["spamca_preparation"]["mean"])
    assert fitted.constants["depth"] > 0
    rna.uns["spamca"]["kind"] = "given"
    assert preparation_of(rna) is None


def test_reach_is_the_quantile(integrated):
    from spamca.features import KINDS

    fitted, _ = preparation_of(integrated["rna"])
    treated, known = KINDS["rna"].treat(integrated["rna"].X, np.arange(40), fitted)
    shared = unexplained(treated, known, known.scores(treated), integrated.obsp["spatial_connectivities"])
    found = reach_of(integrated)
    assert found["rna"] == pytest.approx(np.quantile(shared, 0.99))
    assert found == integrated.uns["spamca"]["unexplained"]


@pytest.mark.parametrize("backed", [False, True])
def test_reach_of_large_tissue_is_that_of_a_sample(integrated, monkeypatch, backed):
    whole = reach_of(integrated, 0.9)
    rng = np.random.default_rng(0)
    shuffled = integrated["protein"][
        rng.permutation(integrated.n_obs)[:-9]
    ].copy()  # in another order, and some are missing
    mdata = MuData({"rna": integrated["rna"], "protein": shuffled})
    mdata.obsp["spatial_connectivities"] = integrated.obsp["spatial_connectivities"]
    monkeypatch.setattr("spamca.tissue.preparation.LOOKED_AT", integrated.n_obs - 10)
    if backed:
        mdata["rna"].X = da.from_array(mdata["rna"].X.toarray(), chunks=(50, -1)).map_blocks(sparse.csr_matrix)
    assert reach_of(mdata, 0.9) == pytest.approx(whole, rel=0.1)


def test_reach_is_left_out_where_the_matrix_is_another(integrated):
    integrated["rna"].X = integrated["rna"].X.log1p()
    integrated["protein"].X = integrated["protein"].X.toarray() * 2 + 1
    assert reach_of(integrated) == {}
    integrated["rna"].X = None
    integrated["protein"].uns["spamca"]["kind"] = "given"
    assert reach_of(integrated) == {}


def test_names_that_repeat_are_made_unique(integrated):
    assert feature_names(integrated["rna"]).equals(integrated["rna"].var_names)
    integrated["rna"].var_names = pd.Index(["a"] * 40)
    names = feature_names(integrated["rna"])
    assert names.is_unique
    assert names[0] == "a"
