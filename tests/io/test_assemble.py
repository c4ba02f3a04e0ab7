"""Modalities put together."""

from __future__ import annotations

import numpy as np

import spamca
from spamca.io._assemble import assemble


def test_features_are_told_apart(pair, told):
    rna, protein = pair
    rna.var_names = ["a", "a", "b", *rna.var_names[3:]]
    protein.var_names = ["b", "a", "c", *protein.var_names[3:]]
    mdata = assemble({"rna": rna, "protein": protein}, "read")
    assert list(mdata["rna"].var_names[:3]) == ["a", "a-1", "b"]
    assert list(mdata["protein"].var_names[:3]) == ["protein:b", "protein:a", "c"]
    assert told() == [
        "read: 1 features of 'rna' bear a name twice, e.g. 'a'; numbered",
        "read: 2 features of 'protein' are called as others before; 'b' is now 'protein:b', and so on",
    ]


def test_no_coordinates(pair, told):
    for adata in pair:
        del adata.obsm["spatial"]
    mdata = assemble(dict(zip(["rna", "protein"], pair, strict=True)), "read")
    assert "spatial" not in mdata.obsm
    assert told() == ["read: no coordinates; set mdata.obsm['spatial'] before spamca.pp.neighbors(mdata)"]


def test_coordinates_in_two_frames(pair, told):
    rna, protein = pair
    protein.obsm["spatial"] = 2 * protein.obsm["spatial"]
    mdata = assemble({"rna": rna, "protein": protein}, "read")
    assert "spatial" not in mdata.obsm
    assert "no coordinates in common: obsm['spatial'] of modality 'protein' disagrees" in told()[0]


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
