"""What the checks let pass, and their messages for the rest."""

from __future__ import annotations

import logging
import re

import mudata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from mudata import MuData
from scipy import sparse

from spamca import _checks


def modality(names, xy=None, **obs):
    adata = AnnData(np.ones((len(names), 2), dtype=np.float32), obs=pd.DataFrame(obs, index=list(names)))
    if xy is not None:
        adata.obsm["spatial"] = np.asarray(xy)
    return adata


def tissue_of(**modalities):
    for name, adata in modalities.items():
        adata.var_names = [f"{name}{i}" for i in range(adata.n_vars)]
    return MuData(modalities)


@pytest.fixture
def pair():
    """``a`` holds spots x, y, z; ``b`` holds z, w."""
    return tissue_of(a=modality("xyz", [[0, 0], [1, 0], [2, 0]]), b=modality("zw", [[2, 0], [3, 0]]))


def test_good_tissue_passes(pair):
    _checks.check_mudata(pair)
    _checks.check_mudata(tissue_of(a=modality("xy")))


@pytest.mark.parametrize("thing", [None, "path.h5mu", modality("xy")])
def test_not_a_mudata(thing):
    with pytest.raises(TypeError, match=f"must be a MuData, got {type(thing).__name__}"):
        _checks.check_mudata(thing)


def test_no_modality():
    with pytest.raises(ValueError, match="has no modality"):
        _checks.check_mudata(MuData({}))


def test_nested(pair):
    with pytest.raises(TypeError, match="must be an AnnData, got MuData"):
        _checks.check_mudata(MuData({"tissue": pair}))


def test_views_and_backed_objects(pair, tmp_path):
    _checks.check_readable(pair[pair.obs_names != "x"])
    _checks.check_mudata(pair[pair.obs_names != "x"])
    pair.write(tmp_path / "pair.h5mu")
    backed = mudata.read_h5mu(tmp_path / "pair.h5mu", backed="r")
    _checks.check_readable(backed)
    _checks.check_mudata(backed)
    with pytest.raises(ValueError, match="copy=True, but mdata is backed by a file"):
        _checks.check_mudata(backed, copy=True)
    backed.file.close()


def test_shared_features_are_not_shared_spots():
    with pytest.raises(ValueError, match="axis=1"):
        _checks.check_mudata(MuData({"a": modality("xy"), "b": modality("zw")}, axis=1))


@pytest.mark.filterwarnings("ignore:.*obs_names:UserWarning")
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index:DeprecationWarning")
def test_repeated_names():
    with pytest.raises(ValueError, match=r"mdata\['b'\].obs_names must be unique, 'z' occurs"):
        _checks.check_mudata(tissue_of(a=modality("xz"), b=modality("zz")))


def test_stale_index(pair):
    pair.mod["b"] = pair["b"][:1].copy()
    with pytest.raises(ValueError, match=r"no longer matches the spots of mdata\['b'\]; call mdata.update\(\)"):
        _checks.check_mudata(pair)


def test_renamed_spots(pair):
    pair["b"].obs_names = ["other", "w"]
    with pytest.raises(ValueError, match=r"no longer matches the spots of mdata\['b'\]"):
        _checks.check_mudata(pair)


def test_one_spot():
    with pytest.raises(ValueError, match="at least 2 spots, it has 1"):
        _checks.check_mudata(tissue_of(a=modality("x")))


def test_no_common_spot():
    with pytest.raises(ValueError, match=r"\['a', 'b'\] and \['c'\] have no spot in common: .* \['x'\], .* \['u'\]"):
        _checks.check_mudata(tissue_of(a=modality("xy"), b=modality("yz"), c=modality("uv")))


def test_chain_of_modalities_is_enough():
    _checks.check_mudata(tissue_of(a=modality("xy"), b=modality("yz"), c=modality("zw")))


@pytest.mark.parametrize("key", ["spamca", "my domains", "run_2"])
def test_key(pair, key):
    _checks.check_key_added(pair, key)


@pytest.mark.parametrize(
    ("key", "message"), [("", "non-empty"), ("a/b", "without '/'"), (None, "string"), ("b", "collides with a modality")]
)
def test_bad_key(pair, key, message):
    with pytest.raises(ValueError, match=f"key_added.*{message}"):
        _checks.check_key_added(pair, key)


@pytest.mark.parametrize("name", ["X_a", "a_posterior", "a_confidence", "a_colors", "a_weight", "a_view_weights"])
def test_key_made_names_are_no_modalities(name):
    mdata = tissue_of(**{name: modality("xy")})
    with pytest.raises(ValueError, match=f"key_added='a', which writes {name!r}, collides .* choose another key_added"):
        _checks.check_key_added(mdata, "a")


