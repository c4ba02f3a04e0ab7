from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DomainSettings, Emissions, find_domains
from spamca.domains.births import spare_gain
from spamca.domains.components import components_of
from spamca.domains.gaussians import RIDGE

HOPS = (0, 1, 2, 8)


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue, features of two modalities, its domains, what they look like, and its components by that."""
    toy = make_toy(30, 30, 3)
    features = [toy.features(noise=0.5), toy.features(4, noise=0.5, seed=2)]
    found = find_domains(features, toy.adjacency, 3)
    emissions = Emissions.estimate(found.components, found.assignment, hops=found.hops)
    return toy, features, found, emissions, emissions.components(features, None, toy.adjacency)


@pytest.fixture(scope="module")
def smooth(make_toy):
    """The same of tissue that varies with its surroundings, where a quarter of the spots lacks the second modality."""
    toy = make_toy(24, 24, 3, seed=2)
    textures = 0.7 * toy.texture(6, 2), 0.7 * toy.texture(5, 2, 4)
    features = [toy.features(6, 0.5) + textures[0], toy.features(5, 0.5, seed=2) + textures[1]]
    present = np.column_stack([np.ones(576, dtype=bool), np.arange(576) >= 144])
    found = find_domains(features, toy.adjacency, 3, present=present)
    emissions = Emissions.estimate(found.components, found.assignment, hops=found.hops)
    assert (emissions.hops, emissions.coherence) == (HOPS, 0)
    return toy, features, present, found, emissions, emissions.components(features, present, toy.adjacency)


def test_own_tissue_gets_its_own_domains(made, smooth):
    for *_, found, emissions, components in (made, smooth):
        before = found.components.with_surroundings(found.hops)
        for block, was in zip(components.blocks, before.blocks, strict=True):
            np.testing.assert_allclose(block.values, was.values, atol=1e-9)
            assert (block.weight, block.modality) == (was.weight, was.modality)
        domains = emissions.domains(components)
        np.testing.assert_allclose(domains.sum(axis=1), 1, rtol=1e-5)
        assert (domains.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.97
        assert emissions.moved(components, found.assignment).max() < 1e-3


def test_novelty_is_the_equation(made):
    """One in a hundred spots of the first tissue lies beyond, and all that is far away. Spots are compared in what they have."""
    toy, features, _, emissions, own = made
    squared = np.zeros((3, 900))
    for block, known in zip(own.blocks, emissions.gaussians, strict=True):
        for k in range(3):
            left = block.values - known.means[k]
            squared[k] += np.einsum("ni,ij,nj->n", left, np.linalg.inv(known.covariances[k]), left)
    novelty = emissions.novelty(own)
    np.testing.assert_allclose(novelty, squared.min(axis=0) / emissions.reach["0,1"], rtol=1e-3)
    assert (novelty > 1).mean() == pytest.approx(0.01, abs=0.002)
    far = emissions.components([features[0] + 10, features[1]], None, toy.adjacency)
    assert (emissions.novelty(far) > 1).all()
    whole, present = novelty, np.ones((900, 2), dtype=bool)
    present[:300, 0], present[300:310] = False, False
    lacking = [np.where(present[:, [m]], f, np.nan) for m, f in enumerate(features)]
    novelty = emissions.novelty(emissions.components(lacking, present, toy.adjacency))
    assert np.isnan(novelty[300:310]).all()
    np.testing.assert_allclose(novelty[310:], whole[310:])
    alone = emissions.novelty(emissions.components(features, present & [False, True], toy.adjacency))
    np.testing.assert_allclose(novelty[:300], alone[:300])
    assert np.nanmean(alone > 1) == pytest.approx(0.01, abs=0.003)


def test_sizes_spare_gain_and_domains_without_spots(made):
    _, _, found, emissions, _ = made
    wider = np.hstack([found.assignment, np.zeros((900, 2), dtype=np.float32)])
    again = Emissions.estimate(found.components, wider)
    for known, before, size in zip(again.gaussians, emissions.gaussians, again.sizes, strict=True):
        np.testing.assert_array_equal(known.means, before.means)
        np.testing.assert_allclose(size, found.assignment.sum(axis=0), rtol=1e-5)
    assert (emissions.n_spots, emissions.spare) == (900, 0)
    spare = emissions.with_spare(found.components, wider).spare
    assert spare == pytest.approx(spare_gain(found.components, found.assignment))
    merged = found.assignment[:, :2] + found.assignment[:, 2:] * np.array([1, 0], dtype=np.float32)
    gains = [spare_gain(replace(found.components, settings=DomainSettings(n_searched=n)), merged) for n in (900, 600)]
    assert min(gains) > 5 * spare


def test_movement_is_the_equation(made, moments, rng):
    _, _, found, emissions, own = made
    assignment, far, apart = rng.dirichlet(np.ones(3), 900), np.zeros(3), np.zeros((3, 3))
    for block, known in zip(own.blocks, emissions.gaussians, strict=True):
        now = moments(block, assignment)[0]
        for k in range(3):
            inverse, between = block.weight * np.linalg.inv(known.covariances[k]), known.means - known.means[k]
            far[k] += (now[k] - known.means[k]) @ inverse @ (now[k] - known.means[k])
            apart[k] += np.einsum("li,ij,lj->l", between, inverse, between)
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(emissions.moved(own, assignment), far / apart.min(axis=1), rtol=1e-4)
    assert emissions.moved(own, np.roll(found.assignment, 1, axis=1)).min() > 0.9
    assert np.isnan(emissions.moved(own, np.eye(4)[np.zeros(900, dtype=int)])[1:]).all()


def test_domains_of_a_mixture_share_one_covariance_and_are_as_probable_as_they_are_large(smooth, moments):
    """Also where the first modality was not measured in one of them."""
    toy, features, _, found, emissions, _ = smooth
    blocks = found.components.with_surroundings(HOPS).blocks
    for block, known in zip(blocks, emissions.gaussians, strict=True):
        means, within = moments(block, found.assignment)
        within += RIDGE * np.diag(np.diag(block.total)) + 0.03 * np.eye(len(within))
        np.testing.assert_allclose(known.means, means, atol=1e-4)
        np.testing.assert_allclose(known.covariances, np.tile(within, (3, 1, 1)), atol=1e-3)
    present = np.column_stack([toy.truth > 0, np.ones(576, dtype=bool)])
    lacking = Emissions.estimate(components_of(features, toy.adjacency, None, present), toy.member, hops=HOPS)
    domains = lacking.domains(lacking.components(features, present, toy.adjacency))
    assert adjusted_rand_score(toy.truth, domains.argmax(axis=1)) > 0.9
