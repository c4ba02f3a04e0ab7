from __future__ import annotations

import mudata
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca

# A search for domains that takes a fraction of the time, where its quality does not matter.
LIGHT = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}
QUICK = {"max_epochs": 3, "progress_bar": False, "settings": LIGHT}


@pytest.fixture(scope="module")
def _sections():
    mdata = spamca.datasets.simulated(n_spots=800, n_domains=4, n_sections=2, batch_effect=0.5, difficulty=0.2)
    spamca.pp.neighbors(mdata, library_key="section")
    return mdata


@pytest.fixture
def mdata(_sections):
    """Two sections with batch effects, after ``neighbors``."""
    return _sections.copy()


def agreement(mdata):
    parts = [
        adjusted_rand_score(part["label"], part["spamca"]) for _, part in mdata.obs.groupby("section", observed=True)
    ]
    return min(adjusted_rand_score(mdata.obs["label"], mdata.obs["spamca"]), *parts)


@pytest.mark.slow
def test_sections_share_their_domains(mdata):
    spamca.tl.integrate(mdata, 4, progress_bar=False)
    assert agreement(mdata) > 0.9
    assert mdata.uns["spamca"]["params"]["batch_correction"] is True
    assert mdata.uns["spamca"]["domains"]["batch_effect"] > 1
    table = spamca.metrics.score(mdata, label_key="label", library_key="section")
    assert table.loc["spamca", "cLISI"] > 0.9
    for modality in mdata.mod.values():
        corrected, raw = modality.obsm["X_spamca_corrected"], modality.obsm["X_pca"]
        assert corrected.shape == raw.shape
        assert corrected.dtype == raw.dtype
        first = (mdata.obs["section"] == "section 1").to_numpy()
        apart = [np.linalg.norm(x[first].mean(axis=0) - x[~first].mean(axis=0)) for x in (corrected, raw)]
        assert apart[0] < 0.5 * apart[1]


def test_correction_can_be_left_out(mdata):
    spamca.tl.integrate(mdata, 4, **QUICK)
    spamca.tl.integrate(mdata, 4, batch_correction=False, **QUICK)
    assert "batch_correction" not in mdata.uns["spamca"]["params"]
    assert "batch_effect" not in mdata.uns["spamca"]["domains"]
    assert all("X_spamca_corrected" not in modality.obsm for modality in mdata.mod.values())
    mdata.uns["spatial_neighbors"]["params"].pop("library_key")
    plain = spamca.tl.integrate(mdata, 4, copy=True, **QUICK)
    np.testing.assert_array_equal(plain.obsm["X_spamca"], mdata.obsm["X_spamca"])


def test_a_section_may_lack_a_modality(mdata):
    """The order of the spots differs between the modalities, too."""
    section = mdata.obs["section"].to_numpy()
    kept = {"rna": mdata["rna"], "protein": mdata["protein"][section == "section 1"][::-1]}
    mosaic = mudata.MuData({name: modality.copy() for name, modality in kept.items()})
    for modality in mosaic.mod.values():
        for key in [*modality.uns]:
            del modality.uns[key]
    for column in ("label", "section"):
        mosaic.obs[column] = mdata.obs[column].reindex(mosaic.obs_names)
    spamca.pp.neighbors(mosaic, library_key="section")
    spamca.tl.integrate(mosaic, 4, **QUICK)
    assert mosaic["protein"].obsm["X_spamca_corrected"].shape[0] == (section == "section 1").sum()
    assert np.isfinite(mosaic.obsm["X_spamca"]).all()


def test_published_model_knows_no_correction(mdata):
    spamca.tl.integrate(mdata, 4, preset="paper", **QUICK | {"settings": None})
    assert all("X_spamca_corrected" not in modality.obsm for modality in mdata.mod.values())


