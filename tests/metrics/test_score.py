from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spamca


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=150, n_domains=3, n_features=5)
    mdata.obs["spamca"] = mdata.obs["label"].cat.rename_categories({"domain 1": "0", "domain 2": "1", "domain 3": "2"})
    mdata.obs["strewn"] = np.random.default_rng(0).permutation(mdata.obs["label"].astype(str))
    mdata.obsm["X_spamca"] = pd.get_dummies(mdata.obs["label"]).to_numpy(dtype=np.float32)
    return mdata


def test_one_row_for_each_key(mdata):
    table = spamca.metrics.score(mdata, key=["spamca", "strewn"], label_key="label")
    assert list(table.index) == ["spamca", "strewn"]
    assert table.loc["spamca", ["ARI", "purity", "silhouette"]].tolist() == pytest.approx([1, 1, 1])
    assert table.loc["strewn", "ARI"] < 0.1
    assert np.isnan(table.loc["strewn", "silhouette"])
    assert table.loc["strewn", "PAS"] > table.loc["spamca", "PAS"]


def test_agreement_needs_a_label_key_only(mdata):
    table = spamca.metrics.score(mdata)
    assert list(table) == ["silhouette", "Moran's I", "PAS", "CHAOS"]
    assert list(table.index) == ["spamca"]


def test_one_embedding_for_all(mdata):
    table = spamca.metrics.score(mdata, key=["spamca", "strewn"], use_rep="X_spamca")
    assert table["silhouette"].notna().all()


def test_sections(mdata):
    mdata.obs["section"] = pd.Categorical(np.where(np.arange(150) < 75, "a", "b"))
    apart = spamca.metrics.score(mdata, library_key="section")
    assert apart.loc["spamca", "CHAOS"] != spamca.metrics.score(mdata).loc["spamca", "CHAOS"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key": "absent"}, r"key='absent' is not in mdata.obs.*run spamca.tl.cluster"),
        ({"label_key": "absent"}, r"label_key='absent' is not in mdata.obs"),
        ({"library_key": "absent"}, r"library_key='absent' is not a column"),
        ({"use_rep": "absent"}, r"use_rep='absent' is not in mdata.obsm.*run spamca.tl.integrate"),
    ],
)
def test_what_is_absent_is_named(mdata, arguments, message):
    with pytest.raises(KeyError, match=message):
        spamca.metrics.score(mdata, **arguments)
