"""The numbers that are stored mean what their names say, on simulated tissue whose domains are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

import spamca
from spamca.domains import components_of
from spamca.domains.field import Field


def integrated(**settings):
    mdata = spamca.datasets.simulated(n_spots=900, difficulty=0.8, random_state=4)
    spamca.tl.integrate(mdata, n_clusters=5, settings=settings or None, progress_bar=False)
    return mdata


@pytest.fixture(scope="module")
def tissue():
    return integrated()


def accuracy(mdata):
    """How well the label of a spot is predicted from the nearest spots in the embedding."""
    return cross_val_score(KNeighborsClassifier(15), mdata.obsm["X_spamca"], mdata.obs["label"], cv=5).mean()


def test_posterior_is_that_of_the_labels(tissue):
    posterior = tissue.obsm["spamca_posterior"]
    assert (posterior.idxmax(axis=1).astype(str) == tissue.obs["spamca"].astype(str)).all()
    assert adjusted_rand_score(tissue.obs["label"], posterior.to_numpy().argmax(axis=1)) > 0.8


def test_confidence_is_the_probability_of_the_domain_and_lower_where_it_is_wrong(tissue):
    confidence = tissue.obs["spamca_confidence"].to_numpy()
    np.testing.assert_allclose(confidence, tissue.obsm["spamca_posterior"].to_numpy().max(axis=1))
    named = pd.crosstab(tissue.obs["spamca"], tissue.obs["label"]).idxmax(axis=1)
    right = (named.loc[tissue.obs["spamca"].astype(str)].to_numpy() == tissue.obs["label"].astype(str)).to_numpy()
    assert 0 < (~right).sum() < 90
    assert confidence[right].mean() > confidence[~right].mean() + 0.1


def test_modality_has_the_more_weight_the_more_it_shows_of_a_border(tissue):
    """RNA shows domains 3 and 4 as one, and protein domains 4 and 5."""
    assert list(tissue.uns["simulation"]["seen_as"].iloc[2:5, 0]) == ["domain 3 or domain 4"] * 2 + ["domain 5"]
    number, graph = tissue.obs["label"].cat.codes.to_numpy() + 1, tissue.obsp["spatial_connectivities"].tocoo()
    weight = tissue.obs["rna:spamca_weight"].to_numpy()
    blind, only = (
        weight[graph.row[(number[graph.row] + number[graph.col] == 2 * a + 1) & (abs(number[graph.row] - a - 0.5) < 1)]]
        for a in (3, 4)
    )
    assert blind.mean() < 0.3 < 0.5 < only.mean()


def test_modality_whose_spots_are_shuffled_has_no_weight():
    mdata = spamca.datasets.simulated(n_spots=900, difficulty=0.8, random_state=4)
    mdata["protein"].X = mdata["protein"].X[np.random.default_rng(0).permutation(900)]
    spamca.tl.integrate(mdata, n_clusters=3, progress_bar=False)
    assert mdata.uns["spamca"]["domains"]["weights"] == {"rna": 1, "protein": 0}
    assert mdata.obs["protein:spamca_weight"].max() == 0


@pytest.mark.slow
def test_network_learns_what_a_narrow_embedding_has_to_keep():
    assert accuracy(integrated(n_latent=4)) > 0.8 > 0.5 > accuracy(integrated(n_latent=4, start="random"))


@pytest.mark.slow
def test_default_training_is_of_the_reconstruction():
    history = integrated(start="random", n_steps=60, early_stopping=False).uns["spamca"]["history"]
    np.testing.assert_array_equal(history["total"], history["reconstruction"])
    assert len(history["total"]) == 60
    assert history["total"][-10:].mean() < 0.9 * history["total"][:10].mean()


def test_coherence_counts_four_nats_for_each_spot(tissue):
    features = [tissue[name].obsm["X_pca"] for name in tissue.mod]
    components = components_of(features, tissue.obsp["spatial_connectivities"])
    parts = Field(components).parts(tissue.obs["label"].cat.codes.to_numpy(), 5)
    assert parts["objective"] == pytest.approx(parts["log_likelihood"] + parts["predicted"] + 4 * parts["coherence"])
