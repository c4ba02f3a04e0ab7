"""One table taken apart, and isotype controls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from spamca.io._feature_types import feature_types, flag_isotype_controls, modality_name, split


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
        ("Peaks", "atac"),
        ("CRISPR Guide Capture", "crispr_guide_capture"),
        ("Custom", "custom"),
        ("m/z", "m_z"),
        ("/", "untyped"),
    ],
)
def test_names(kind, name):
    assert modality_name(kind) == name


def test_rna_comes_first_and_columns_may_be_mixed():
    adata = table(["Antibody Capture", "Gene Expression", "Antibody Capture"])
    mod = split(adata, "read")
    assert list(mod) == ["rna", "protein"]
    np.testing.assert_array_equal(mod["protein"].X, adata.X[:, [0, 2]])
    mod["rna"].X[:] = -1
    assert adata.X.min() >= 0


def test_components_of_all_are_left_out(told):
    adata = table(["Gene Expression", "Antibody Capture"])
    adata.obsm["X_pca"] = np.ones((3, 2))
    adata.obsm["spatial"] = np.ones((3, 2))
    assert list(split(adata, "read")["rna"].obsm) == ["spatial"]
    assert told() == ["read: leaving out ['X_pca'], which are components of all modalities together"]
    assert "X_pca" in adata.obsm
    assert "X_pca" in split(adata[:, :1], "read")["rna"].obsm


def test_feature_without_type():
    with pytest.raises(ValueError, match=r"var\['feature_types'\] has no value for 1 features, e.g. 'f1'"):
        split(table(["Gene Expression", None]), "read")


def test_types():
    adata = table(["Peaks", "Gene Expression", "Peaks", None])
    assert feature_types(adata) == ["Peaks", "Gene Expression"]
    del adata.var["feature_types"]
    assert feature_types(adata) == []


def test_isotype_controls():
    controls = ["mouse_IgG2a", "Rat IgG1", "armenian_hamster_IgG", "MOPC-21 isotype", "Isotype_RTK2758", "rabbit-IgG"]
    markers = ["CD4", "IgM", "IgD", "ISO1", "ratio", "HLA-DR", "MouseKeeper"]
    adata = table(["Antibody Capture"] * 13, controls + markers)
    assert flag_isotype_controls(adata) == 6
    assert list(adata.var_names[adata.var["isotype_control"]]) == controls
    assert adata.var["isotype_control"].dtype == bool
    assert flag_isotype_controls(adata) == 6
