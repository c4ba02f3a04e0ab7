"""One domain: the whole tissue, with finite numbers everywhere."""

from __future__ import annotations

import numpy as np
import pytest

import spamca


@pytest.fixture(scope="module")
def _one(_with_graphs):
    mdata = _with_graphs.copy()
    spamca.tl.integrate(mdata, 1, progress_bar=False)
    return mdata


@pytest.fixture
def one(_one):
    return _one.copy()


def test_all_spots_are_one_domain(one):
    assert list(one.obs["spamca"].cat.categories) == ["0"]
    assert (one.obs["spamca_confidence"] == 1).all()
    assert one.obsm["spamca_posterior"].shape == (one.n_obs, 1)
    assert (one.obs[["rna:spamca_weight", "protein:spamca_weight"]] == 0.5).to_numpy().all()
    record = one.uns["spamca"]["domains"]
    assert np.isfinite([*record["weights"].values(), *record["inflation"].values(), record["objective"]]).all()
    assert np.isfinite(one.obsm["X_spamca"]).all()


def test_the_embedding_does_not_depend_on_the_number(one, with_graphs):
    spamca.tl.integrate(with_graphs, 3, progress_bar=False)
    np.testing.assert_array_equal(one.obsm["X_spamca"], with_graphs.obsm["X_spamca"])
    spamca.tl.cluster(one, 3)
    np.testing.assert_array_equal(one.obsm["spamca_posterior"], with_graphs.obsm["spamca_posterior"])
    spamca.tl.cluster(one, 1)
    assert spamca.Model.from_mudata(one).domains == ["0"]


@pytest.mark.parametrize("method", ["mixture", "leiden", "kmeans"])
def test_one_domain_of_an_embedding(one, method):
    spamca.tl.cluster(one, 1, method=method)
    assert (one.obs["spamca"] == "0").all()
    assert (one.obs["spamca_confidence"] == 1).all()


def test_it_can_be_described_drawn_and_applied(one, with_graphs):
    spamca.tl.describe(one, n_permutations=10)
    assert one.uns["spamca_description"]["domains"]["n_spots"].tolist() == [one.n_obs]
    assert len(one.uns["spamca_description"]["neighbors"]) == 0
    spamca.pl.spatial_clusters(one)
    spamca.pl.modality_weights(one)
    spamca.tl.transform(with_graphs, one)
    assert np.isfinite(with_graphs.obs["spamca_novelty"]).all()


def test_it_has_no_drivers_and_explains_nothing(one):
    for verb in (spamca.tl.drivers, spamca.tl.variance_explained):
        with pytest.raises(ValueError, match=r"a single domain has no other.*spamca.tl.cluster\(mdata, n_clusters\)"):
            verb(one)


@pytest.mark.slow
def test_its_report(one, tmp_path):
    spamca.report(one, tmp_path / "page.html")
    assert "The result has 1 domain." in (tmp_path / "page.html").read_text(encoding="utf-8")
