"""``tl.denoise``."""

from __future__ import annotations

import logging

import mudata
import numpy as np
import pandas as pd
import pytest

import spamca

# A search for domains that takes a fraction of the time: they do not matter here.
LIGHT = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}
QUICK = {"n_clusters": 3, "max_epochs": 10, "progress_bar": False, "settings": LIGHT}


def correlation(values, truth):
    values, truth = values - values.mean(axis=0), truth - truth.mean(axis=0)
    return float(((values * truth).sum(axis=0) / np.sqrt((values**2).sum(axis=0) * (truth**2).sum(axis=0))).mean())


@pytest.fixture(scope="module")
def _partial():
    """Tissue half of whose spots lack protein, rows in another order; and the tissue with everything."""
    whole = spamca.datasets.simulated(n_spots=400, n_domains=3, n_features=40, means=True, random_state=1)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(400)[:200])
    part = mudata.MuData({"rna": whole["rna"].copy(), "protein": whole["protein"][rng.permutation(rows)].copy()})
    part.obsm["spatial"] = np.asarray(whole["rna"][part.obs_names].obsm["spatial"])
    spamca.tl.integrate(part, **QUICK)
    return part, whole


@pytest.fixture
def partial(_partial):
    return _partial[0].copy(), _partial[1]


def test_writes(integrated):
    before = {name: modality.X.copy() for name, modality in integrated.mod.items()}
    assert spamca.tl.denoise(integrated) is None
    for name, modality in integrated.mod.items():
        layer = modality.layers["spamca_denoised"]
        assert layer.shape == modality.shape
        assert layer.dtype == np.float32
        assert np.isfinite(layer).all()
        assert (before[name] != modality.X).sum() == 0
        record = integrated.uns["spamca"]["denoise"]["spamca_denoised"][name]
        assert ((record["own"] >= 0) & (record["own"] <= 1)).all()
        assert ((record["predicted"] >= 0) & (record["predicted"] <= 1)).all()
    units = {name: found["units"] for name, found in integrated.uns["spamca"]["denoise"]["spamca_denoised"].items()}
    assert units == {"rna": "logarithm of one plus counts at the median depth", "protein": "centred log ratio"}
    assert not [key for key in integrated.obsm if "denoised" in key]


def test_closer_to_the_means():
    mdata = spamca.datasets.simulated(n_spots=400, n_domains=3, means=True)
    spamca.tl.integrate(mdata, **QUICK)
    spamca.tl.denoise(mdata)
    rna = mdata["rna"]

    def logged(X):
        return np.log1p(X / X.sum(axis=1, keepdims=True) * np.median(X.sum(axis=1)))

    truth, measured = logged(rna.layers["mean"]), logged(rna.X.toarray())
    assert correlation(rna.layers["spamca_denoised"], truth) > 2 * correlation(measured, truth)


def test_spots_that_lack_a_modality(partial):
    part, whole = partial
    spamca.tl.denoise(part)
    table = part.obsm["spamca_denoised_protein"]
    assert isinstance(table, pd.DataFrame)
    assert list(table.index) == list(part.obs_names)
    assert list(table) == list(part["protein"].var_names)
    assert np.isfinite(table.to_numpy()).all()
    assert "spamca_denoised_rna" not in part.obsm
    # Rows are matched by name: modalities hold their spots in different orders.
    own = table.loc[part["protein"].obs_names].to_numpy()
    np.testing.assert_allclose(part["protein"].layers["spamca_denoised"], own, rtol=1e-6)
    lacking = part.obs_names.difference(part["protein"].obs_names)
    mean = np.log1p(whole["protein"][lacking].layers["mean"])
    assert correlation(table.loc[lacking].to_numpy(), mean - mean.mean(axis=1, keepdims=True)) > 0.3


