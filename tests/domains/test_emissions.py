from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import Emissions, find_domains
from spamca.domains.components import components_of
from spamca.domains.follow import spare_gain
from spamca.domains.gaussians import RIDGE
from spamca.domains.settings import DEFAULTS

HOPS = DEFAULTS.surroundings


def estimated(found, assignment=None):
    given = found.assignment if assignment is None else assignment
    return Emissions.estimate(found.components, given, hops=found.hops)


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue, features of two modalities, its domains, and what they look like."""
    toy = make_toy(30, 30, 3)
    features = [toy.features(noise=0.5), toy.features(4, noise=0.5, seed=2)]
    found = find_domains(features, toy.adjacency, 3)
    return toy, features, found, estimated(found)


@pytest.fixture(scope="module")
def own(made):
    """Components of the first tissue, by what its domains look like."""
    toy, features, _, emissions = made
    return emissions.components(features, None, toy.adjacency)


def smooth(make_toy):
    """Tissue that varies with its surroundings, and two modalities of it."""
    toy = make_toy(24, 24, 3, seed=2)
    features = toy.features(6, 0.5) + 0.7 * toy.texture(6, 2), toy.features(5, 0.5, seed=2) + 0.7 * toy.texture(5, 2, 4)
    return toy, list(features)


@pytest.fixture(scope="module")
def spread(make_toy):
    """The same of smooth tissue where a quarter of the spots lacks the second modality."""
    toy, features = smooth(make_toy)
    present = np.ones((toy.n_spots, 2), dtype=bool)
    present[: toy.n_spots // 4, 1] = False
    found = find_domains(features, toy.adjacency, 3, present=present)
    assert found.hops == HOPS
    return toy, features, present, found, estimated(found)


def test_own_tissue_gets_its_own_domains(made, own):
    _, _, found, emissions = made
    for block, before in zip(own.blocks, found.components.blocks, strict=True):
        np.testing.assert_allclose(block.values, before.values, atol=1e-9)
        assert (block.weight, block.modality) == (before.weight, before.modality)
    domains = emissions.domains(own)
    np.testing.assert_allclose(domains.sum(axis=1), 1, rtol=1e-5)
    assert (domains.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.99


def test_other_tissue_gets_the_same_domains(made, make_toy, rng):
    toy, features, found, emissions = made
    other = make_toy(20, 25, 3, seed=5)
    means = [np.array([f[toy.truth == k].mean(axis=0) for k in range(3)]) for f in features]
    new = [m[other.truth] + 0.5 * rng.normal(size=(500, m.shape[1])) for m in means]
    domains = emissions.domains(emissions.components(new, None, other.adjacency)).argmax(axis=1)
    numbers = [np.bincount(found.assignment.argmax(axis=1)[toy.truth == k]).argmax() for k in range(3)]
    assert (domains == np.array(numbers)[other.truth]).mean() > 0.95


def test_novelty_is_the_equation(made, own):
    """One in a hundred spots of the first tissue lies beyond, and all that is far away."""
    toy, features, _, emissions = made
    squared = np.zeros((3, toy.n_spots))
    for block, known in zip(own.blocks, emissions.gaussians, strict=True):
        for k in range(3):
            left = block.values - known.means[k]
            squared[k] += np.einsum("ni,ij,nj->n", left, np.linalg.inv(known.covariances[k]), left)
    novelty = emissions.novelty(own)
    np.testing.assert_allclose(novelty, squared.min(axis=0) / emissions.reach["0,1"], rtol=1e-3)
    assert (novelty > 1).mean() == pytest.approx(0.01, abs=0.002)
    far = emissions.components([features[0] + 10, features[1]], None, toy.adjacency)
    assert (emissions.novelty(far) > 1).all()


def test_spots_that_lack_a_modality_are_compared_in_the_others(made, own):
    toy, features, _, emissions = made
    present = np.ones((900, 2), dtype=bool)
    present[:300, 0], present[300:310] = False, False
    lacking = [np.where(present[:, [m]], f, np.nan) for m, f in enumerate(features)]
    novelty = emissions.novelty(emissions.components(lacking, present, toy.adjacency))
    assert np.isnan(novelty[300:310]).all()
    assert (novelty[:300] > 1).mean() < 0.05
    np.testing.assert_allclose(novelty[310:], emissions.novelty(own)[310:])
    alone = emissions.components(features, np.tile([False, True], (900, 1)), toy.adjacency)
    assert (emissions.novelty(alone) > 1).mean() == pytest.approx(0.01, abs=0.002)


def test_sizes_spare_gain_and_domains_without_spots(made):
    toy, _, found, emissions = made
    for size in emissions.sizes:
        np.testing.assert_allclose(size, found.assignment.sum(axis=0), rtol=1e-5)
    assert (emissions.n_spots, emissions.spare) == (toy.n_spots, 0)
    wider = np.hstack([found.assignment, np.zeros((900, 2), dtype=np.float32)])
    again = estimated(found, wider)
    for known, before in zip(again.gaussians, emissions.gaussians, strict=True):
        np.testing.assert_array_equal(known.means, before.means)
    assert [size.shape for size in again.sizes] == [(3,), (3,)]
    asked = emissions.with_spare(found.components, wider)
    assert asked.spare == pytest.approx(spare_gain(found.components, found.assignment))


def test_domains_move_as_far_as_their_spots(made, own):
    toy, _, found, emissions = made
    assert emissions.moved(own, found.assignment).max() < 1e-3
    turned = np.roll(found.assignment, 1, axis=1)  # each domain has the spots of another
    assert emissions.moved(own, turned).min() > 0.9
    one = np.zeros((toy.n_spots, 4), dtype=np.float32)
    one[:, 0] = 1
    assert np.isnan(emissions.moved(own, one)[1:]).all()


def test_movement_is_the_equation(made, own, moments, rng):
    _, _, found, emissions = made
    assignment = rng.dirichlet(np.ones(3), 900)
    far, apart = np.zeros(3), np.zeros((3, 3))
    for block, known in zip(own.blocks, emissions.gaussians, strict=True):
        now = moments(block, assignment)[0]
        for k in range(3):
            inverse = block.weight * np.linalg.inv(known.covariances[k])
            far[k] += (now[k] - known.means[k]) @ inverse @ (now[k] - known.means[k])
            between = known.means - known.means[k]
            apart[k] += np.einsum("li,ij,lj->l", between, inverse, between)
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(emissions.moved(own, assignment), far / apart.min(axis=1), rtol=1e-4)
    assert found.components.weights.tolist() == [block.weight for block in own.blocks]


def test_surroundings_are_put_next_to_the_components_of_other_tissue(spread):
    toy, features, present, found, emissions = spread
    assert (emissions.hops, emissions.coherence) == (HOPS, 0)
    whole = emissions.components(features, present, toy.adjacency)
    expected = found.components.with_surroundings(HOPS)
    part = np.flatnonzero(np.arange(toy.n_spots) % 24 < 12)
    cut = emissions.components([v[part] for v in features], present[part], toy.adjacency[part][:, part])
    inside = part % 24 < 3  # eight hops from the cut
    for block, before, own in zip(whole.blocks, expected.blocks, cut.blocks, strict=True):
        np.testing.assert_allclose(block.values, before.values, atol=1e-9)
        first = block.values.shape[1] // len(HOPS)
        np.testing.assert_allclose(own.values[:, :first], block.values[part, :first], atol=1e-12)
        np.testing.assert_allclose(own.values[inside], block.values[part][inside], atol=1e-9)


def test_domains_of_a_mixture_share_one_covariance(spread, moments):
    _, _, _, found, emissions = spread
    blocks = found.components.with_surroundings(HOPS).blocks
    for block, known in zip(blocks, emissions.gaussians, strict=True):
        means, within = moments(block, found.assignment)
        ridge = RIDGE * np.diag(np.diag(block.total)) + 0.03 * np.eye(len(within))
        np.testing.assert_allclose(known.means, means, atol=1e-4)
        np.testing.assert_allclose(known.covariances, np.tile(within + ridge, (3, 1, 1)), atol=1e-3)


def test_tissue_that_a_mixture_was_found_in_gets_its_own_domains(spread):
    toy, features, present, found, emissions = spread
    components = emissions.components(features, present, toy.adjacency)
    domains = emissions.domains(components)
    np.testing.assert_allclose(domains.sum(axis=1), 1, rtol=1e-5)
    assert (domains.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.97
    np.testing.assert_allclose(emissions.moved(components, found.assignment), 0, atol=1e-3)


def test_domains_of_a_mixture_are_as_probable_as_they_are_large(make_toy):
    """Also where the first modality was not measured in one of them."""
    toy, features = smooth(make_toy)
    present = np.column_stack([toy.truth > 0, np.ones(toy.n_spots, dtype=bool)])
    emissions = Emissions.estimate(components_of(features, toy.adjacency, None, present), toy.member, hops=HOPS)
    domains = emissions.domains(emissions.components(features, present, toy.adjacency))
    assert adjusted_rand_score(toy.truth, domains.argmax(axis=1)) > 0.9
