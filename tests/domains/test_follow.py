from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DEFAULTS, Block, DomainSettings, Emissions, find_domains, follow
from spamca.domains.births import spare_gain
from spamca.domains.follow import Anchored
from spamca.domains.gaussians import Emission


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue of five domains, two modalities of it, and what the first three look like to who saw only these."""
    toy = make_toy(40, 30, 5, seed=3)
    features = [toy.features(noise=0.6), toy.features(4, noise=0.6, seed=2)]
    seen = np.flatnonzero(toy.truth < 3)
    adjacency = toy.adjacency[seen][:, seen]
    found = find_domains([values[seen] for values in features], adjacency, 3)
    known = Emissions.estimate(found.components, found.assignment, hops=found.hops)
    return toy, features, seen, known.with_spare(found.components, found.assignment)


def followed(made, spots, present=None, **settings):
    toy, features, _, emissions = made
    emissions = replace(emissions, settings=DomainSettings(**settings))
    adjacency = toy.adjacency[spots][:, spots]
    components = emissions.components([values[spots] for values in features], present, adjacency)
    known = emissions.domains(components)
    return known, follow(emissions, components, known)


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


def test_modality_that_is_not_there_does_not_count(made):
    toy, features, seen, emissions = made
    known, found = followed(made, seen, np.tile([True, False], (len(seen), 1)))
    assert adjusted_rand_score(toy.truth[seen], found.argmax(axis=1)) > 0.8
    none = np.zeros((len(seen), 2), dtype=bool)
    adjacency = toy.adjacency[seen][:, seen]
    components = emissions.components([values[seen] for values in features], none, adjacency)
    known = emissions.domains(components)
    assert follow(emissions, components, known) is known


def test_large_tissue_is_looked_at_in_patches(made):
    toy = made[0]
    _, found = followed(made, np.arange(toy.n_spots), n_searched=600)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9


def test_spare_gain_is_large_where_domains_are_merged(made):
    toy, features, _, _ = made
    found = find_domains(features, toy.adjacency, 5)
    whole = spare_gain(found.components, found.assignment)
    merged = np.eye(4, dtype=np.float32)[np.minimum(toy.truth, 3)]
    gain = spare_gain(found.components, merged)
    assert 0 <= whole < gain / 5
    small = replace(found.components, settings=DomainSettings(n_searched=600))
    assert spare_gain(small, merged) == pytest.approx(gain, rel=0.5)
    assert spare_gain(small, np.eye(200, dtype=np.float32)[np.arange(1200) // 6]) == 0


def test_domains_of_a_mixture_follow_tissue_that_is_shifted(make_toy):
    toy = make_toy(30, 30, 3, seed=5)
    features = [toy.features(6, 0.5) + 0.5 * toy.texture(6, 2)]
    found = find_domains(features, toy.adjacency, 3)
    assert found.hops != (0,)
    emissions = Emissions.estimate(found.components, found.assignment, hops=found.hops)
    own = emissions.components(features, None, toy.adjacency)
    kept = follow(emissions, own, emissions.domains(own))
    assert (kept.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.97
    shift = 0.4 * (features[0][toy.truth == 0].mean(axis=0) - features[0][toy.truth == 1].mean(axis=0))
    other = emissions.components([features[0] + shift], None, toy.adjacency)
    fixed = emissions.domains(other)
    moved = follow(emissions, other, fixed)
    np.testing.assert_allclose(moved.sum(axis=1), 1, rtol=1e-5)
    scores = [adjusted_rand_score(toy.truth, q.argmax(axis=1)) for q in (fixed, moved)]
    assert scores[1] > max(0.85, scores[0] + 0.1)


def test_domains_of_a_mixture_stay_where_nothing_is_measured(make_toy):
    toy = make_toy(24, 24, 3, seed=4)
    features = [toy.features(6, 0.5) + 0.5 * toy.texture(6, 2)]
    found = find_domains(features, toy.adjacency, 3)
    emissions = Emissions.estimate(found.components, found.assignment, hops=found.hops)
    blocks = emissions.components(features, np.zeros((toy.n_spots, 1), dtype=bool), toy.adjacency)
    known = emissions.domains(blocks)
    assert follow(emissions, blocks, known) is known


@pytest.fixture
def parted(toy, rng):
    """Two tissues on one graph: their blocks, and hard domains of each."""
    blocks = [Block(toy.features(4, seed=1) + 0.1 * rng.normal(size=(196, 4))) for _ in range(2)]
    return [Block(b.values - b.values.mean(axis=0)) for b in blocks], np.eye(3, dtype=np.float32)[toy.truth]


@pytest.fixture
def anchored(toy, parted, together):
    (first, new), member = parted

    def made(n_domains=3, settings=DEFAULTS):
        known = Emission(together([first], toy.adjacency)).gaussians(member[:, :n_domains])
        return Anchored(together([new], toy.adjacency, settings), known, [first.sizes(member[:, :n_domains])])

    return made


def test_gaussians_are_those_of_both_tissues_together(toy, parted, anchored):
    """While no domain has more spots than count."""
    blocks, member = parted
    assert member.sum(axis=0).max() < DEFAULTS.anchor_spots
    (found,) = anchored().gaussians(member)
    values, both, prior = np.vstack([b.values for b in blocks]), np.tile(np.eye(3)[toy.truth], (2, 1)), 50
    means = both.T @ values / both.sum(axis=0)[:, None]
    left = values - both @ means
    within = left.T @ left / len(left)
    np.testing.assert_allclose(found.means, means, atol=1e-5)
    for k in range(3):
        expected = (prior * within + (left * both[:, [k]]).T @ left) / (prior + both[:, k].sum())
        np.testing.assert_allclose(found.covariances[k], expected, atol=1e-3)


def test_domains_count_for_no_more_than_that(toy, parted, anchored, together):
    (_, new), member = parted
    (found,) = anchored(settings=DomainSettings(anchor_spots=1e-6)).gaussians(member)
    (alone,) = Emission(together([new], toy.adjacency)).gaussians(member)
    np.testing.assert_allclose(found.means, alone.means, atol=1e-5)
    np.testing.assert_allclose(found.covariances, alone.covariances, atol=1e-2)


def test_domains_that_are_not_known_are_those_of_the_new_tissue(toy, parted, anchored):
    (first, new), member = parted
    (found,) = anchored(n_domains=2).gaussians(member)
    np.testing.assert_allclose(found.means[2], new.values[toy.truth == 2].mean(axis=0), atol=1e-5)
    assert (np.linalg.eigvalsh(found.covariances) > 0).all()
    without = np.pad(member[:, :2], ((0, 0), (0, 1)))
    (stays,) = anchored().gaussians(without)
    np.testing.assert_allclose(stays.means[2], first.values[toy.truth == 2].mean(axis=0), atol=1e-5)