def test_features_by_name(integrated):
    names = [integrated["protein"].var_names[3], integrated["rna"].var_names[5], integrated["rna"].var_names[1]]
    whole = spamca.tl.denoise(integrated, copy=True)
    spamca.tl.denoise(integrated, features=names, key_added="few")
    assert list(integrated.obsm["few_rna"]) == names[1:]
    assert list(integrated.obsm["few_protein"]) == names[:1]
    np.testing.assert_allclose(
        integrated.obsm["few_rna"][names[1]], whole["rna"][:, names[1]].layers["spamca_denoised"].ravel(), rtol=1e-5
    )
    assert "few" not in integrated["rna"].layers
    spamca.tl.denoise(integrated, features=names[0], key_added="few")
    assert set(integrated.uns["spamca"]["denoise"]["few"]) == {"rna", "protein"}


def test_features_that_were_not_used_are_named_and_left_out(integrated):
    rna = integrated["rna"]
    rna.varm["PCs"][3] = 0
    spamca.tl.denoise(integrated)
    table = integrated.obsm["spamca_denoised_rna"]
    assert list(table) == [name for name in rna.var_names if name != rna.var_names[3]]
    assert np.isfinite(table.to_numpy()).all()
    assert "spamca_denoised" not in rna.layers
    assert "spamca_denoised" in integrated["protein"].layers
    with pytest.raises(ValueError, match=rf"features names \['{rna.var_names[3]}'\], .* \(39 of 40 of 'rna', 40 of 40"):
        spamca.tl.denoise(integrated, features=[rna.var_names[3], "protein2"])
    axes = spamca.pl.spatial_clusters(integrated, color=rna.var_names[5], layer="spamca_denoised")
    assert axes is not None


@pytest.mark.filterwarnings("ignore:.*ar_names are not unique:UserWarning")
def test_names_that_repeat_are_made_unique(partial, tmp_path):
    mdata, _ = partial
    names = list(mdata["protein"].var_names)
    mdata["protein"].var_names = [names[0], names[0], *names[2:]]
    spamca.tl.denoise(mdata)
    assert list(mdata.obsm["spamca_denoised_protein"])[:2] == [names[0], f"{names[0]}-1"]
    spamca.tl.denoise(mdata, features=[f"{names[0]}-1", names[2]], key_added="few")
    expected = mdata.obsm["spamca_denoised_protein"][[f"{names[0]}-1", names[2]]]
    pd.testing.assert_frame_equal(mdata.obsm["few_protein"], expected)
    mdata.write(tmp_path / "denoised.h5mu")


def test_modalities(integrated):
    spamca.tl.denoise(integrated, modalities="protein")
    assert "spamca_denoised" in integrated["protein"].layers
    assert "spamca_denoised" not in integrated["rna"].layers


def test_copy_and_seed(integrated, assert_same):
    before = integrated.copy()
    one, same = (spamca.tl.denoise(integrated, random_state=3, copy=True) for _ in range(2))
    assert_same(integrated, before)
    assert_same(one, same)
    spamca.tl.denoise(integrated, random_state=3)
    assert_same(integrated, one)


@pytest.mark.slow
def test_survives_a_file(partial, tmp_path, assert_same):
    part, _ = partial
    spamca.tl.denoise(part)
    part.write(tmp_path / "tissue.h5mu")
    read = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert_same(read, part)
    spamca.tl.denoise(read)
    np.testing.assert_allclose(read.obsm["spamca_denoised_protein"], part.obsm["spamca_denoised_protein"], rtol=1e-5)


def test_new_embedding_removes_it(partial):
    part, _ = partial
    spamca.tl.denoise(part)
    spamca.tl.integrate(part, **QUICK)
    assert "spamca_denoised" not in part["rna"].layers
    assert "spamca_denoised_protein" not in part.obsm
    spamca.tl.denoise(part)


