"""Controls of the assay, as the platforms name and type them, and features that only look like them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from spamca.features import is_control
from spamca.features.controls import is_control_type, is_isotype

CONTROLS = {
    "Xenium": [
        *("NegControlProbe_00042", "NegControlCodeword_0500", "UnassignedCodeword_0001", "DeprecatedCodeword_0123"),
        *("BLANK_0033", "antisense_PROKR2", "Intergenic_Region_1001", "Intergenic_region_1"),
    ],
    "CosMx": [
        "NegPrb1",
        "NegPrb10",
        "Negative1",
        "Negative12",
        "NegProbe-WTX",
        "SystemControl123",
        "FalseCode",
        "FalseCode7",
    ],
    "MERSCOPE": ["Blank-1", "Blank-50", "blank_12"],
    "spike-ins": ["ERCC-00002"],
}
ISOTYPES = {
    "Visium": ["mouse_IgG2a", "mouse_IgG1k", "mouse_IgG2bk", "rat_IgG2a", "rat_IgG1", "mouse_IgG2a.1"],
    "CosMx": ["Ms IgG1", "Ms IgG2a", "Rb IgG", "Rt IgG2b", "Hmr IgG"],
    "CITE-seq": [
        *("Rat IgG1 isotype", "IgG2b-ctrl", "IgG1_control_TotalSeqC", "TotalSeqC-IgG2b-Ctrl", "TotalSeqC-IgG-Ctrl"),
        *("isotype_HTK888_TotalSeqC", "MOPC-21 isotype", "Isotype_RTK2758", "Mouse-IgG2b-Ctrl", "armenian_hamster_IgG"),
        *("rabbit-IgG", "Mouse IgG1, κ isotype Ctrl", "IgG1 kappa control", "Rat IgM isotype control"),
    ],
}
MEASURED = {
    "genes": [
        *(
            "IGHG1",
            "IGHM",
            "Ighg2c",
            "NEGR1",
            "NEGR1-IT1",
            "SYS1",
            "SYSTEMIN",
            "ERCC1",
            "ERCC6L",
            "BLNK",
            "BLACAT1",
            "CTRL",
        ),
        *(
            "CTRC",
            "CTRB1",
            "CDKN2B-AS1",
            "NELFE",
            "RAT1",
            "MS4A1",
            "RB1",
            "GTF2A1",
            "UNC13A",
            "DEPDC1",
            "CODE1",
            "INTS1",
        ),
        *("Negr1", "Rbg", "Isoc1", "FALEC", "LINC00463", "PRBM1", "NEG1", "IgG", "HLA-A/B/C"),
    ],
    "proteins": [
        *(
            "IgM",
            "IgD",
            "IgA",
            "IgE",
            "IgG",
            "IgG1",
            "IgG_Fc",
            "Ig light chain k",
            "IgM_TotalSeqC",
            "mouse IgM",
            "human IgG",
        ),
        *("CD4", "CD19", "CD3E.1", "CD45RA", "HLA-DR", "I-A/I-E", "anti-mouse IgG1", "rat anti mouse IgG", "FcgRIIb"),
        *("ISO1", "ratio", "MouseKeeper", "PD-1", "Mouse CD24", "rat_CD90", "ctrl", "IgG4_CH3", "protein:CD4"),
    ],
}


def flat(known):
    return [pytest.param(name, id=f"{platform}: {name}") for platform, names in known.items() for name in names]


def features(*names, **columns):
    return pd.DataFrame(columns, index=list(names))


@pytest.mark.parametrize("name", flat(CONTROLS))
def test_names_of_controls(name):
    assert is_control(features(name)).tolist() == [True]
    assert is_isotype(features(name)).tolist() == [False]


@pytest.mark.parametrize("name", flat(ISOTYPES))
def test_names_of_isotypes(name):
    assert is_control(features(name)).tolist() == [True]
    assert is_isotype(features(name)).tolist() == [True]
    assert is_control(features(f"protein:{name}", f"{name}-1")).all()


@pytest.mark.parametrize("name", flat(MEASURED))
def test_names_of_what_is_measured(name):
    assert is_control(features(name)).tolist() == [False]


@pytest.mark.parametrize(
    "kind",
    [
        *("Negative Control Probe", "Negative Control Codeword", "Unassigned Codeword", "Deprecated Codeword"),
        *("Genomic Control", "Blank Codeword", "Isotype Control"),
    ],
)
@pytest.mark.parametrize("dtype", ["object", "category", "string"])
def test_types(kind, dtype):
    var = features("a", "b", "c", feature_types=pd.Series([kind, "Gene Expression", None], list("abc")).astype(dtype))
    found = is_control(var)
    assert found.tolist() == [True, False, False]
    assert found.dtype == bool
    assert is_control_type(kind.upper())


@pytest.mark.parametrize("kind", ["Gene Expression", "Protein Expression", "CRISPR Guide Capture", "Custom", "Peaks"])
def test_types_of_what_is_measured(kind):
    assert not is_control_type(kind)


@pytest.mark.parametrize("flags", [["TRUE", "FALSE", ""], ["1", "0", None], [1, 0, np.nan], [True, False, pd.NA]])
def test_flags_of_antibodies_win_over_names(flags):
    var = features("CD19", "mouse_IgG2a", "rat_IgG1", isotype_control=flags)
    assert is_control(var).tolist() == [True, False, True]
    assert is_control(var.astype("category")).tolist() == [True, False, True]
    assert is_control(features("NegPrb1", isotype_control=["FALSE"])).all()  # which is no antibody


def test_our_own_flags_win_over_all():
    names, types = ("NegPrb1", "CD4", "Blank-1"), ["Gene Expression", "Genomic Control", "Gene Expression"]
    var = features(*names, control=[False, True, False], feature_types=types, isotype_control=[True, False, True])
    assert is_control(var).tolist() == [False, True, False]


def test_a_column_of_that_name_that_holds_something_else_decides_nothing():
    assert is_control(features("NegPrb1", "CD4", control=["treated", "untreated"])).tolist() == [True, False]
    assert is_control(features("NegPrb1", "CD4", control=[2.5, np.nan])).tolist() == [True, False]


def test_no_features():
    assert is_control(features()).shape == (0,)
    assert is_control(features(control=[], feature_types=[])).dtype == bool
