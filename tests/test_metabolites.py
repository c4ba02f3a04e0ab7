"""Metabolites through the functions that come after their preparation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from mudata import MuData
from sklearn.metrics import adjusted_rand_score

import spamca


def imaging(seed):
    """RNA and intensities of 20 ions at 144 spots in two halves; ions 0 to 7 are twice as bright on the right."""
    rng = np.random.default_rng(seed)
    at = np.stack(np.meshgrid(np.arange(12.0), np.arange(12.0)), axis=-1).reshape(-1, 2)
    right = at[:, 0] > 5
    level = np.linspace(3, 9, 20) + np.log(2) * right[:, None] * (np.arange(20) < 8)
    X = np.exp(level + rng.normal(0, 0.5, size=(144, 1)) + rng.normal(0, 0.3, size=(144, 20)))
    X[X < 15] = 0
    counts = rng.poisson(3 + 2 * right[:, None] * (np.arange(30) < 10))
    obs = pd.DataFrame({"right": right.astype(str)}, index=[f"spot{i}" for i in range(144)])
    mod = {"rna": AnnData(counts.astype(np.float32)), "msi": AnnData(X.astype(np.float32))}
    for name, adata in mod.items():
        adata.obs, adata.obsm["spatial"] = obs.copy(), at.copy()
        adata.var_names = [f"{name}{i}" for i in range(adata.n_vars)]
    return MuData(mod)


@pytest.fixture(scope="module")
def found():
    mdata = imaging(0)
    spamca.tl.integrate(mdata, n_clusters=2, progress_bar=False)
    return mdata


def test_domains(found):
    assert found["msi"].uns["spamca"]["kind"] == "metabolite"
    assert adjusted_rand_score(found["msi"].obs["right"], found.obs["spamca"]) > 0.9


def test_denoised_values_are_in_units_of_the_kind(found):
    mdata = found.copy()
    spamca.tl.denoise(mdata)
    assert "total ion current" in mdata.uns["spamca"]["denoise"]["spamca_denoised"]["msi"]["units"]
    values, right = mdata["msi"].layers["spamca_denoised"], mdata["msi"].obs["right"] == "True"
    raised = values[right].mean(axis=0) - values[~right].mean(axis=0)
    assert raised[:8].min() > raised[8:].max()


def test_drivers_are_ions_with_their_fold_change(found):
    mdata = found.copy()
    spamca.tl.drivers(mdata)
    table = mdata.uns["spamca_drivers"]
    msi = table[table["modality"] == "msi"].dropna(subset="log2_fold_change")
    change = msi.groupby("feature", observed=True)["log2_fold_change"].max()
    # The total current is shared by all ions, so that a factor of two is nearly two among few bright ones.
    assert change[[f"msi{i}" for i in range(2, 8)]].between(0.6, 1.2).all()


def test_a_model_on_other_tissue(found):
    model = spamca.Model.from_mudata(found)
    other = imaging(1)
    other["msi"].X = 10 * other["msi"].X  # another gain
    spamca.tl.transform(other, model)
    assert adjusted_rand_score(other["msi"].obs["right"], other.obs["spamca"]) > 0.9
    other["msi"].X = np.log1p(other["msi"].X)
    with pytest.raises(ValueError, match="normalised or logged"):
        spamca.tl.transform(other, model)