@pytest.mark.slow
def test_number_of_domains_of_several_sections(mdata):
    spamca.tl.estimate_n_clusters(mdata, n_clusters_range=(2, 7))
    assert mdata.uns["spamca_n_clusters"]["n_clusters"] == 4
    spamca.tl.estimate_n_clusters(mdata, n_clusters_range=(2, 7), batch_correction=False)
    assert mdata.uns["spamca_n_clusters"]["n_clusters"] != 4


def test_batch_correction_is_a_flag(mdata):
    for call in (spamca.tl.integrate, spamca.tl.estimate_n_clusters):
        with pytest.raises(TypeError, match="batch_correction"):
            call(mdata, batch_correction="harmony")


def test_denoised_features_have_no_batch_effects(mdata):
    spamca.tl.integrate(mdata, 4, **QUICK)
    spamca.tl.denoise(mdata, modalities=["protein"])
    first = (mdata.obs["section"] == "section 1").to_numpy()
    denoised = mdata["protein"].layers["spamca_denoised"]
    measured = np.log1p(mdata["protein"].X.toarray())
    apart = [np.abs(x[first].mean(axis=0) - x[~first].mean(axis=0)).mean() / x.std() for x in (denoised, measured)]
    assert apart[0] < 0.5 * apart[1]


@pytest.fixture
def in_parts(mdata):
    """The same with each section cut into two, of which the graph is built."""
    right = mdata.obsm["spatial"][:, 0] > np.median(mdata.obsm["spatial"][:, 0])
    mdata.obs["part"] = mdata.obs["section"].astype(str) + np.where(right, " right", " left")
    mdata.obs["day"] = mdata.obs["section"].map({"section 1": 1, "section 2": 2}).astype(int)
    spamca.pp.neighbors(mdata, library_key="part")
    return mdata


@pytest.mark.slow
def test_batches_of_several_sections(in_parts, tmp_path):
    spamca.tl.integrate(in_parts, 4, batch_key=["day", "section"], progress_bar=False)
    assert agreement(in_parts) > 0.9
    # One scale and one shift for all sections of a batch.
    own, corrected = (in_parts["rna"].obsm[key][:, 0] for key in ("X_pca", "X_spamca_corrected"))
    slopes = []
    for day in (1, 2):
        spots = np.flatnonzero(in_parts.obs["day"] == day)
        slope, level = np.polyfit(own[spots], corrected[spots], 1)
        np.testing.assert_allclose(slope * own[spots] + level, corrected[spots], atol=1e-3)
        slopes.append((slope, level))
    assert not np.allclose(*slopes, atol=0.1)
    in_parts.write_h5mu(tmp_path / "tissue.h5mu")
    again = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    spamca.tl.cluster(again, 4)
    assert adjusted_rand_score(again.obs["spamca"], in_parts.obs["spamca"]) > 0.99


def test_batch_keys_that_cannot_be_used(in_parts):
    in_parts.obs["half"] = np.where(np.arange(in_parts.n_obs) % 2, "a", "b")
    in_parts.obs["gap"] = in_parts.obs["section"].where(np.arange(in_parts.n_obs) > 0)
    for given, error, match in (
        ("half", ValueError, "batch_key='half' has several values within a section"),
        ("gap", ValueError, "batch_key='gap' has no value for 1 spots"),
        ("slide", KeyError, "batch_key='slide' is not a column"),
        (3, TypeError, "batch_key must be the name of a column of obs or a list of names, got 3"),
        ([], TypeError, "batch_key must be the name"),
    ):
        with pytest.raises(error, match=match):
            spamca.tl.integrate(in_parts, 4, batch_key=given, **QUICK)
        with pytest.raises(error, match=match):
            spamca.tl.estimate_n_clusters(in_parts, batch_key=given)
    with pytest.raises(ValueError, match="batch_correction=False keeps their effects"):
        spamca.tl.integrate(in_parts, 4, batch_key="day", batch_correction=False)
    assert "spamca" not in in_parts.uns
