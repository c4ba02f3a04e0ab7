from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import Emissions, find_domains, follow
from spamca.domains.follow import Anchored
from spamca.domains.gaussians import Emission, Gaussians
from spamca.domains.settings import DEFAULTS, DomainSettings


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue of five domains, two modalities of it, and what the first three look like in the spots that hold only these."""
    toy = make_toy(40, 30, 5, seed=3)
    features = [toy.features(noise=0.6), toy.features(4, noise=0.6, seed=2)]
    seen = np.flatnonzero(toy.truth < 3)
    found = find_domains([values[seen] for values in features], toy.adjacency[seen][:, seen], 3)
    known = Emissions.estimate(found.components, found.assignment, hops=found.hops)
    return toy, features, seen, known.with_spare(found.components, found.assignment)


def followed(made, spots=slice(None), present=None, settings=DEFAULTS):
    toy, features, _, emissions = made
    emissions = replace(emissions, settings=settings)
    components = emissions.components([v[spots] for v in features], present, toy.adjacency[spots][:, spots])
    known = emissions.domains(components)
    return known, follow(emissions, components, known)


def test_own_tissue_has_nothing_new_and_missing_modalities_do_not_count(made):
    toy, _, seen, _ = made
    known, found = followed(made, seen)
    assert found.shape == known.shape
    assert adjusted_rand_score(known.argmax(axis=1), found.argmax(axis=1)) > 0.98
    _, found = followed(made, seen, np.tile([True, False], (len(seen), 1)))
    assert adjusted_rand_score(toy.truth[seen], found.argmax(axis=1)) > 0.8
    known, found = followed(made, seen, np.zeros((len(seen), 2), dtype=bool))
    assert found is known


def test_domains_that_were_not_there_are_new_and_others_keep_their_numbers(made):
    """In large tissue they are found in patches."""
    toy, _, seen, _ = made
    known, found = followed(made)
    assert found.shape[1] == known.shape[1] + 2
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert adjusted_rand_score(toy.truth, known.argmax(axis=1)) < 0.9
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.95
    assert (known.argmax(axis=1) == found.argmax(axis=1))[seen].mean() > 0.95
    np.testing.assert_array_equal(followed(made)[1], found)
    assert (
        adjusted_rand_score(toy.truth, followed(made, settings=DomainSettings(n_searched=600))[1].argmax(axis=1)) > 0.9
    )


def test_domains_of_a_mixture_follow_tissue_that_is_shifted(make_toy):
    """They stay where there is no shift, and where nothing is measured."""
    toy = make_toy(30, 30, 3, seed=5)
    values = toy.features(6, 0.5) + 0.5 * toy.texture(6, 2)
    found = find_domains([values], toy.adjacency, 3)
    emissions = Emissions.estimate(found.components, found.assignment, hops=found.hops)
    assert not emissions.coherence

    def both(values, present=None):
        components = emissions.components([values], present, toy.adjacency)
        fixed = emissions.domains(components)
        return fixed, follow(emissions, components, fixed)

    assert (both(values)[1].argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.97
    shift = 0.4 * (values[toy.truth == 0].mean(axis=0) - values[toy.truth == 1].mean(axis=0))
    scores = [adjusted_rand_score(toy.truth, q.argmax(axis=1)) for q in both(values + shift)]
    assert scores[1] > max(0.85, scores[0] + 0.1)
    fixed, moved = both(values, np.zeros((toy.n_spots, 1), dtype=bool))
    assert moved is fixed


@pytest.fixture
def two(toy, rng):
    """Values of two tissues on one graph."""
    drawn = (toy.features(4, seed=1) + 0.1 * rng.normal(size=(196, 4)) for _ in range(2))
    return [values - values.mean(axis=0) for values in drawn]


def anchored(toy, two, n_domains=3, settings=DEFAULTS):
    """Domains of the first tissue, for the second."""
    (known,) = Emission(toy.having(two[0])).gaussians(toy.member[:, :n_domains])
    sizes = toy.member[:, :n_domains].sum(axis=0)
    return Anchored(toy.having(two[1], settings=settings), [known], [sizes])


def test_anchored_gaussians_are_those_of_both_tissues_together(toy, two):
    """While no domain has more spots than count; the covariance within domains counts for 50."""
    assert toy.member.sum(axis=0).max() < DEFAULTS.anchor_spots
    (found,) = anchored(toy, two).gaussians(toy.member)
    values, both = np.vstack(two), np.tile(np.eye(3)[toy.truth], (2, 1))
    means = both.T @ values / both.sum(axis=0)[:, None]
    left = values - both @ means
    np.testing.assert_allclose(found.means, means, atol=1e-5)
    for k in range(3):
        expected = (50 * left.T @ left / len(left) + (left * both[:, [k]]).T @ left) / (50 + both[:, k].sum())
        np.testing.assert_allclose(found.covariances[k], expected, atol=1e-3)


def test_known_domains_count_for_no_more_than_the_settings_say(toy, two):
    """New ones not at all; known ones without new spots stay what they were."""
    (found,) = anchored(toy, two, settings=DomainSettings(anchor_spots=1e-6)).gaussians(toy.member)
    (alone,) = Emission(toy.having(two[1])).gaussians(toy.member)
    np.testing.assert_allclose(found.means, alone.means, atol=1e-5)
    np.testing.assert_allclose(found.covariances, alone.covariances, atol=1e-2)
    (new,) = anchored(toy, two, n_domains=2).gaussians(toy.member)
    np.testing.assert_allclose(new.means[2], alone.means[2], atol=1e-5)
    assert (np.linalg.eigvalsh(new.covariances) > 0).all()
    (empty,) = anchored(toy, two).gaussians(toy.member * np.array([1, 1, 0], dtype=np.float32))
    np.testing.assert_allclose(empty.means[2], two[0][toy.truth == 2].mean(axis=0), atol=1e-5)
    wide = Gaussians(np.zeros((2, 4), dtype=np.float32), np.stack([np.eye(4), 9 * np.eye(4)]))
    (kept,) = Anchored(toy.having(two[1]), [wide], [np.full(2, 150.0)]).gaussians(np.eye(196, 2, dtype=np.float32))
    np.testing.assert_allclose(np.trace(kept.covariances, axis1=1, axis2=2) / 4, [1, 9], rtol=0.1)
