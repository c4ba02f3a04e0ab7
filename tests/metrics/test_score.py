from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import spamca


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=150, n_domains=3, n_features=5)
    mdata.obs["spamca"] = mdata.obs["label"].cat.rename_categories({"domain 1": "0", "domain 2": "1", "domain 3": "2"})
    mdata.obs["shuffled"] = np.random.default_rng(0).permutation(mdata.obs["label"].astype(str))
    mdata.obsm["X_spamca"] = pd.get_dummies(mdata.obs["label"]).to_numpy(dtype=np.float32)
    return mdata


def test_one_row_for_each_key(mdata):
    table = spamca.metrics.score(mdata, key=["spamca", "shuffled"], label_key="label")
    assert list(table.index) == ["spamca", "shuffled"]
    assert table.loc["spamca", ["ARI", "purity", "silhouette"]].tolist() == pytest.approx([1, 1, 1])
    assert table.loc["shuffled", "ARI"] < 0.1
    assert np.isnan(table.loc["shuffled", "silhouette"])
    assert table.loc["shuffled", "PAS"] > table.loc["spamca", "PAS"]


def test_agreement_needs_a_label_key_only(mdata):
    table = spamca.metrics.score(mdata)
    assert list(table) == ["silhouette", "Moran's I", "PAS", "CHAOS"]
    assert list(table.index) == ["spamca"]


def test_one_embedding_for_all(mdata):
    table = spamca.metrics.score(mdata, key=["spamca", "shuffled"], use_rep="X_spamca")
    assert table["silhouette"].notna().all()


def test_sections(mdata):
    mdata.obs["section"] = pd.Categorical(np.where(np.arange(150) < 75, "a", "b"))
    apart = spamca.metrics.score(mdata, library_key="section")
    assert apart.loc["spamca", "CHAOS"] != spamca.metrics.score(mdata).loc["spamca", "CHAOS"]
    assert list(apart)[-2:] == ["section entropy", "iLISI"]
    assert apart.notna().all(axis=None)


def test_what_is_right_in_each_section(mdata):
    mdata.obs["section"] = pd.Categorical(np.where(np.arange(150) < 75, "a", "b"))
    mdata.obs.loc[mdata.obs["section"] == "b", "label"] = None
    table = spamca.metrics.score(mdata, key=["spamca", "shuffled"], label_key="label", library_key="section")
    assert table.loc["spamca", "ARI of a"] == pytest.approx(1)
    assert table.loc["shuffled", "ARI of a"] < 0.3
    assert table["ARI of b"].isna().all()
    assert table["cLISI"].isna().tolist() == table["iLISI"].isna().tolist() == [False, True]


