from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DEFAULTS, Emissions, components_of, find_domains
from spamca.domains.births import spare_gain

HOPS = DEFAULTS.surroundings


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue, features of two modalities, the domains found, and what its domains look like."""
    toy = make_toy(30, 30, 3)
    features = [toy.features(noise=0.5), toy.features(4, noise=0.5, seed=2)]
    found = find_domains(features, toy.adjacency, 3)
    return toy, features, found, Emissions.estimate(found.components, found.assignment, hops=found.hops)


def test_own_tissue_gets_its_own_domains(made):
    toy, features, found, emissions = made
    blocks = emissions.components(features, None, toy.adjacency)
    for block, before in zip(blocks.blocks, found.components.blocks, strict=True):
        np.testing.assert_allclose(block.values, before.values, atol=1e-9)
    domains = emissions.domains(blocks)
    np.testing.assert_allclose(domains.sum(axis=1), 1, rtol=1e-5)
    assert (domains.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.99


def test_other_tissue_gets_the_same_domains(made, make_toy):
    _, features, found, emissions = made
    other = make_toy(20, 25, 3, seed=5)
    means = [np.array([f[made[0].truth == k].mean(axis=0) for k in range(3)]) for f in features]
    rng = np.random.default_rng(7)
    new = [m[other.truth] + 0.5 * rng.normal(size=(500, m.shape[1])) for m in means]
    domains = emissions.domains(emissions.components(new, None, other.adjacency)).argmax(axis=1)
    numbers = [np.bincount(found.assignment.argmax(axis=1)[made[0].truth == k]).argmax() for k in range(3)]
    assert (domains == np.array(numbers)[other.truth]).mean() > 0.95


def test_novelty_is_the_equation(made):
    toy, features, _, emissions = made
    blocks = emissions.components(features, None, toy.adjacency)
    squared = np.zeros((3, len(features[0])))
    for block, known in zip(blocks.blocks, emissions.gaussians, strict=True):
        for k in range(3):
            left = block.values - known.means[k]
            squared[k] += np.einsum("ni,ij,nj->n", left, np.linalg.inv(known.covariances[k]), left)
    np.testing.assert_allclose(emissions.novelty(blocks), squared.min(axis=0) / emissions.reach["0,1"], rtol=1e-3)


def test_one_in_a_hundred_of_the_first_tissue_lies_beyond(made):
    toy, features, _, emissions = made
    novelty = emissions.novelty(emissions.components(features, None, toy.adjacency))
    assert (novelty > 1).mean() == pytest.approx(1 - DEFAULTS.novelty_quantile, abs=0.002)
    far = emissions.novelty(emissions.components([features[0] + 10, features[1]], None, toy.adjacency))
    assert (far > 1).all()


def test_spots_that_lack_a_modality_are_held_against_the_others(made):
    toy, features, _, emissions = made
    present = np.ones((900, 2), dtype=bool)
    present[:300, 0], present[300:310] = False, False
    lacking = [np.where(present[:, [m]], f, 1e3) for m, f in enumerate(features)]
    novelty = emissions.novelty(emissions.components(lacking, present, toy.adjacency))
    assert np.isnan(novelty[300:310]).all()
    assert (novelty[:300] > 1).mean() < 0.05
    whole = emissions.novelty(emissions.components(features, None, toy.adjacency))
    np.testing.assert_allclose(novelty[310:], whole[310:])
    alone = emissions.novelty(emissions.components(features, np.tile([False, True], (900, 1)), toy.adjacency))
    assert (alone > 1).mean() == pytest.approx(1 - DEFAULTS.novelty_quantile, abs=0.002)


def test_domains_without_spots_are_left_out(made):
    _, _, found, emissions = made
    wider = np.hstack([found.assignment, np.zeros((900, 2), dtype=np.float32)])
    again = Emissions.estimate(found.components, wider, hops=found.hops)
    for known, before in zip(again.gaussians, emissions.gaussians, strict=True):
        np.testing.assert_array_equal(known.means, before.means)
    assert [size.shape for size in again.sizes] == [(3,), (3,)]


def test_domains_know_how_many_spots_they_had(made):
    toy, _, found, emissions = made
    for size in emissions.sizes:
        np.testing.assert_allclose(size, found.assignment.sum(axis=0), rtol=1e-5)
    assert emissions.n_spots == toy.n_spots
    assert emissions.spare == 0
    wider = np.hstack([found.assignment, np.zeros((900, 1), dtype=np.float32)])
    asked = emissions.with_spare(found.components, wider)
    assert asked.spare == pytest.approx(spare_gain(found.components, found.assignment))


@pytest.fixture(scope="module")
def spread(make_toy):
    """Tissue that varies with its surroundings, two modalities, the second lacking in a quarter, and what its domains look like."""
    toy = make_toy(24, 24, 3, seed=2)
    features = [
        toy.features(6, 0.5) + 0.7 * toy.texture(6, 2),
        toy.features(5, 0.5, seed=2) + 0.7 * toy.texture(5, 2, 4),
    ]
    present = np.ones((toy.n_spots, 2), dtype=bool)
    present[: toy.n_spots // 4, 1] = False
    found = find_domains(features, toy.adjacency, 3, present=present)
    assert found.hops == HOPS
    return (
        toy,
        features,
        present,
        found,
        Emissions.estimate(found.components, found.assignment, hops=found.hops),
    )


def test_surroundings_are_put_next_to_the_components_of_other_tissue(spread):
    toy, features, present, found, emissions = spread
    assert (emissions.hops, emissions.coherence) == (HOPS, 0)
    blocks = emissions.components(features, present, toy.adjacency)
    for block, before in zip(blocks.blocks, found.components.with_surroundings(HOPS).blocks, strict=True):
        np.testing.assert_allclose(block.values, before.values, atol=1e-9)
    part = np.flatnonzero(np.arange(toy.n_spots) % 24 < 12)
    links = toy.adjacency[part][:, part]
    alone = emissions.components([values[part] for values in features], present[part], links)
    for block, whole in zip(alone.blocks, blocks.blocks, strict=True):
        np.testing.assert_allclose(
            block.values[:, : block.values.shape[1] // len(HOPS)],
            whole.values[part, : whole.values.shape[1] // len(HOPS)],
        )
        inside = np.arange(toy.n_spots)[part] % 24 < 3  # eight hops from the cut
        np.testing.assert_allclose(block.values[inside], whole.values[part][inside], atol=1e-9)


def test_tissue_that_a_mixture_was_found_in_gets_its_own_domains(spread):
    toy, features, present, found, emissions = spread
    blocks = emissions.components(features, present, toy.adjacency)
    domains = emissions.domains(blocks)
    np.testing.assert_allclose(domains.sum(axis=1), 1, rtol=1e-5)
    assert (domains.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.97
    np.testing.assert_allclose(emissions.moved(blocks, found.assignment), 0, atol=1e-3)


def test_domains_of_a_mixture_are_as_probable_as_they_are_large(make_toy):
    """Also where the first modality was not measured in one of them."""
    toy = make_toy(24, 24, 3, seed=2)
    features = [
        toy.features(6, 0.5) + 0.7 * toy.texture(6, 2),
        toy.features(5, 0.5, seed=2) + 0.7 * toy.texture(5, 2, 4),
    ]
    present = np.column_stack([toy.truth > 0, np.ones(toy.n_spots, dtype=bool)])
    member = np.eye(3, dtype=np.float32)[toy.truth]
    components = components_of(features, toy.adjacency, None, present)
    emissions = Emissions.estimate(components, member, hops=HOPS)
    domains = emissions.domains(emissions.components(features, present, toy.adjacency))
    assert adjusted_rand_score(toy.truth, domains.argmax(axis=1)) > 0.9


def test_domains_move_as_far_as_their_spots(made):
    toy, features, found, emissions = made
    blocks = emissions.components(features, None, toy.adjacency)
    assert emissions.moved(blocks, found.assignment).max() < 1e-3
    turned = np.roll(found.assignment, 1, axis=1)  # each domain has the spots of another
    assert emissions.moved(blocks, turned).min() > 0.9
    one = np.zeros((toy.n_spots, 4), dtype=np.float32)
    one[:, 0] = 1
    assert np.isnan(emissions.moved(blocks, one)[1:]).all()
