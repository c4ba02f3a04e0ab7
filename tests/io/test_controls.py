"""Controls of the assay: flagged in the modality that they control, said once, never a modality."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from spamca.io import from_anndata, from_spatialdata

CONTROLS = {
    "NegControlProbe_00042": "Negative Control Probe",
    "NegControlProbe_00041": "Negative Control Probe",
    "UnassignedCodeword_0001": "Unassigned Codeword",
    "Intergenic_Region_1": "Genomic Control",
    "mouse_IgG2a": "Protein Expression",
}
SAID = (
    "controls, flagged in var['control'] and not used by pp.prepare: 4 of 'rna' (2 Negative Control Probe, "
    "1 Unassigned Codeword, 1 Genomic Control); 1 of 'protein' (1 isotype)"
)


@pytest.fixture
def xenium(tissue):
    """One table of genes, proteins, and controls of both, in an order of no modality."""
    controls = ad.AnnData(
        np.ones((225, 5), dtype=np.float32),
        obs=pd.DataFrame(index=tissue.obs_names),
        var=pd.DataFrame({"feature_types": list(CONTROLS.values())}, index=list(CONTROLS)),
    )
    table = ad.concat([controls, tissue["protein"], tissue["rna"]], axis="var", merge="same")
    table.obsm["spatial"] = tissue.obsm["spatial"]
    return table


def check(mdata, tissue):
    assert list(mdata.mod) == ["rna", "protein"]
    for name, n in (("rna", 4), ("protein", 1)):
        flags = mdata[name].var["control"]
        assert flags.dtype == bool
        assert set(mdata[name].var_names[flags]) == {key for key in CONTROLS if ("Ig" in key) == (name == "protein")}
        assert list(mdata[name].var_names[~flags]) == list(tissue[name].var_names)
        assert flags.sum() == n


def test_of_one_table(xenium, tissue, logged):
    check(from_anndata(xenium), tissue)
    assert [line for line in logged() if "control" in line] == [f"from_anndata: {SAID}"]


def test_of_a_table_in_spatialdata(xenium, tissue, annotating, circles, logged):
    from spatialdata import SpatialData

    shapes = {"spots": circles(tissue.obsm["spatial"], range(225))}
    sdata = SpatialData(shapes=shapes, tables={"table": annotating(xenium, range(225))})
    check(from_spatialdata(sdata), tissue)
    assert [line for line in logged() if "control" in line] == [f"from_spatialdata: {SAID}"]


def test_of_tables_with_names(tissue, logged):
    rna = tissue["rna"].copy()
    del rna.var["feature_types"]
    rna.var_names = ["Blank-1", "NegPrb3", *rna.var_names[2:]]
    protein = tissue["protein"].copy()
    protein.var["isotype_control"] = ["TRUE", *["FALSE"] * 39]
    mdata = from_anndata({"rna": rna, "protein": protein})
    assert list(np.flatnonzero(mdata["rna"].var["control"])) == [0, 1]
    assert list(np.flatnonzero(mdata["protein"].var["control"])) == [0]
    assert list(mdata["protein"].var["isotype_control"]) == ["TRUE", *["FALSE"] * 39]
    assert "control" not in rna.var
    assert "2 of 'rna' (2 by name); 1 of 'protein' (1 isotype)" in logged()[-1]


def test_flags_of_the_user_stay(tissue):
    rna = tissue["rna"].copy()
    rna.var["control"] = np.arange(40) == 7
    assert list(np.flatnonzero(from_anndata({"rna": rna})["rna"].var["control"])) == [7]
    rna.var["control"] = "treated"
    rna.var_names = ["Blank-1", *rna.var_names[1:]]
    assert set(from_anndata({"rna": rna})["rna"].var["control"]) == {"treated"}


def test_without_any(tissue, logged):
    mdata = from_anndata(dict(tissue.mod))
    assert "control" not in mdata["rna"].var
    assert not any("control" in line for line in logged())