@pytest.mark.parametrize(
    "key", ["spatial_neighbors", "feature_neighbors", "neighbors", "spatial", "pca", "lsi", "umap"]
)
def test_reserved_key(pair, key):
    with pytest.raises(ValueError, match=f"key_added={key!r}.* collides .* choose another key_added"):
        _checks.check_key_added(pair, key)


@pytest.mark.parametrize("value", ["x", {"mine": 1}, None, {"params": {}, "connectivities_key": "c"}])
def test_key_of_another_entry_of_uns(pair, value):
    pair.uns["a_run"] = value
    with pytest.raises(ValueError, match=r"would replace mdata.uns\['a_run'\].* choose another key_added"):
        _checks.check_key_added(pair, "a_run")


def test_key_of_a_column(pair):
    pair.obs["label"] = "x"
    with pytest.raises(ValueError, match=r"would replace mdata.obs\['label'\].* choose another key_added"):
        _checks.check_key_added(pair, "label")
    pair.uns["label"] = {"params": {}}
    with pytest.raises(ValueError, match=r"would replace mdata.obs\['label'\]"):
        _checks.check_key_added(pair, "label")
    _checks.check_key_added(pair, "label", domains=False)
    pair.uns["label"] = {"cluster": {}}
    _checks.check_key_added(pair, "label")


def test_key_of_a_column_of_a_modality(pair):
    pair["b"].obs["type"] = "x"
    with pytest.raises(ValueError, match=r"would replace mdata\['b'\].obs\['type'\]"):
        _checks.check_key_added(pair, "type")


def test_key_of_an_embedding(pair):
    pair.obsm["X_mofa"] = np.ones((4, 2))
    _checks.check_key_added(pair, "mofa")
    with pytest.raises(ValueError, match=r"would replace mdata.obsm\['X_mofa'\]"):
        _checks.check_key_added(pair, "mofa", embedding=True)
    pair.uns["mofa"] = {"params": {}}
    _checks.check_key_added(pair, "mofa", embedding=True)


def test_key_of_our_own_results(integrated, tmp_path):
    _checks.check_key_added(integrated, "spamca", embedding=True)
    _checks.check_key_added(MuData(dict(integrated.mod)), "spamca")
    integrated.write(tmp_path / "tissue.h5mu")
    _checks.check_key_added(mudata.read_h5mu(tmp_path / "tissue.h5mu"), "spamca", embedding=True)


@pytest.mark.parametrize("seed", [0, np.int64(3), np.uint32(7), 2**32 - 1])
def test_seed(seed):
    found = _checks.check_seed(seed)
    assert type(found) is int
    assert found == seed


@pytest.mark.parametrize(
    ("seed", "error"),
    [("a", TypeError), (1.5, TypeError), (True, TypeError), (-1, ValueError), (2**32, ValueError)],
)
def test_bad_seed(seed, error):
    with pytest.raises(error, match=f"random_state must be .*got {seed!r}"):
        _checks.check_seed(seed)


def test_generators_give_the_seed():
    """As scanpy takes them: the same state gives the same seed, the next call another one, and None one of its own."""
    for make in (np.random.RandomState, np.random.default_rng):
        one, other = make(3), make(3)
        first = _checks.check_seed(one)
        assert type(first) is int
        assert first == _checks.check_seed(other)
        assert first != _checks.check_seed(one)
    assert _checks.check_seed(None) != _checks.check_seed(None)


def test_flag():
    _checks.check_flag("means", value=np.bool_(1))
    _checks.check_flag("means", None, optional=True)
    with pytest.raises(TypeError, match="means must be True or False, got None"):
        _checks.check_flag("means", None)


@pytest.mark.parametrize(
    ("value", "error"), [("a", TypeError), (True, TypeError), (1j, TypeError), (np.nan, ValueError), (2, ValueError)]
)
def test_real(value, error):
    _checks.check_real("x", np.float32(0.5), least=0, most=1)
    with pytest.raises(error, match=rf"x must .*got {re.escape(repr(value))}"):
        _checks.check_real("x", value, least=0, most=1)


def test_modality_records(pair):
    pair["a"].uns["spamca"] = {"kind": "rna"}
    _checks.check_modality_records(pair)
    pair["b"].uns["spamca"] = "x"
    with pytest.raises(ValueError, match=r"mdata\['b'\].uns\['spamca'\] must be the record .* got str; move it"):
        _checks.check_modality_records(pair)


@pytest.mark.parametrize("n", [2, 10, np.int32(5)])
def test_n_clusters(n):
    _checks.check_n_clusters(n, 10)


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [(n, ValueError, rf"at most the number of spots \(10\), got {n}$") for n in (-1, 0, 11)]
    + [(n, TypeError, f"n_clusters must be an integer, got {n!r}") for n in (2.0, "5", True, None)],
)
def test_bad_n_clusters(n, error, message):
    with pytest.raises(error, match=message):
        _checks.check_n_clusters(n, 10)


