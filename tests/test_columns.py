"""One way to name a column of ``obs``, for every function that takes one."""

from __future__ import annotations

import json

import mudata
import numpy as np
import pandas as pd
import pytest

import spamca
from spamca import _checks
from spamca._edge import without_pull

FORMS = {
    "categories": pd.Categorical,
    "strings": np.asarray,
    "string array": lambda values: pd.array(values, dtype="string"),
}


@pytest.fixture
def mdata():
    """Labels of a modality that some spots lack, in another order of spots."""
    whole = spamca.datasets.simulated(n_spots=81, n_domains=3, n_features=4)
    parts = {"protein": whole["protein"].copy(), "rna": whole["rna"][:9:-1].copy()}
    parts["rna"].obs["cells"] = whole.obs["label"].astype(str).reindex(parts["rna"].obs_names).astype("category")
    with without_pull():
        mdata = mudata.MuData(parts)
    mdata.obs["label"] = whole.obs["label"].reindex(mdata.obs_names)
    mdata.obsm["spatial"] = whole[mdata.obs_names].obsm["spatial"]
    return mdata


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["rna:cells", "cells"])
def test_a_column_of_a_modality_lies_over_all_spots(mdata, name, form):
    mdata["rna"].obs["cells"] = FORMS[form](mdata["rna"].obs["cells"].tolist())
    found = _checks.check_column(mdata, "key", name)
    lacks = ~mdata.obs_names.isin(mdata["rna"].obs_names)
    assert found.values.isna().tolist() == lacks.tolist()
    assert (found.values[~lacks].astype(str) == mdata.obs["label"][~lacks].astype(str)).all()
    assert (found.holder, found.name) == (mdata["rna"], "cells")


def test_the_own_column_comes_first_and_a_lost_one_is_named(mdata):
    mdata.obs["cells"] = "own"
    assert set(_checks.check_column(mdata, "key", "cells").values) == {"own"}
    assert set(_checks.check_column(mdata, "key", "rna:cells").values.dropna()) == {"domain 1", "domain 2", "domain 3"}
    for name in ("rna:absent", "absent", "atac:cells", "protein:cells", ":", "rna:", ""):
        with pytest.raises(KeyError, match=f"label_key='{name}' is not a column of mdata.obs.*; run it"):
            _checks.check_column(mdata, "label_key", name, mend="run it")
    for wrong in (3, None, ["cells"]):
        with pytest.raises(TypeError, match="key must be a string, got"):
            _checks.check_column(mdata, "key", wrong)


@pytest.mark.parametrize("name", ["rna:cells", "cells"])
def test_scores_and_descriptions_take_columns_of_modalities(mdata, name):
    table = spamca.metrics.score(mdata, key=["label", name], label_key=name)
    assert table["ARI"].tolist() == [1.0, 1.0]
    spamca.pp.neighbors(mdata)
    spamca.tl.describe(mdata, key=name, composition=name, n_permutations=5)
    assert mdata.uns[f"{name}_description"]["domains"]["n_spots"].sum() == mdata["rna"].n_obs
    spamca.tl.drivers(mdata, groupby=name)
    spamca.pl.drivers(mdata, key=name)


@pytest.mark.parametrize("name", ["rna:cells", "cells"])
def test_figures_take_columns_of_modalities(mdata, name):
    figures = spamca.pl
    figures.spatial_clusters(mdata, color=name, match="label", outline=name)
    figures.spatial_clusters(mdata, color="label", match=name, outline=name)
    assert figures.confusion(mdata, rows=name, columns="label").get_title().startswith("ARI 1.00")
    figures.alluvial(mdata, ["label", name])
    for modality in mdata.mod.values():
        modality.obs["spamca_weight"] = 0.5
    axes = figures.modality_weights(mdata, groupby=name)
    assert [text.get_text() for text in axes[-1].get_xticklabels()] == ["domain 1", "domain 2", "domain 3"]


@pytest.mark.parametrize("name", ["rna:cells", "cells"])
def test_the_page_and_the_trajectory_take_columns_of_modalities(mdata, name):
    from spamca.io._vitessce_store import sets_of

    values, colors = sets_of(mdata, [name])
    assert list(next(iter(colors.values()))) == ["domain 1", "domain 2", "domain 3", "no value"]
    assert (pd.Series(next(iter(values.values()))) == "no value").sum() == 81 - mdata["rna"].n_obs


def test_info_and_report_take_columns_of_modalities(integrated, tmp_path, capsys):
    from spamca.cli import main

    mdata = integrated
    mdata["protein"].obs["truth"] = mdata.obs["label"]
    spamca.report(mdata, tmp_path / "report.html", label_key="protein:truth", compute=False)
    assert "protein:truth" in (tmp_path / "report.html").read_text()
    mdata.write_h5mu(tmp_path / "tissue.h5mu")
    found = []
    for name in ("label", "protein:truth", "truth"):
        assert main(["info", str(tmp_path / "tissue.h5mu"), "--label", name, "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out)["results"]["spamca"][f"agreement with {name}"])
    assert found[0] == found[1] == found[2]
