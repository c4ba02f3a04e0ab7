from dataclasses import replace

import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.domains.gaussians import Emission, change
from spamca.domains.proposals import agreed, carried, proposals, replicates
from spamca.domains.settings import DomainSettings


def agreements(truth, seen, found):
    return [adjusted_rand_score(truth[seen], q.argmax(axis=1)) for q in found]


def proposed(components, n_domains=3, **given):
    return proposals(components, n_domains, np.random.default_rng(0), **given)[:2]


def sampled(components, n_fitted=120):
    return replace(components, settings=DomainSettings(n_fitted=n_fitted))


def test_soft_partitions_from_all_starts_at_all_scales(toy, clear):
    seen, found = proposed(clear)
    assert len(found) == 4 * 12
    np.testing.assert_array_equal(np.sort(seen), np.arange(toy.n_spots))
    for q in found:
        assert (q.shape, q.dtype) == ((toy.n_spots, 3), np.float32)
        np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-5)
    assert min(max(agreements(toy.truth, seen, found[i : i + 12])) for i in range(0, 24, 12)) > 0.85
    assert len(proposed(clear, 30, scales=(1,), n_starts=5)[1]) == 5


def test_they_rest_in_a_mixture_of_averages_with_what_noise_is_left(toy, clear):
    given = clear.having([clear.blocks[0], replace(clear.blocks[1], weight=0.3)])
    seen, found = proposed(given, scales=(2,), n_starts=3)
    noise, q = toy.graph.shrinkage((2,), np.random.default_rng(0))[0], np.stack(found, axis=2)
    averaged = given.having([replace(b, values=given.smoothed(b, (2,))[0]) for b in given.blocks]).take(seen)
    assert change(q, Emission(averaged, noise=noise).mixture(q, 1, 0.0)).max() < 1e-3
    assert change(q, Emission(averaged).mixture(q, 1, 0.0)).max() > 2e-3


def test_same_seed_gives_the_same_bits_and_order_of_spots_hardly_matters(toy, clear, rng):
    order = rng.permutation(toy.n_spots)
    (seen, found), (_, again), (shuffled, other) = (
        proposed(own, scales=(2,), n_starts=3) for own in (clear, clear, clear.take(order))
    )
    np.testing.assert_array_equal(found, again)
    np.testing.assert_array_equal(order[shuffled], seen)
    assert abs(np.subtract(*(max(agreements(toy.truth, seen, qs)) for qs in (found, other)))) < 0.03
    first, second = (agreed(own, 3, np.random.default_rng(0)).argmax(axis=1) for own in (clear, clear.take(order)))
    assert adjusted_rand_score(first[order], second) > 0.98


def test_starts_agree_on_the_domains_whatever_the_seed_and_the_sample_that_they_see(toy, clear):
    seen, found = proposed(sampled(clear), scales=(1,), n_starts=3)
    assert len(np.unique(seen)) == len(seen) == 120
    assert found[0].shape == (120, 3)
    assert max(agreements(toy.truth, seen, found)) > 0.8
    first, second = (agreed(clear, 3, np.random.default_rng(seed)) for seed in range(2))
    for found in (first, second, agreed(sampled(clear), 3, np.random.default_rng(0))):
        np.testing.assert_array_equal(np.sort(found, axis=1), np.tile([0, 0, 1], (toy.n_spots, 1)))
        assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.85
    assert adjusted_rand_score(first.argmax(axis=1), second.argmax(axis=1)) > 0.95


def test_groups_of_starts_see_halves_of_the_spots(toy, clear):
    """Domains of either half are carried to the other; where a half is too few for a fit, all are seen."""
    seen, found = proposed(clear, scales=(1, 2), n_starts=4, n_groups=2)
    assert [partition.shape for partition in found] == [(toy.n_spots, 3)] * 8
    assert np.median(agreements(toy.truth, seen, found)) > 0.8
    few, whole = (proposed(clear, 10, scales=(1,), n_starts=4, n_groups=n)[1] for n in (2, 1))
    for one, other in zip(few, whole, strict=True):
        assert adjusted_rand_score(one.argmax(axis=1), other.argmax(axis=1)) > 0.95


def test_replicates_agree_where_domains_are_clear_and_differ_where_they_are_faint(make_toy, rng):
    toy = make_toy(20, 20, 3)

    def agreement(values):
        first, *others = replicates(toy.whitened(values), 3, rng)
        assert len(others) == 4
        return min(adjusted_rand_score(first.argmax(axis=1), other.argmax(axis=1)) for other in others)

    assert agreement(toy.features(6, 0.3)) > 0.95
    assert agreement(toy.features(6, 3.0)) < 0.9


def test_domains_of_some_are_carried_to_all(toy, clear, rng):
    order, smooth = rng.permutation(toy.n_spots), clear.with_surroundings((1,))
    seen = order[:100]
    found, free = (carried(smooth, seen, toy.member[seen], keep=keep) for keep in (True, False))
    np.testing.assert_array_equal(found[seen], toy.member[seen])
    assert ((free[seen] > 0) & (free[seen] < 1)).any()
    for own in (found, free):
        np.testing.assert_allclose(own.sum(axis=1), 1, rtol=1e-5)
        assert adjusted_rand_score(toy.truth, own.argmax(axis=1)) > 0.85
    np.testing.assert_array_equal(carried(clear, order, toy.member[order]), toy.member)