def test_count():
    _checks.check_count("n", np.int64(3), least=3)
    with pytest.raises(ValueError, match="n must be at least 3, got 2"):
        _checks.check_count("n", 2, least=3)
    with pytest.raises(TypeError, match=r"n must be an integer, got 2\.5"):
        _checks.check_count("n", 2.5)


def test_neighbors():
    _checks.check_neighbors("n_neighbors", 4, 5)
    with pytest.raises(ValueError, match="n_neighbors must be less than the 5 spots of modality 'a', got 5"):
        _checks.check_neighbors("n_neighbors", 5, 5, where="modality 'a'")
    with pytest.raises(ValueError, match="at least 1, got 0"):
        _checks.check_neighbors("n_neighbors", 0, 5)


def test_choice():
    _checks.check_choice("kind", "knn", {"knn": 1, "grid": 2})
    with pytest.raises(ValueError, match="kind must be one of 'knn', 'grid', got 'nearest'"):
        _checks.check_choice("kind", "nearest", {"knn": 1, "grid": 2})
    with pytest.raises(ValueError, match=r"kind must be one of 'knn', 'grid', got \['knn'\]"):
        _checks.check_choice("kind", ["knn"], {"knn": 1, "grid": 2})


def test_modality_names(pair):
    _checks.check_modality_names("kinds", {"a": "rna"}, pair)
    with pytest.raises(KeyError, match=r"kinds names modality 'c', but mdata has \['a', 'b'\]"):
        _checks.check_modality_names("kinds", {"c": "rna"}, pair)
    with pytest.raises(TypeError, match=r"kinds must be a mapping by modality such as .* got 'rna'"):
        _checks.check_modality_names("kinds", "rna", pair)


def test_coordinates_are_joined_by_name(pair):
    expected = pd.DataFrame([[0.0, 0], [1, 0], [2, 0], [3, 0]], index=list("xyzw")).loc[pair.obs_names].to_numpy()
    np.testing.assert_array_equal(_checks.check_coordinates(pair), expected)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, lambda xy: xy.astype(np.float32)])
def test_coordinates_of_the_mudata_come_first(pair, form, caplog):
    xy = np.arange(8).reshape(4, 2)
    pair.obsm["spatial"] = form(xy)
    with caplog.at_level(logging.INFO, logger="spamca"):
        found = _checks.check_coordinates(pair)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, xy)
    assert "coordinates are those of mdata; mdata['a'].obsm['spatial'] differs" in caplog.text


def test_coordinates_as_a_table(pair):
    pair.obsm["spatial"] = pd.DataFrame({"x": range(4), "y": range(4)}, index=pair.obs_names)
    np.testing.assert_array_equal(_checks.check_coordinates(pair), np.repeat(np.arange(4)[:, None], 2, axis=1))


def test_other_slot(pair):
    pair.obsm["X_array"] = np.ones((4, 2))
    assert (_checks.check_coordinates(pair, "X_array") == 1).all()


def test_second_frame_is_left_where_it_is_not_needed(caplog):
    mdata = tissue_of(a=modality("xy", [[0, 0], [1, 0]]), b=modality("xy", [[0, 9], [9, 0]]))
    with caplog.at_level(logging.INFO, logger="spamca"):
        np.testing.assert_array_equal(_checks.check_coordinates(mdata), [[0, 0], [1, 0]])
    assert "coordinates are those of mdata['a']; mdata['b'].obsm['spatial'] differs" in caplog.text


def test_two_frames_cannot_be_joined(pair):
    pair["b"].obsm["spatial"] = np.array([[5.0, 5], [6, 6]])
    with pytest.raises(ValueError, match=r"modality 'b' disagrees .* set mdata.obsm\['spatial'\]"):
        _checks.check_coordinates(pair)


def test_no_coordinates(pair):
    for name in ("a", "b"):
        del pair[name].obsm["spatial"]
    with pytest.raises(KeyError, match=r"no coordinates: .* set mdata.obsm\['spatial'\] to an array of shape \(4, 2\)"):
        _checks.check_coordinates(pair)


def test_coordinates_of_a_part(pair):
    del pair["b"].obsm["spatial"]
    with pytest.raises(ValueError, match=r"1 spots have no coordinates, e.g. 'w': modalities \['b'\] lack"):
        _checks.check_coordinates(pair)


