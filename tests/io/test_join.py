"""One table split by types of features, rows matched by name, modalities assembled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

import spamca
from spamca.io._join import assemble, match, split


def table(types, names=None):
    names = names or [f"f{i}" for i in range(len(types))]
    var = pd.DataFrame({"feature_types": types}, index=names)
    X = np.arange(3 * len(types), dtype=np.float32).reshape(3, -1)
    return AnnData(X, obs=pd.DataFrame(index=["a", "b", "c"]), var=var)


def test_rna_comes_first_and_columns_may_be_mixed():
    adata = table(["Antibody Capture", "Gene Expression", "Antibody Capture"])
    mod = split(adata, "read")
    assert list(mod) == ["rna", "protein"]
    np.testing.assert_array_equal(mod["protein"].X, adata.X[:, [0, 2]])
    mod["rna"].X[:] = -1
    assert adata.X.min() >= 0


def test_components_of_all_are_left_out(logged):
    adata = table(["Gene Expression", "Antibody Capture"])
    adata.obsm["X_pca"] = np.ones((3, 2))
    adata.obsm["spatial"] = np.ones((3, 2))
    assert list(split(adata, "read")["rna"].obsm) == ["spatial"]
    assert logged() == ["read: leaving out ['X_pca'], which are components of all modalities together"]
    assert "X_pca" in adata.obsm
    assert "X_pca" in split(adata[:, :1], "read")["rna"].obsm


def test_controls_stay_with_what_they_control(logged):
    types = [
        "Protein Expression",
        "Gene Expression",
        "Negative Control Probe",
        "Unassigned Codeword",
        "Isotype Control",
    ]
    mod = split(table(types), "read")
    assert {name: list(part.var_names) for name, part in mod.items()} == {
        "rna": ["f1", "f2", "f3", "f4"],
        "protein": ["f0"],
    }
    assert logged() == []
    names = ["CD4", "NegControlProbe_00042", "mouse_IgG2a"]
    mod = split(table(["Protein Expression", "Negative Control Probe", "Isotype Control"], names), "read")
    assert list(mod["protein"].var_names) == names


def test_feature_without_type():
    with pytest.raises(ValueError, match=r"var\['feature_types'\] has no value for 1 features, e.g. 'f1'"):
        split(table(["Gene Expression", None]), "read")


def names(**lists):
    return {name: pd.Index(list(values)) for name, values in lists.items()}


def test_inner(logged):
    assert list(match(names(rna="abcd", protein="xdca"), "inner", "read")) == list("acd")
    assert logged() == [
        "read: 3 spots in all of ['rna', 'protein']; 1 left out of 'rna' (e.g. 'b'), 1 left out of 'protein' (e.g. 'x')"
    ]


def test_outer(logged):
    assert list(match(names(rna="abcd", protein="xdca"), "outer", "read")) == list("abcdx")
    assert logged() == [
        "read: 5 spots in any of ['rna', 'protein']; 1 lack 'rna' (e.g. 'x'), 1 lack 'protein' (e.g. 'b')"
    ]


def test_all_match(logged):
    match(names(rna="ab", protein="ba"), "inner", "read")
    match(names(rna="ab", protein="ba"), "outer", "read")
    assert logged() == [
        "read: 2 spots in all of ['rna', 'protein']; none left out",
        "read: 2 spots in any of ['rna', 'protein']; none lacks a modality",
    ]


def test_no_more_than_three_examples(logged):
    match(names(rna="abcdef", protein="a"), "inner", "read")
    assert "5 left out of 'rna' (e.g. 'b', 'c', 'd')" in logged()[0]


@pytest.mark.parametrize("join", ["inner", "outer"])
def test_name_twice(join):
    with pytest.raises(ValueError, match="obs_names of 'protein' must be unique, 2 occur again, e.g. 'b'"):
        match(names(rna="abc", protein="bbbc"), join, "read")


@pytest.mark.parametrize("join", ["inner", "outer"])
@pytest.mark.parametrize(
    ("one", "other", "ending"),
    [
        (["AC-1", "GT-1"], ["GT", "AC"], "-1"),
        (["AC", "GT"], ["GT-1", "TT-1"], "-1"),
        (["AC-1", "GT-1"], ["AC-2", "GT-2"], "-1"),
        (["AC.1", "GT.1"], ["AC-1", "TT-1"], ".1"),
    ],
)
def test_endings_differ(join, one, other, ending):
    n = len({name[:2] for name in one} & {name[:2] for name in other})
    with pytest.raises(
        ValueError, match=rf"no spot in common.*endings such as '{ending}' {n} of them agree.*str\.replace"
    ):
        match(names(rna=one, protein=other), join, "read")


def test_same_number_of_rows():
    with pytest.raises(
        ValueError, match=r"'rna' begin with \['a', 'b'\], .*'protein' with \['x', 'y'\]; if their rows are"
    ):
        match(names(rna="abc", protein="xyz"), "inner", "read")


def test_nothing_alike():
    with pytest.raises(ValueError, match="give the same spot the same name in each"):
        match(names(rna="abc", protein="xy"), "inner", "read")


def test_no_spot_in_all_of_three(logged):
    three = names(rna="ab", protein="bc", atac="ca")
    with pytest.raises(ValueError, match=r"no spot is in all of \['rna', 'protein', 'atac'\].*join='outer'"):
        match(three, "inner", "read")
    assert list(match(three, "outer", "read")) == list("abc")


def test_two_that_share_by_way_of_a_third():
    assert list(match(names(rna="ab", protein="cd", atac="bc"), "outer", "read")) == list("abcd")
    with pytest.raises(ValueError, match="'rna' and 'protein' have no spot in common"):
        match(names(rna="ab", protein="cd", atac="bc"), "inner", "read")
    with pytest.raises(ValueError, match="'rna' and 'atac' have no spot in common"):
        match(names(rna="ab", protein="ab", atac="xyz"), "outer", "read")


def test_one():
    assert list(match(names(rna="ab"), "inner", "read")) == list("ab")


def test_no_rows():
    with pytest.raises(ValueError, match="'rna' and 'protein' have no spot in common"):
        match(names(rna="", protein="ab"), "inner", "read")


def test_features_are_told_apart(pair, logged):
    rna, protein = pair
    rna.var_names = ["a", "a", "b", *rna.var_names[3:]]
    protein.var_names = ["b", "a", "c", *protein.var_names[3:]]
    mdata = assemble({"rna": rna, "protein": protein}, "read")
    assert list(mdata["rna"].var_names[:3]) == ["a", "a-1", "b"]
    assert list(mdata["protein"].var_names[:3]) == ["protein:b", "protein:a", "c"]
    assert logged() == [
        "read: 1 features of 'rna' repeat a name, e.g. 'a'; numbered",
        "read: 2 features of 'protein' have the name of a feature in another modality; 'b' is now 'protein:b', and so on",
    ]


def test_no_coordinates(pair, logged):
    for adata in pair:
        del adata.obsm["spatial"]
    mdata = assemble(dict(zip(["rna", "protein"], pair, strict=True)), "read")
    assert "spatial" not in mdata.obsm
    assert logged() == ["read: no coordinates; set mdata.obsm['spatial'] before spamca.pp.neighbors(mdata)"]


def test_coordinates_in_two_frames(pair, logged):
    rna, protein = pair
    protein.obsm["spatial"] = 2 * protein.obsm["spatial"]
    mdata = assemble({"rna": rna, "protein": protein}, "read")
    assert "spatial" not in mdata.obsm
    assert "no coordinates in common: obsm['spatial'] of modality 'protein' disagrees" in logged()[0]


def test_coordinates_of_one(pair):
    rna, protein = pair
    protein = protein[protein.obs_names.isin(rna.obs_names)].copy()
    del protein.obsm["spatial"]
    mdata = assemble({"protein": protein, "rna": rna}, "read")
    where = mdata.obs_names.get_indexer(rna.obs_names)
    np.testing.assert_array_equal(mdata.obsm["spatial"][where], rna.obsm["spatial"])
    spamca.pp.neighbors(mdata)


def test_image_of_one(pair):
    rna, protein = pair
    protein.uns["spatial"] = {"a": {"images": {}}}
    assert assemble({"rna": rna, "protein": protein}, "read").uns["spatial"] == {"a": {"images": {}}}


@pytest.mark.parametrize("names", [["a", "b", "c"], ["a", "x", "y"], ["x", "y", "z"]], ids=["same", "some", "none"])
def test_tables_of_different_places_share_no_spot(names):
    rna, msi = table(["Gene Expression"] * 2), table(["m/z"] * 2, ["m0", "m1"])
    msi.obs_names = names
    mdata = spamca.io.from_anndata({"rna": rna, "msi": msi}, join="apart")
    assert mdata.n_obs == 6
    assert mdata["rna"].obs_names.intersection(mdata["msi"].obs_names).empty
    np.testing.assert_array_equal(mdata["msi"].X, msi.X)
    assert (mdata["msi"].obs_names[0] == "msi:a") == ("a" in names)


def test_tables_without_a_spot_in_common_are_referred():
    other = table(["m/z"], ["m0"])[:2].copy()
    other.obs_names = ["x", "y"]
    with pytest.raises(ValueError, match="pass join='apart', and call spamca.pp.onto_spots"):
        spamca.io.from_anndata({"rna": table(["Gene Expression"]), "msi": other})
