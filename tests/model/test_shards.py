from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca._group import ALONE
from spamca.model.fit import fit_tissue
from spamca.model.shards import Place, _laid, _with_spare, applied, fit_shards, joined
from spamca.nn import PRESETS
from spamca.tissue import batch_numbers, read

SEARCH = {"finds_domains": True, "trust": None, "random_state": 0, "progress_bar": False, "accelerator": "cpu"}


@pytest.fixture(scope="module")
def tissue():
    """Two sections with batch effects, and spots that lack a modality."""
    mdata = spamca.datasets.simulated(n_spots=400, n_sections=2, n_domains=3, n_features=60, batch_effect=0.5)
    protein = mdata["protein"][10:].copy()
    held = type(mdata)({"rna": mdata["rna"], "protein": protein})
    held.obs["section"] = mdata.obs["section"].reindex(held.obs_names)
    spamca.pp.neighbors(held, library_key="section")
    return read(held, sections=batch_numbers(held, "test", "section"))


def without_spots(found, tissue):
    """What is known of a sample in all processes."""
    return replace(_with_spare(found, tissue), domains=None, weights=None, latents=None, corrected=None)


def halves(tissue):
    first = tissue.sections == 0
    return [tissue.take(first), tissue.take(~first)]


def test_parts_that_are_joined_are_the_tissue(tissue):
    parts = joined(halves(tissue))
    order = np.argsort(tissue.sections, kind="stable")
    assert (parts.graph != tissue.graph[order][:, order]).nnz == 0
    np.testing.assert_array_equal(parts.has, tissue.has[order])
    np.testing.assert_array_equal(parts.sections, tissue.sections[order])
    for m in range(2):
        np.testing.assert_array_equal(parts.features[m], tissue.features[m][order])
        np.testing.assert_array_equal(np.sort(parts.rows[m][parts.has[:, m]]), np.arange(parts.has[:, m].sum()))


def test_places_that_are_joined_are_the_tissue():
    """Its graph, across the cut of a section, and its positions, by which tiles are cut in training."""
    mdata = spamca.datasets.simulated(n_spots=300, n_sections=2, n_domains=3, n_features=20)
    spamca.pp.neighbors(mdata, library_key="section")
    whole, library = read(mdata, position=True), mdata.obs["section"].astype(str).to_numpy()
    options = {"kind": "knn", "n_neighbors": 6}
    places = [Place(mdata.obsm["spatial"][part], library[part], options) for part in (slice(100), slice(100, None))]
    found = _laid(places)
    assert (found["graph"] != whole.graph).nnz == 0
    np.testing.assert_array_equal(found["position"], whole.position)


def test_what_was_found_applies_to_all_spots(tissue):
    """Of which those that it was found in get what they had."""
    found = fit_tissue(tissue, PRESETS["default"], 3, **SEARCH)
    again = applied(without_spots(found, tissue), tissue, 0)
    assert adjusted_rand_score(found.domains.labels, again.domains.labels) > 0.98
    np.testing.assert_allclose(again.latents.fused, found.latents.fused, atol=1e-5)
    np.testing.assert_allclose(again.weights.sum(axis=1), 1)
    for values, expected in zip(again.corrected, found.corrected, strict=True):
        np.testing.assert_array_equal(values, expected)


def test_nothing_to_find_domains_by(tissue):
    rng = np.random.default_rng(0)
    noise = tuple(rng.normal(size=values.shape).astype(np.float32) for values in tissue.features)
    blank = type(tissue)(tissue.names, tissue.rows, noise, tissue.graph)
    found = fit_tissue(blank, PRESETS["default"], 3, **SEARCH)
    again = applied(without_spots(found, blank), blank, 0)
    np.testing.assert_allclose(again.domains.posterior, found.domains.posterior)
    np.testing.assert_allclose(again.weights, found.weights)


def test_a_single_process_fits_its_tissue(tissue):
    alone = fit_shards(ALONE, tissue, None, PRESETS["default"], 3, **SEARCH)
    assert "shards" not in alone.record