@pytest.mark.parametrize("settings", [{"views": ("spatial",)}, {"spatial_scales": (0, 2)}])
def test_settings(tissue, settings):
    spamca.tl.integrate(tissue, **QUICK | {"settings": LIGHT | settings})
    spamca.tl.denoise(tissue)
    assert np.isfinite(tissue["rna"].layers["spamca_denoised"]).all()


def test_transformation_removes_it(integrated):
    model = spamca.Model.from_mudata(integrated)
    spamca.tl.denoise(integrated)
    spamca.tl.denoise(integrated, features=["protein2"], key_added="few")
    spamca.tl.transform(integrated, model)
    assert "spamca_denoised" not in integrated["rna"].layers
    assert "few_protein" not in integrated.obsm
    with pytest.raises(KeyError, match="no trained network"):
        spamca.tl.denoise(integrated)
    spamca.tl.integrate(integrated, **QUICK)
    spamca.tl.denoise(integrated)
    assert "spamca_denoised" in integrated["rna"].layers


def test_published_network(tissue):
    spamca.tl.integrate(tissue, preset="paper", **QUICK | {"settings": None})
    assert "spamca_guide" not in tissue.obsm
    spamca.tl.denoise(tissue)
    assert np.isfinite(tissue["rna"].layers["spamca_denoised"]).all()


def test_single_modality(tissue):
    alone = mudata.MuData({"rna": tissue["rna"]})
    spamca.tl.integrate(alone, **QUICK)
    spamca.tl.denoise(alone)
    assert np.isfinite(alone["rna"].layers["spamca_denoised"]).all()


def test_features_from_elsewhere(tissue, caplog):
    tissue["protein"].obsm["X_pca"] = tissue["protein"].X.toarray()[:, :6]
    spamca.tl.integrate(tissue, **QUICK)
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.denoise(tissue)
    assert "['protein'] left out" in caplog.text
    assert "spamca_denoised" in tissue["rna"].layers
    with pytest.raises(KeyError, match="'protein' has no loadings"):
        spamca.tl.denoise(tissue, modalities=["protein"])


def test_refuses(integrated, tissue, assert_same):
    with pytest.raises(KeyError, match="no trained network"):
        spamca.tl.denoise(tissue)
    before = integrated.copy()
    for error, given, message in (
        (KeyError, {"modalities": ["atac"]}, "names modality 'atac'"),
        (KeyError, {"features": ["nothing"]}, "nothing"),
        (TypeError, {"features": 3}, "features must be a name or a list of names, got 3"),
        (TypeError, {"modalities": []}, "modalities must be"),
        (ValueError, {"key_added": "a/b"}, "without '/'"),
        (KeyError, {"key": "other"}, "'other'"),
        (TypeError, {"random_state": "0"}, "random_state"),
    ):
        with pytest.raises(error, match=message):
            spamca.tl.denoise(integrated, **given)
    assert_same(integrated, before)


def test_what_the_user_wrote_is_not_replaced(integrated):
    integrated["rna"].layers["mine"] = integrated["rna"].X
    with pytest.raises(ValueError, match=r"would replace mdata\['rna'\].layers\['mine'\]"):
        spamca.tl.denoise(integrated, key_added="mine")


def test_other_features_than_those_trained_on(integrated):
    trained_on = integrated["rna"].obsm["X_pca"]
    for other in (trained_on[:, :5], 3 * trained_on):
        integrated["rna"].obsm["X_pca"] = other
        with pytest.raises(ValueError, match="features or the spots of modality 'rna' are no longer those"):
            spamca.tl.denoise(integrated)


@pytest.mark.parametrize("modalities", [None, "rna", "protein"])
def test_loadings_that_are_gone_are_named(integrated, modalities):
    del integrated["rna"].varm["PCs"]
    with pytest.raises(
        KeyError, match=r"mdata\['rna'\].varm\['PCs'\], the loadings .* call spamca.pp.prepare\(mdata\)"
    ):
        spamca.tl.denoise(integrated, modalities=modalities)
