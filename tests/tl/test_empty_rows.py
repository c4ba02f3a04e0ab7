"""Spots where a modality holds nothing."""

from __future__ import annotations

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData
from mudata import MuData
from scipy import sparse

import spamca

LIGHT = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}
QUICK = {"max_epochs": 0, "progress_bar": False, "settings": LIGHT}


def emptied(modality: AnnData, rows: np.ndarray, value: float = 0) -> AnnData:
    X = modality.X.toarray()
    X[rows] = value
    out = modality.copy()
    out.X = sparse.csr_matrix(X)
    return out


def joined(mdata, **changed):
    out = MuData({name: changed.get(name, modality).copy() for name, modality in mdata.mod.items()})
    out.obs["section"] = mdata.obs["section"]
    return out


@pytest.fixture(scope="module")
def sections():
    return spamca.datasets.simulated(n_spots=240, n_domains=3, n_features=40, n_sections=2, difficulty=0.3)


@pytest.mark.parametrize(("name", "value"), [("protein", 0), ("rna", np.nan)])
@pytest.mark.slow
def test_a_section_without_a_modality(sections, name, value):
    second = np.flatnonzero(sections.obs["section"] == "section 2")
    first = np.setdiff1d(np.arange(sections.n_obs), second)
    filled = joined(sections, **{name: emptied(sections[name], second, value)})
    without = joined(sections, **{name: sections[name][first]})
    for mdata in (filled, without):
        spamca.pp.neighbors(mdata, library_key="section")
        spamca.tl.integrate(mdata, 3, **QUICK)
    without = without.obs.loc[filled.obs_names]
    assert (filled.obs["spamca"] == without["spamca"]).all()
    np.testing.assert_allclose(filled.obs[f"{name}:spamca_weight"], without[f"{name}:spamca_weight"])
    assert not filled.obs[f"{name}:spamca_weight"].to_numpy()[second].any()


@pytest.fixture(scope="module")
def lacking():
    """Some spots without a protein, and a few without anything; 'spamca' finds domains of them."""
    mdata = spamca.datasets.simulated(n_spots=225, n_domains=3, n_features=40, difficulty=0.2)
    nothing, no_protein = [3, 100], [3, 50, 60, 100, 224]
    mdata = MuData({"rna": emptied(mdata["rna"], nothing), "protein": emptied(mdata["protein"], no_protein)})
    spamca.pp.neighbors(mdata, feature_graphs=True)
    spamca.tl.integrate(mdata, 3, **QUICK)
    return mdata


def test_a_spot_without_anything_follows_its_neighbours(lacking):
    for spot in (3, 100):
        near = lacking.obsp["spatial_connectivities"][spot].indices
        labels = lacking.obs["spamca"].iloc[near]
        assert lacking.obs["spamca"].iloc[spot] in set(labels)
        assert lacking.obs[["rna:spamca_weight", "protein:spamca_weight"]].iloc[spot].eq(0).all()
    assert np.isfinite(lacking.obsm["X_spamca"]).all()
    assert np.isfinite(lacking.obsm["spamca_posterior"].to_numpy()).all()
    graph = lacking["protein"].obsp["feature_neighbors_connectivities"]
    assert not graph[[3, 50, 60, 100, 224]].nnz


def test_what_comes_after_leaves_them_out(lacking):
    mdata = lacking.copy()
    spamca.tl.denoise(mdata)
    predicted = mdata["protein"].layers["spamca_denoised"]
    assert np.isfinite(predicted).all()
    assert predicted[50].std() > 0
    spamca.tl.drivers(mdata, n_folds=2)
    assert set(mdata.uns["spamca_drivers"]["modality"]) == {"rna", "protein"}
    model = spamca.Model.from_mudata(mdata)
    new = MuData({name: modality.copy() for name, modality in lacking.mod.items()})
    for modality in new.mod.values():
        del modality.obs["spamca_measured"]
    spamca.tl.transform(new, model, adapt=False)
    assert (new.obs["spamca"].astype(str) == mdata.obs["spamca"].astype(str)).mean() > 0.95
    assert (~new["protein"].obs["spamca_measured"]).sum() == 5


@pytest.mark.parametrize("scaled", [False, True])
def test_components_that_scanpy_made_of_zeros(lacking, scaled):
    """Zeros have become a row like others in the components; the matrix, or the rows that are alike, show it."""
    mod = {name: AnnData(one.X.copy(), one.obs[[]], one.var[[]]) for name, one in lacking.mod.items()}
    mdata = MuData(mod)
    mdata.obsm["spatial"] = lacking.obsm["spatial"]
    own = mdata["protein"]
    sc.pp.log1p(own)
    if scaled:
        own.X = own.X.toarray()
        sc.pp.scale(own)
    sc.pp.pca(own, n_comps=10)
    spamca.pp.neighbors(mdata)
    assert np.flatnonzero(~own.obs["spamca_measured"]).tolist() == [3, 50, 60, 100, 224]
    spamca.pp.neighbors(mdata, empty_rows="keep")
    assert "spamca_measured" not in own.obs


def test_published_model_says_what_to_do(lacking):
    mdata = lacking.copy()
    with pytest.raises(ValueError, match="5 spots lack one or hold nothing of it.*empty_rows='keep'"):
        spamca.tl.integrate(mdata, preset="paper", max_epochs=1, progress_bar=False)
    spamca.pp.prepare(mdata, empty_rows="keep")
    spamca.tl.integrate(mdata, preset="paper", max_epochs=1, progress_bar=False)


@pytest.mark.parametrize("call", [spamca.pp.neighbors, spamca.tl.integrate, spamca.tl.estimate_n_clusters])
def test_a_part_where_a_modality_holds_nothing(lacking, call):
    """What one section of several may be, when it is taken out."""
    part = lacking[lacking.obs_names[[3, 50, 60, 100, 224]]].copy()
    with pytest.raises(ValueError, match="modality 'protein' holds nothing.*leave it out of mdata"):
        call(part)


def test_controls_do_not_make_a_spot_one_that_was_measured(lacking):
    """The user's own components, of a matrix in which only controls hold something at some spots."""
    mdata = MuData({name: AnnData(one.X.toarray(), one.obs[[]], one.var[[]]) for name, one in lacking.mod.items()})
    mdata.obsm["spatial"] = lacking.obsm["spatial"]
    own = mdata["protein"]
    own.X[:, 0] = 1
    own.var["control"] = np.arange(own.n_vars) == 0
    own.obsm["X_pca"] = np.random.default_rng(0).normal(size=(own.n_obs, 5))
    spamca.pp.neighbors(mdata)
    assert np.flatnonzero(~own.obs["spamca_measured"]).tolist() == [3, 50, 60, 100, 224]
