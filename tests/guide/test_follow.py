from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.guide import guide
from spamca.guide.emissions import Emissions
from spamca.guide.follow import follow, spare_gain


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue of five domains, two modalities of it, and what the first three look like to who saw only these."""
    toy = make_toy(40, 30, 5, seed=3)
    features = [toy.features(noise=0.6), toy.features(4, noise=0.6, seed=2)]
    seen = np.flatnonzero(toy.truth < 3)
    adjacency = toy.adjacency[seen][:, seen]
    found = guide([values[seen] for values in features], adjacency, 3)
    form = {"hops": found.hops, "coherence": found.coherence, "noise": found.noise}
    known = Emissions.estimate(found.blocks, found.assignment, adjacency, **form)
    return (
        toy,
        features,
        seen,
        known.with_spare(found.blocks, found.assignment, adjacency),
    )


def followed(made, spots, present=None):
    toy, features, _, emissions = made
    adjacency = toy.adjacency[spots][:, spots]
    blocks = emissions.blocks([values[spots] for values in features], present, adjacency)
    known = emissions.domains(blocks, adjacency)
    return known, follow(emissions, blocks, adjacency, known)


def test_own_tissue_has_nothing_new(made):
    known, found = followed(made, made[2])
    assert found.shape == known.shape
    assert adjusted_rand_score(known.argmax(axis=1), found.argmax(axis=1)) > 0.98


def test_domains_that_were_not_there_are_new(made):
    toy = made[0]
    known, found = followed(made, np.arange(toy.n_spots))
    assert found.shape[1] == known.shape[1] + 2
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert adjusted_rand_score(toy.truth, known.argmax(axis=1)) < 0.9
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.95
    seen = made[2]
    assert (known.argmax(axis=1) == found.argmax(axis=1))[seen].mean() > 0.95, "known domains keep their numbers"


def test_modality_that_is_not_there_has_no_say(made):
    toy, features, seen, emissions = made
    known, found = followed(made, seen, np.tile([True, False], (len(seen), 1)))
    assert adjusted_rand_score(toy.truth[seen], found.argmax(axis=1)) > 0.8
    none = np.zeros((len(seen), 2), dtype=bool)
    adjacency = toy.adjacency[seen][:, seen]
    blocks = emissions.blocks([values[seen] for values in features], none, adjacency)
    known = emissions.domains(blocks, adjacency)
    assert follow(emissions, blocks, adjacency, known) is known


def test_large_tissue_is_looked_at_in_patches(made, monkeypatch):
    toy = made[0]
    monkeypatch.setattr("spamca.guide.follow.SEARCHED", 600)
    _, found = followed(made, np.arange(toy.n_spots))
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9


def test_spare_gain_is_large_where_domains_are_merged(made, monkeypatch):
    toy, features, _, _ = made
    found = guide(features, toy.adjacency, 5)
    whole = spare_gain(found.blocks, toy.adjacency, found.assignment)
    merged = np.eye(4, dtype=np.float32)[np.minimum(toy.truth, 3)]
    gain = spare_gain(found.blocks, toy.adjacency, merged)
    assert 0 <= whole < gain / 5
    monkeypatch.setattr("spamca.guide.follow.SEARCHED", 600)
    assert spare_gain(found.blocks, toy.adjacency, merged) == pytest.approx(gain, rel=0.5)
    assert spare_gain(found.blocks, toy.adjacency, np.eye(200, dtype=np.float32)[np.arange(1200) // 6]) == 0


def test_domains_of_a_mixture_follow_tissue_that_is_shifted(make_toy):
    toy = make_toy(30, 30, 3, seed=5)
    features = [toy.features(6, 0.5) + 0.5 * toy.texture(6, 2)]
    found = guide(features, toy.adjacency, 3)
    assert not found.coherence
    emissions = Emissions.estimate(found.blocks, found.assignment, toy.adjacency, hops=found.hops, noise=found.noise)
    own = emissions.blocks(features, None, toy.adjacency)
    kept = follow(emissions, own, toy.adjacency, emissions.domains(own, toy.adjacency))
    assert (kept.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.97
    shift = 0.4 * (features[0][toy.truth == 0].mean(axis=0) - features[0][toy.truth == 1].mean(axis=0))
    other = emissions.blocks([features[0] + shift], None, toy.adjacency)
    fixed = emissions.domains(other, toy.adjacency)
    moved = follow(emissions, other, toy.adjacency, fixed)
    np.testing.assert_allclose(moved.sum(axis=1), 1, rtol=1e-5)
    scores = [adjusted_rand_score(toy.truth, q.argmax(axis=1)) for q in (fixed, moved)]
    assert scores[1] > max(0.85, scores[0] + 0.1)


def test_domains_of_a_mixture_stay_where_nothing_is_measured(make_toy):
    toy = make_toy(24, 24, 3, seed=4)
    features = [toy.features(6, 0.5) + 0.5 * toy.texture(6, 2)]
    found = guide(features, toy.adjacency, 3)
    emissions = Emissions.estimate(found.blocks, found.assignment, toy.adjacency, hops=found.hops, noise=found.noise)
    blocks = emissions.blocks(features, np.zeros((toy.n_spots, 1), dtype=bool), toy.adjacency)
    known = emissions.domains(blocks, toy.adjacency)
    assert follow(emissions, blocks, toy.adjacency, known) is known
