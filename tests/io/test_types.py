"""Types of features: their modality, those that are no omics, and those that nobody knows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from spamca.io import from_anndata
from spamca.io._types import assigned, modalities, types_of


def table(types, names=None):
    names = names or [f"f{i}" for i in range(len(types))]
    var = pd.DataFrame({"feature_types": types}, index=names)
    X = np.arange(3 * len(types), dtype=np.float32).reshape(3, -1)
    return AnnData(X, obs=pd.DataFrame(index=["a", "b", "c"]), var=var)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Gene Expression", "rna"),
        ("GEX", "rna"),
        ("Antibody Capture", "protein"),
        ("ADT", "protein"),
        ("Protein Expression", "protein"),
        ("Peaks", "atac"),
        ("Chromatin Accessibility", "atac"),
        ("H3K27ac", "h3k27ac"),
        ("Metabolites", "metabolites"),
        ("CRISPR Guide Capture", None),
        ("Multiplexing Capture", None),
        ("VDJ-T", None),
        ("Negative Control Probe", None),
    ],
)
def test_known(kind, name):
    assert modalities([kind], {}, "read") == {kind: name}


@pytest.mark.parametrize("kind", ["Custom", "m/z", "/", "Antigen Capture"])
def test_unknown_is_an_error_that_says_what_to_do(kind):
    adata = table(["Gene Expression", kind])
    with pytest.raises(
        ValueError, match=f"of type '{kind}' are of no type that is known \\(Gene Expression.*feature_types="
    ):
        from_anndata(adata)
    assert list(from_anndata(adata, feature_types={kind: "other"}).mod) == ["rna", "other"]
    assert from_anndata(adata, feature_types={kind: "rna"})["rna"].n_vars == 2
    assert list(from_anndata(adata, feature_types={kind: None})["rna"].var_names) == ["f0"]
    with pytest.raises(ValueError, match="no type that is known"):
        from_anndata([table(["Gene Expression"] * 2), table([kind])])
    both = from_anndata([table(["Gene Expression"]), table([kind])], feature_types={kind: "other"})
    assert list(both.mod) == ["rna", "other"]


def test_what_is_no_omics_is_left_out_and_kept_where_named(logged):
    adata = table(["CRISPR Guide Capture", "Gene Expression", "Multiplexing Capture"])
    assert list(from_anndata(adata).mod) == ["rna"]
    assert "from_anndata: left out as no omics: 'CRISPR Guide Capture', guides that cells were given; " in logged()[0]
    assert "'Multiplexing Capture', labels of samples; feature_types={'CRISPR Guide Capture': 'a name'}" in logged()[0]
    named = from_anndata(adata, feature_types={"CRISPR Guide Capture": "guides"})
    assert list(named.mod) == ["rna", "guides"]


def test_controls_alone():
    with pytest.raises(ValueError, match=r"no feature is of an omics: .* \['Genomic Control', 'VDJ'\] alone"):
        from_anndata(table(["Genomic Control", "VDJ"]))


def test_controls_of_a_type_that_was_named():
    var = table(["Gene Expression", "Genomic Control", "Protein Expression"]).var
    assert assigned(var, {"Genomic Control": "protein"}, "read").tolist() == ["rna", "protein", "protein"]
    assert assigned(var, {"Genomic Control": None}, "read").tolist() == ["rna", None, "protein"]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("rna", TypeError, "feature_types must be a mapping from types to modalities"),
        ({"Custom": "rna"}, KeyError, "feature_types names 'Custom', and var.* holds \\['Gene Expression', 'Peaks'\\]"),
        ({"Peaks": "a/b"}, ValueError, "name of a modality must not be empty, 'spatial', or hold '/', got 'a/b'"),
        ({"Peaks": 3}, TypeError, "name of a modality must be a string, got 3"),
    ],
)
def test_refuses(given, error, message):
    adata = table(["Gene Expression", "Peaks"])
    with pytest.raises(error, match=message):
        from_anndata(adata, feature_types=given)
    with pytest.raises(error, match=message):
        from_anndata([adata[:, :1].copy(), adata[:, 1:].copy()], feature_types=given)


def test_names_and_types_do_not_go_together():
    with pytest.raises(ValueError, match="feature_types=.* names modalities, and so does adatas"):
        from_anndata({"rna": table(["Custom"])}, feature_types={"Custom": "rna"})


def test_types_of():
    adata = table(["Peaks", "Gene Expression", "Peaks", None])
    assert types_of(adata) == ["Peaks", "Gene Expression"]
    del adata.var["feature_types"]
    assert types_of(adata) == []
