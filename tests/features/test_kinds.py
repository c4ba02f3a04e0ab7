"""Kinds: registered, named, inferred."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from spamca.features import KINDS, infer_kind, matrix_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rna", "rna"),
        ("RNA_1", "rna"),
        ("scRNA", "rna"),
        ("gex", "rna"),
        ("Gene Expression", "rna"),
        ("transcriptome", "rna"),
        ("adt", "protein"),
        ("adt_a", "protein"),
        ("prot", "protein"),
        ("Protein expression", "protein"),
        ("CITE-seq", "protein"),
        ("ab", "protein"),
        ("AbSeq", "protein"),
        ("antibodies", "protein"),
        ("atac", "atac"),
        ("snATAC", "atac"),
        ("peaks", "atac"),
        ("chromatin", "atac"),
        ("H3K27ac", "histone"),
        ("CUT&Tag", "histone"),
        ("image", "image"),
        ("images2", "image"),
        ("imageFeatures", "image"),
        ("histology", "image"),
        ("H&E", "image"),
        ("he", "image"),
        ("HE", "image"),
        ("h_e", "image"),
        ("HE_stain", "image"),
        ("morphology", "image"),
        ("image_rna", "rna"),
        ("the", "generic"),
        ("the_rna", "rna"),
        ("heme", "generic"),
        ("cache", "generic"),
        ("graphEnrichment", "generic"),
        ("imagery", "generic"),
        ("imagined", "generic"),
        ("histones", "histone"),
        ("metabolites", "metabolite"),
        ("spatial metabolomics", "metabolite"),
        ("MALDI-MSI", "metabolite"),
        ("lipids", "metabolite"),
        ("metal", "generic"),
        ("lab", "generic"),
        ("genetics", "generic"),
        ("citeseq_rna", "rna"),
        ("cite_gene", "rna"),
        ("peak_rna", "rna"),
        ("spatialRNA2", "rna"),
        ("snRNA-seq", "rna"),
        ("protein_expression", "protein"),
        ("glycoproteins", "protein"),
        ("adt2", "protein"),
        ("cut_and_tag", "histone"),
        ("ChIP-seq", "histone"),
        ("CUT&RUN", "histone"),
        ("internal", "generic"),
        ("external", "generic"),
        ("alternative", "generic"),
        ("excited", "generic"),
        ("protocol", "generic"),
        ("speakers", "generic"),
    ],
)
def test_named(counts, name, kind):
    assert infer_kind(name, AnnData(counts)) == kind


@pytest.mark.parametrize(
    ("feature_type", "kind"),
    [("Gene Expression", "rna"), ("Antibody Capture", "protein"), ("Peaks", "atac"), ("Morphology", "image")],
)
def test_by_feature_types(counts, feature_type, kind):
    adata = AnnData(counts)
    adata.var["feature_types"] = feature_type
    assert infer_kind("first", adata) == kind
    assert infer_kind("rna", adata) == ("rna" if kind == "generic" else kind)


def test_feature_types_that_disagree_are_told(counts, caplog):
    adata = AnnData(counts)
    adata.var["feature_types"] = "Antibody Capture"
    with caplog.at_level(logging.INFO, logger="spamca"):
        assert infer_kind("cite_rna", adata) == "protein"
    assert "'cite_rna': taken as protein, as var['feature_types'] says" in caplog.text


def test_feature_types_without_a_value(counts):
    adata = AnnData(counts)
    adata.var["feature_types"] = np.nan
    assert infer_kind("rna", adata) == "rna"


@pytest.mark.parametrize("name", ["rna", "adt", "atac"])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_counts_with_negative_ones_are_no_reduced_features(counts, name, form):
    spoilt = counts.copy()
    spoilt[3, 2] = -1
    assert infer_kind(name, AnnData(form(spoilt))) == name.replace("adt", "protein")


@pytest.mark.parametrize("name", ["rna", "adt", "atac"])
def test_negative_values_are_reduced_features(counts, name, caplog):
    with caplog.at_level(logging.INFO, logger="spamca"):
        assert infer_kind(name, AnnData(counts - 0.5)) == "generic"
    assert f"{name!r}: values are not counts" in caplog.text


@pytest.mark.parametrize(("name", "kind"), [("rna", "rna"), ("adt", "generic"), ("atac", "generic")])
def test_logarithms(counts, name, kind):
    assert infer_kind(name, AnnData(np.log1p(counts))) == kind


@pytest.mark.parametrize("layer", ["counts", "raw_counts"])
def test_layer_of_counts(counts, layer):
    adata = AnnData(counts - 1, layers={layer: sparse.csr_matrix(counts)})
    assert infer_kind("rna", adata) == "rna"
    matrix, where = matrix_of(adata, "rna")
    assert where == f"layers[{layer!r}]"
    np.testing.assert_array_equal(matrix.toarray(), counts)
    assert matrix_of(adata, "generic")[1] == "X"


def test_counts_in_x_come_first(counts):
    adata = AnnData(counts, layers={"counts": counts + 1})
    assert matrix_of(adata, "rna")[1] == "X"


def test_layer_without_counts_is_not_used(counts):
    adata = AnnData(counts - 1, layers={"counts": counts - 0.5})
    assert matrix_of(adata, "rna")[1] == "X"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_features(counts, kind):
    features = KINDS[kind].prepare(counts, n_components=4, n_top_genes=30, random_state=0)
    assert features.values.shape == (120, 4)
    assert features.loadings.shape == (60, 4)
    assert features.key.startswith("X_")


def test_controls_do_not_name_the_kind():
    var = pd.DataFrame({"feature_types": ["Gene Expression", *["Unassigned Codeword"] * 3]}, index=list("abcd"))
    assert infer_kind("table", AnnData(np.ones((2, 4), dtype=np.float32), var=var)) == "rna"