def test_one_section_is_not_mixed(mdata):
    mdata.obs["section"] = "a"
    assert list(spamca.metrics.score(mdata, library_key="section")) == list(spamca.metrics.score(mdata))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key": "absent"}, r"key='absent' is not a column of mdata.obs.*run spamca.tl.cluster"),
        ({"label_key": "absent"}, r"label_key='absent' is not a column of mdata.obs"),
        ({"library_key": "absent"}, r"library_key='absent' is not a column"),
        ({"use_rep": "absent"}, r"use_rep='absent' is not in mdata.obsm.*run spamca.tl.integrate"),
    ],
)
def test_what_is_absent_is_named(mdata, arguments, message):
    with pytest.raises(KeyError, match=message):
        spamca.metrics.score(mdata, **arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"use_rep": "rna"},
            KeyError,
            r"use_rep='rna' is not in mdata.obsm, which has \['X_broken', 'X_spamca', 'X_text'",
        ),
        ({"use_rep": 3}, TypeError, "use_rep must be a string, got 3"),
        ({"use_rep": ""}, KeyError, "use_rep='' is not in mdata.obsm"),
        ({"use_rep": "X_broken"}, ValueError, r"mdata.obsm\['X_broken'\] must be a matrix of finite numbers"),
        ({"use_rep": "X_text"}, ValueError, r"mdata.obsm\['X_text'\] must be a matrix of finite numbers"),
        ({"key": "broken"}, ValueError, r"mdata.obsm\['X_broken'\] must be .* another embedding with use_rep"),
        ({"key": []}, TypeError, r"key must be a column of mdata.obs, or a list of columns, got \[\]"),
        ({"key": 3}, TypeError, "key must be a column.* got 3"),
        ({"label_key": ["label"]}, TypeError, r"label_key must be a string, got \['label'\]"),
        ({"random_state": -1}, ValueError, "random_state must be at least 0"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    mdata.obs["broken"] = mdata.obs["spamca"]
    mdata.obsm["X_broken"] = np.full((150, 2), np.nan)
    mdata.obsm["X_text"] = np.full((150, 2), "a")
    with pytest.raises(error, match=message):
        spamca.metrics.score(mdata, **arguments)


def test_a_key_named_like_a_modality_has_no_embedding_by_its_mask(mdata):
    parts = {"X_found": mdata["rna"].copy(), "protein": mdata["protein"].copy()}
    other = mudata.MuData(parts)
    other.obs["found"] = mdata.obs["spamca"]
    assert np.isnan(spamca.metrics.score(other, key="found").loc["found", "silhouette"])


def test_sparse_embeddings_count_as_dense_ones(mdata):
    mdata.obsm["X_sparse"] = sparse.csr_matrix(mdata.obsm["X_spamca"])
    found = spamca.metrics.score(mdata, use_rep="X_sparse")
    pd.testing.assert_frame_equal(found, spamca.metrics.score(mdata))


def test_views_and_files_are_scored_as_copies_are(mdata, tmp_path):
    view = mdata[:100]
    pd.testing.assert_frame_equal(spamca.metrics.score(view), spamca.metrics.score(view.copy()))
    assert view.is_view
    mdata.write_h5mu(tmp_path / "tissue.h5mu")
    backed = mudata.read_h5mu(tmp_path / "tissue.h5mu", backed="r")
    pd.testing.assert_frame_equal(spamca.metrics.score(backed), spamca.metrics.score(mdata))
    backed.file.close()


def test_sections_are_those_of_the_spatial_graph():
    mdata = spamca.datasets.simulated(n_spots=200, n_domains=3, n_sections=2)
    overlapping = spamca.metrics.score(mdata, key="label")
    mdata.uns["spatial_neighbors"] = {"params": {"library_key": "section"}}
    apart = spamca.metrics.score(mdata, key="label")
    pd.testing.assert_frame_equal(apart, spamca.metrics.score(mdata, key="label", library_key="section"))
    assert apart.loc["label", "PAS"] < overlapping.loc["label", "PAS"]


EMPTY = {
    "NaN": lambda n: np.full(n, np.nan),
    "None": lambda n: np.array([None] * n, dtype=object),
    "categories": lambda n: pd.Categorical([None] * n, categories=["a", "b"]),
    "integers": lambda n: pd.array([None] * n, dtype="Int64"),
    "strings": lambda n: pd.array([None] * n, dtype="string"),
    "unknown": lambda n: ["unknown"] * n,
}


@pytest.mark.parametrize("values", EMPTY)
@pytest.mark.parametrize(("argument", "place"), [("key", "mdata"), ("label_key", "mdata"), ("label_key", "protein")])
def test_a_column_without_values_is_named(values, argument, place):
    mdata = spamca.datasets.simulated(n_spots=36, n_domains=2, n_features=4)
    (mdata if place == "mdata" else mdata[place]).obs["none"] = EMPTY[values](36)
    name = "none" if place == "mdata" else f"{place}:none"
    with pytest.raises(ValueError, match=f"{argument}='{name}' has no value for any spot"):
        spamca.metrics.score(mdata, **{"key": "label", argument: name})


@pytest.mark.parametrize("n_known", [1, 2, 18])
def test_columns_with_few_values_are_scored_or_named(n_known):
    mdata = spamca.datasets.simulated(n_spots=36, n_domains=2, n_features=4, n_sections=2)
    mdata.obsm["X_label"] = np.arange(72.0).reshape(36, 2)
    mdata.obs["first"] = np.where(np.arange(36) < n_known, "a", None)
    mdata.obs["last"] = np.where(np.arange(36) >= 36 - n_known, "a", None)
    for key, label in (("label", "first"), ("first", "label"), ("first", "first")):
        table = spamca.metrics.score(mdata, key=key, label_key=label, library_key="section", use_rep="X_label")
        assert np.isfinite(table.loc[key, "ARI"])
    with pytest.raises(ValueError, match="key='first' and label_key='last' share no spot"):
        spamca.metrics.score(mdata, key="first", label_key="last")