@pytest.mark.parametrize(
    ("xy", "message"),
    [
        ([[0, 0], [np.nan, 0], [2, 0]], "must be finite, 1 spots have NaN or infinite coordinates, first at row 1"),
        ([[0, 0], [1, 0], [2, np.inf]], "must be finite"),
        ([[0, 0, 0, 0]] * 3, r"two columns, x and y, or three, got shape \(3, 4\)"),
        ([["l", "r"]] * 3, "must hold numbers"),
        ([[1j, 0]] * 3, "must hold numbers, got complex128"),
    ],
)
def test_bad_coordinates(pair, xy, message):
    pair["a"].obsm["spatial"] = np.array(xy)
    with pytest.raises(ValueError, match=rf"mdata\['a'\].obsm\['spatial'\] .*{message}"):
        _checks.check_coordinates(pair)


def test_modality_named_like_the_coordinates():
    mdata = tissue_of(spatial=modality("xy", [[0, 0], [1, 1]]))
    with pytest.raises(ValueError, match="spatial_key='spatial' collides with a modality"):
        _checks.check_coordinates(mdata)


def test_sections(pair):
    assert _checks.check_library(pair, None) is None
    pair["a"].obs["section"] = pd.Categorical(["s1", "s1", "s2"])
    pair["b"].obs["section"] = ["s2", "s3"]
    expected = pd.Series({"x": "s1", "y": "s1", "z": "s2", "w": "s3"}).loc[pair.obs_names]
    assert list(_checks.check_library(pair, "section")) == list(expected)
    pair.obs["section"] = [1, 2, 3, 4]
    assert list(_checks.check_library(pair, "section")) == ["1", "2", "3", "4"]


def test_missing_sections(pair):
    with pytest.raises(KeyError, match="library_key='section' is not a column"):
        _checks.check_library(pair, "section")
    pair["a"].obs["section"] = ["s1", "s1", "s2"]
    with pytest.raises(ValueError, match="library_key='section' has no value for 1 spots"):
        _checks.check_library(pair, "section")


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, bool])
def test_features(form, dtype):
    _checks.check_features(form(np.eye(3, dtype=dtype)), "rna", counts=True)


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_features_must_be_finite(form, value):
    with pytest.raises(ValueError, match="modality 'rna' must be finite"):
        _checks.check_features(form(np.array([[1, value], [0, 2]])), "rna")


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
def test_counts_are_not_negative(form):
    X = form(np.array([[1, -3.5], [0, 2]]))
    _checks.check_features(X, "rna")
    with pytest.raises(
        ValueError, match=re.escape("'rna' is to be prepared as counts but holds negative values (lowest -3.5)")
    ):
        _checks.check_features(X, "rna", counts=True)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (None, r"mdata\['rna'\].X is empty"),
        (np.empty((3, 0)), "'rna' has no features"),
        (np.array([["a"], ["b"]]), "must be real numbers, got <U1"),
        (np.ones((3, 2), dtype=complex), "must be real numbers, got complex128"),
    ],
)
def test_no_features(X, message):
    with pytest.raises(ValueError, match=message):
        _checks.check_features(X, "rna")


def test_features_without_a_value():
    _checks.check_features(sparse.csr_matrix((3, 2)), "rna", counts=True)


@pytest.mark.parametrize(
    "form", [np.asarray, sparse.csr_matrix, lambda x: pd.DataFrame(x, index=list("xyz"), columns=["0", "1"])]
)
def test_representation(pair, form):
    pair["a"].obsm["X_own"] = form(np.ones((3, 2)))
    np.testing.assert_array_equal(_checks.check_representation(pair, "a", "X_own"), np.ones((3, 2)))


def test_missing_representation(pair):
    with pytest.raises(KeyError, match=r"use_rep='X_own' is not in mdata\['a'\].obsm, which holds \['spatial'\]"):
        _checks.check_representation(pair, "a", "X_own")


@pytest.mark.parametrize("values", [np.full((3, 2), np.nan), np.empty((3, 0)), np.array([["a"]] * 3)])
def test_bad_representation(pair, values):
    pair["a"].obsm["X_own"] = values
    with pytest.raises(ValueError, match=r"mdata\['a'\].obsm\['X_own'\] must be a matrix of finite numbers"):
        _checks.check_representation(pair, "a", "X_own")


@pytest.mark.parametrize(
    "record", [None, "text", {}, {"params": "text"}, {"params": {}}, {"params": {"library_key": 3}}]
)
def test_no_recorded_sections(pair, record):
    if record is not None:
        pair.uns["spatial_neighbors"] = record
    assert _checks.find_library_key(pair, None, "score") is None
    assert _checks.find_library_key(pair, "label", "score") == "label"


def test_sections_of_the_spatial_graph_are_taken_while_they_exist(pair):
    pair.uns["spatial_neighbors"] = {"params": {"library_key": "section"}}
    assert _checks.find_library_key(pair, None, "score") is None
    pair["a"].obs["section"] = "s"
    assert _checks.find_library_key(pair, None, "score") == "section"
    assert _checks.find_library_key(pair, "label", "score") == "label"
