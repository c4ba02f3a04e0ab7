from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains.gaussians import Emission, change
from spamca.domains.proposals import agreed, carried, kmeans, proposals, replicates
from spamca.domains.settings import DomainSettings


def agreements(truth, seen, found):
    return [adjusted_rand_score(truth[seen], q.argmax(axis=1)) for q in found]


def sampled(components, n_fitted=120):
    return replace(components, settings=DomainSettings(n_fitted=n_fitted))


@pytest.fixture
def mosaic(toy, clear):
    """Few spots have both modalities: the first has 130, the second 86 of 196."""
    has = np.arange(toy.n_spots) < 130, np.arange(toy.n_spots) >= 110
    given = zip(clear.blocks, has, strict=True)
    return clear.having([replace(b, values=b.values * own[:, None], present=own) for b, own in given])


def test_as_many_soft_partitions_as_starts_at_all_scales(toy, clear, rng):
    seen, found = proposals(clear, 3, rng)
    assert len(found) == 4 * 12
    np.testing.assert_array_equal(np.sort(seen), np.arange(toy.n_spots))
    for q in found:
        assert q.shape == (toy.n_spots, 3)
        assert q.dtype == np.float32
        np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-5)
    assert len(proposals(clear, 30, rng, scales=(1,), n_starts=5)[1]) == 5


def test_starts_find_the_domains_at_every_scale(toy, clear, rng):
    found = agreements(toy.truth, *proposals(clear, 3, rng, scales=(1, 2), n_starts=4))
    assert len(found) == 8
    assert min(max(found[:4]), max(found[4:])) > 0.85


def test_they_rest_in_a_mixture_of_averages_with_what_noise_is_left(toy, clear):
    first, second = clear.blocks
    given = clear.having([first, replace(second, weight=0.3)])
    seen, found = proposals(given, 3, np.random.default_rng(3), scales=(2,), n_starts=3)
    noise = toy.graph.shrinkage((2,), np.random.default_rng(3))[0]
    averaged = [replace(b, values=given.smoothed(b, (2,))[0]) for b in given.blocks]
    q = np.stack(found, axis=2)
    (level, bare) = (Emission(given.having(averaged).take(seen), noise=v) for v in (noise, 0.0))
    assert change(q, level.mixture(q, 1, 0.0)).max() < 1e-3
    assert change(q, bare.mixture(q, 1, 0.0)).max() > 2e-3


