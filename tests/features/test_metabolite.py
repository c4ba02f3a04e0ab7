"""Metabolites."""

from __future__ import annotations

import numpy as np
import pytest
from anndata import AnnData
from dask import array as da
from scipy import sparse

from spamca.features import KINDS, Fitted, in_blocks, infer_kind
from spamca.features._linear import scaled_pca
from spamca.features.metabolite import is_intensity, level_metabolite, prepare_metabolite, treat_metabolite


@pytest.fixture
def intensities():
    """150 pixels of 2 groups, 30 ions of very different brightness, zeros below a limit; pixel 0 and ion 5 have nothing."""
    rng = np.random.default_rng(0)
    level = rng.normal(6, 2, size=30) + np.repeat([[0.0], [0.8]], 75, axis=0) * (np.arange(30) < 10)
    X = np.exp(level + rng.normal(0, 0.3, size=(150, 1)) + rng.normal(0, 0.4, size=(150, 30)))
    X[X < 50] = 0
    X[0], X[:, 5] = 0, 0
    return X.astype(np.float32)


def by_hand(X):
    total = X.sum(axis=1, dtype=np.float64)
    normalised = X * np.divide(np.median(total[total > 0]), total, where=total > 0, out=np.zeros_like(total))[:, None]
    limit = np.ones(X.shape[1])
    for ion in range(X.shape[1]):
        found = np.log(normalised[normalised[:, ion] > 0, ion])
        limit[ion] = np.exp(found.mean() - 1.645 * found.std()) if len(found) else 1
    return np.log1p(normalised / limit)


def test_total_ion_current_and_log_in_limits(intensities):
    np.testing.assert_allclose(level_metabolite(intensities), by_hand(intensities), rtol=1e-5)
    expected = scaled_pca(by_hand(intensities).astype(np.float32), n_components=6)
    features = prepare_metabolite(intensities, n_components=6)
    np.testing.assert_allclose(features.values, expected.values, atol=1e-3)
    assert features.steps[:2] == ("total ion current", "log in detection limits")


def test_brightness_of_pixels_and_units_do_not_matter(intensities):
    factor = np.random.default_rng(1).lognormal(0, 1, size=(150, 1))
    before = prepare_metabolite(intensities, n_components=4).values
    # Up to float32: the median total is that of other pixels.
    np.testing.assert_allclose(prepare_metabolite(intensities * factor, n_components=4).values, before, atol=2e-3)
    np.testing.assert_allclose(prepare_metabolite(intensities * 1e-7, n_components=4).values, before, atol=2e-3)


def test_faint_ions_count_as_much_as_bright_ones(intensities):
    level = level_metabolite(intensities)
    found = [np.median(values[values > 0]) for values in level.T if (values > 0).sum() > 20]
    raw = [np.median(values[values > 0]) for values in intensities.T if (values > 0).sum() > 20]
    assert max(raw) > 50 * min(raw)
    assert max(found) < 3 * min(found)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, np.asfortranarray])
def test_every_form_gives_the_same(intensities, form):
    X = form(intensities)
    before = X.copy()
    np.testing.assert_allclose(prepare_metabolite(X).values, prepare_metabolite(intensities).values, atol=1e-4)
    assert (before != X).sum() == 0


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_blocks_give_the_same(intensities, form):
    X = in_blocks(da.from_array(form(intensities), chunks=(100, -1)))
    found, known = prepare_metabolite(X, n_components=5), prepare_metabolite(intensities, n_components=5)
    np.testing.assert_allclose(found.values, known.values, atol=1e-3)
    np.testing.assert_allclose(found.columns["limit"], known.columns["limit"], rtol=1e-5)


def test_other_tissue_is_treated_alike(intensities):
    features = prepare_metabolite(intensities, n_components=5)
    fitted = Fitted(features.loadings, features.columns, features.constants)
    treated, known = treat_metabolite(intensities, np.arange(30), fitted)
    np.testing.assert_allclose(known.scores(treated), features.values, atol=1e-3)
    order = np.random.default_rng(0).permutation(30)
    treated, known = treat_metabolite(3 * intensities[:, order], np.argsort(order), fitted)
    np.testing.assert_allclose(known.scores(treated), features.values, atol=1e-3)


def test_other_tissue_without_some_ions(intensities):
    features = prepare_metabolite(intensities, n_components=5)
    fitted = Fitted(features.loadings, features.columns, features.constants)
    position = np.where(np.arange(30) < 25, np.arange(30), -1)
    treated, known = treat_metabolite(intensities[:, :25], position, fitted)
    assert treated.shape[1] == known.loadings.shape[0]
    assert np.corrcoef(known.scores(treated)[:, 0], features.values[:, 0])[0, 1] > 0.9


def test_components_stand_for_features_in_its_units(intensities):
    features = prepare_metabolite(intensities, n_components=28)
    restored = features.to_features(features.values)
    used = features.used()
    assert np.abs(restored - by_hand(intensities))[:, used].mean() < 0.1  # the last components are left out
    assert np.isnan(restored[:, 5]).all()
    assert "total ion current" in KINDS["metabolite"].units


@pytest.mark.parametrize(
    ("change", "intensity"),
    [
        (lambda X: X, True),
        (np.rint, True),
        (lambda X: X / np.maximum(X.sum(axis=1, keepdims=True), 1), True),
        (lambda X: X / 1e5, True),
        (np.log1p, False),
        (lambda X: np.log10(X + 1), False),
        (lambda X: X - X.mean(axis=0), False),
        (lambda X: (X - X.mean(axis=0)) / (X.std(axis=0) + 1), False),
    ],
    ids=["raw", "whole", "shares", "small", "log", "log10", "centred", "scaled"],
)
@pytest.mark.parametrize(
    "form",
    [np.asarray, sparse.csr_matrix, lambda X: in_blocks(da.from_array(X, chunks=(100, -1)))],
    ids=["dense", "sparse", "dask"],
)
def test_values_that_were_normalised_or_logged_are_recognised(intensities, change, intensity, form):
    assert is_intensity(form(change(intensities))) == intensity


@pytest.mark.parametrize("name", ["msi", "metabolites", "lipids"])
def test_kind_of_values(intensities, name, caplog):
    assert infer_kind(name, AnnData(intensities)) == "metabolite"
    with caplog.at_level("INFO", logger="spamca"):
        assert infer_kind(name, AnnData(np.log1p(intensities))) == "generic"
    assert f"{name!r}: values were normalised or logged already" in caplog.text


def test_negative_values_are_an_error(intensities):
    with pytest.raises(ValueError, match="holds negative values"):
        prepare_metabolite(intensities - 1)


def test_other_tissue_that_was_logged_is_an_error(intensities):
    features = prepare_metabolite(intensities)
    with pytest.raises(ValueError, match="normalised or logged"):
        treat_metabolite(np.log1p(intensities), np.arange(30), features)


@pytest.mark.parametrize(
    "X", [np.zeros((20, 5), np.float32), sparse.csr_matrix((20, 5), dtype=np.float32)], ids=["dense", "sparse"]
)
def test_nothing_found(X):
    with pytest.raises(ValueError, match="none of the 5 features varies"):
        prepare_metabolite(X)