def test_same_seed_gives_the_same_bits(clear):
    first, second = (proposals(clear, 3, np.random.default_rng(5), n_starts=2) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_order_of_spots_changes_nothing_but_rounding(toy, clear, rng):
    order = rng.permutation(toy.n_spots)
    seen, found = proposals(clear, 3, np.random.default_rng(0), scales=(2,), n_starts=3)
    shuffled, other = proposals(clear.take(order), 3, np.random.default_rng(0), scales=(2,), n_starts=3)
    np.testing.assert_array_equal(order[shuffled], seen)
    best, again = (max(agreements(toy.truth, seen, qs)) for qs in (found, other))
    assert again == pytest.approx(best, abs=0.03)
    first, second = (agreed(own, 3, np.random.default_rng(0)).argmax(axis=1) for own in (clear, clear.take(order)))
    assert adjusted_rand_score(first[order], second) > 0.98


def test_of_larger_tissue_a_sample_is_seen_with_its_surroundings(toy, clear):
    seen, found = proposals(sampled(clear), 3, np.random.default_rng(0), scales=(1,), n_starts=3)
    assert len(np.unique(seen)) == len(seen) == 120
    assert found[0].shape == (120, 3)
    assert max(agreements(toy.truth, seen, found)) > 0.8
    moved = [replace(b, values=b.values + np.outer(~np.isin(np.arange(196), seen), [0, 1])) for b in clear.blocks]
    same, other = proposals(sampled(clear.having(moved)), 3, np.random.default_rng(0), scales=(1,), n_starts=3)
    np.testing.assert_array_equal(same, seen)
    assert not np.allclose(found[0], other[0], atol=0.1)


def test_groups_of_starts_see_halves_of_the_spots(toy, clear):
    """Domains of either half are carried to the other; where a half is too few for a fit, all are seen."""
    seen, found = proposals(clear, 3, np.random.default_rng(0), scales=(1, 2), n_starts=4, n_groups=2)
    assert len(found) == 8
    assert all(partition.shape == (toy.n_spots, 3) for partition in found)
    assert np.median(agreements(toy.truth, seen, found)) > 0.8
    whole = proposals(clear, 10, np.random.default_rng(0), scales=(1,), n_starts=4)[1]
    few = proposals(clear, 10, np.random.default_rng(0), scales=(1,), n_starts=4, n_groups=2)[1]
    for one, other in zip(few, whole, strict=True):
        assert adjusted_rand_score(one.argmax(axis=1), other.argmax(axis=1)) > 0.95


def test_spots_may_lack_a_modality(toy, clear, mosaic, rng):
    present = rng.random(toy.n_spots) < 0.6
    first, second = clear.blocks
    given = clear.having([first, replace(second, values=second.values * present[:, None], present=present)])
    assert max(agreements(toy.truth, *proposals(given, 3, rng, scales=(1,), n_starts=4))) > 0.8
    assert max(agreements(toy.truth, *proposals(mosaic, 3, rng, scales=(1,), n_starts=4))) > 0.6


def test_starts_agree_on_the_domains_whatever_the_seed(toy, clear):
    first, *others = (agreed(clear, 3, np.random.default_rng(seed)) for seed in range(3))
    assert first.shape == (toy.n_spots, 3)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(np.sort(first, axis=1), np.tile([0, 0, 1], (toy.n_spots, 1)))
    assert adjusted_rand_score(toy.truth, first.argmax(axis=1)) > 0.85
    for other in others:
        assert adjusted_rand_score(first.argmax(axis=1), other.argmax(axis=1)) > 0.95


def test_of_larger_tissue_what_a_sample_agrees_on_is_carried_to_all(make_toy, rng):
    toy = make_toy(24, 24, 3)
    found = agreed(sampled(toy.whitened(toy.features(6, 0.7)), 200), 3, rng)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.tile([0, 0, 1], (toy.n_spots, 1)))
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.85


def test_replicates_agree_where_domains_are_clear_and_differ_where_they_are_faint(make_toy, rng):
    toy = make_toy(20, 20, 3)

    def agreement(values):
        first, *others = replicates(toy.whitened(values), 3, rng)
        assert len(others) == 4
        return min(adjusted_rand_score(first.argmax(axis=1), other.argmax(axis=1)) for other in others)

    assert agreement(toy.features(6, 0.3)) > 0.95
    assert agreement(toy.features(6, 3.0)) < 0.9


def test_domains_of_some_are_carried_to_all(toy, clear, rng):
    seen = np.sort(rng.choice(toy.n_spots, 100, replace=False))
    smooth = clear.with_surroundings((1,))
    found, free = (carried(smooth, seen, toy.member[seen], keep=keep) for keep in (True, False))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[seen], toy.member[seen])
    assert ((free[seen] > 0) & (free[seen] < 1)).any()
    for own in (found, free):
        np.testing.assert_allclose(own.sum(axis=1), 1, rtol=1e-5)
        assert adjusted_rand_score(toy.truth, own.argmax(axis=1)) > 0.85
    order = rng.permutation(toy.n_spots)
    np.testing.assert_array_equal(carried(clear, order, toy.member[order]), toy.member)


def test_clear_domains_of_a_sample_are_carried_through_their_surroundings(make_toy, rng):
    """What is clearest leaves least variance within domains, which is that of the spots that are known."""
    toy = make_toy(40, 40, 6)
    seen = rng.choice(toy.n_spots, 500, replace=False)
    spread = toy.whitened(toy.features(8, 0.2)).with_surroundings((1, 2, 4, 8))
    found = carried(spread, seen, toy.member[seen])
    rest = np.setdiff1d(np.arange(toy.n_spots), seen)
    assert adjusted_rand_score(toy.truth[rest], found[rest].argmax(axis=1)) > 0.9


def test_kmeans_separates_points_without_a_warning(rng, recwarn):
    points = np.repeat([[0.0, 0], [5, 0], [0, 5]], 20, axis=0)
    found = kmeans((points + 0.1 * rng.normal(size=points.shape)).astype(np.float32), 3, rng)
    assert adjusted_rand_score(np.repeat([0, 1, 2], 20), found) == 1
    kmeans(points.astype(np.float32), 5, rng)
    assert not recwarn
