from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DEFAULTS, Block, DomainSettings, noise_whitened
from spamca.domains import proposals as module
from spamca.domains.gaussians import RIDGE
from spamca.domains.proposals import agreed, carried, kmeans, proposals, replicates


@pytest.fixture
def clear(toy, together):
    """Two modalities in which domains show clearly."""
    blocks = [Block(noise_whitened(toy.features(6, 0.6, seed=seed), toy.adjacency)) for seed in (1, 2)]
    return together(blocks, toy.adjacency)


def agreements(truth, seen, found):
    return [adjusted_rand_score(truth[seen], q.argmax(axis=1)) for q in found]


def test_as_many_soft_partitions_as_starts_at_all_scales(toy, clear, rng):
    seen, found = proposals(clear, 3, rng)
    assert len(found) == len(DEFAULTS.scales) * DEFAULTS.n_starts
    np.testing.assert_array_equal(np.sort(seen), np.arange(toy.n_spots))
    for q in found:
        assert q.shape == (toy.n_spots, 3)
        assert q.dtype == np.float32
        np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-5)


def test_starts_find_the_domains_at_every_scale(toy, clear, rng):
    found = agreements(toy.truth, *proposals(clear, 3, rng, scales=(1, 2), n_starts=4))
    assert len(found) == 8
    for scale in (found[:4], found[4:]):
        assert max(scale) > 0.85


def test_starts_are_many_side_by_side(toy, clear, rng, monkeypatch):
    """However many are fitted at once, their number is that asked for."""
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    assert len(proposals(clear, 3, rng, scales=(1,), n_starts=5)[1]) == 5
    assert len(proposals(clear, 10, rng, scales=(1,), n_starts=2)[1]) == 2


def test_they_rest_where_the_equation_holds(clear, monkeypatch, moments):
    """Once a mixture has settled, memberships follow from the means, covariance and sizes of the domains."""
    monkeypatch.setattr(module, "_N_STEPS", 400)
    monkeypatch.setattr(module, "_TOL", 1e-7)
    clear = clear.having([clear.blocks[0], replace(clear.blocks[1], weight=0.3)])
    seen, (q,) = proposals(clear, 3, np.random.default_rng(3), scales=(2,), n_starts=1)
    noise = clear.graph.shrinkage((2,), np.random.default_rng(3))[0]
    score = np.log(q.sum(axis=0, dtype=float) / len(q))[None].repeat(len(q), axis=0)
    for block in clear.blocks:
        values = clear.smoothed(block, (2,))[0][seen]
        means, within = moments(replace(block, values=values), q.astype(float))
        within = within + np.diag(RIDGE * np.diag(values.T @ values / len(values)) + noise)
        score += block.weight * np.column_stack([multivariate_normal(mean, within).logpdf(values) for mean in means])
    p = np.exp(score - score.max(axis=1, keepdims=True))
    np.testing.assert_allclose(q, p / p.sum(axis=1, keepdims=True), atol=2e-3)


def test_same_seed_gives_the_same_bits(toy, clear):
    first, second = (proposals(clear, 3, np.random.default_rng(5), n_starts=2) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_order_of_spots_changes_nothing_but_rounding(toy, clear, rng):
    order = rng.permutation(toy.n_spots)
    seen, found = proposals(clear, 3, np.random.default_rng(0), scales=(2,), n_starts=3)
    shuffled, other = proposals(clear.take(order), 3, np.random.default_rng(0), scales=(2,), n_starts=3)
    np.testing.assert_array_equal(order[shuffled], seen)
    best, again = (
        max(agreements(toy.truth[own], np.arange(len(own)), qs)) for own, qs in ((seen, found), (seen, other))
    )
    assert again == pytest.approx(best, abs=0.03)


def test_of_larger_tissue_a_sample_is_seen(toy, clear, rng):
    sampled = replace(clear, settings=DomainSettings(n_fitted=120))
    seen, found = proposals(sampled, 3, rng, scales=(1,), n_starts=3)
    assert len(np.unique(seen)) == len(seen) == 120
    assert found[0].shape == (120, 3)
    assert max(agreements(toy.truth, seen, found)) > 0.8


def test_groups_of_starts_see_halves_of_the_spots(toy, clear, rng):
    seen, found = proposals(clear, 3, rng, scales=(1, 2), n_starts=4, n_groups=2)
    assert len(found) == 8
    assert all(partition.shape == (toy.n_spots, 3) for partition in found)
    assert np.median(agreements(toy.truth, seen, found)) > 0.8


def test_spots_may_lack_a_modality(toy, clear, rng):
    present = rng.random(toy.n_spots) < 0.6
    first, second = clear.blocks
    lacking = clear.having([first, replace(second, values=second.values * present[:, None], present=present)])
    assert max(agreements(toy.truth, *proposals(lacking, 3, rng, scales=(1,), n_starts=4))) > 0.8


def test_starts_are_drawn_from_spots_that_have_most(toy, clear):
    first, second = np.arange(toy.n_spots) < 150, np.arange(toy.n_spots) >= 40
    both = [replace(block, present=own) for block, own in zip(clear.blocks, (first, second), strict=True)]
    np.testing.assert_array_equal(module._most_complete(clear.having(both), 3), np.arange(40, 150))
    np.testing.assert_array_equal(module._most_complete(clear, 3), np.arange(toy.n_spots))


def test_where_few_spots_have_all_starts_are_drawn_from_the_larger_part(toy, clear):
    first, second = np.arange(toy.n_spots) < 130, np.arange(toy.n_spots) >= 110
    mosaic = [replace(block, present=own) for block, own in zip(clear.blocks, (first, second), strict=True)]
    np.testing.assert_array_equal(module._most_complete(clear.having(mosaic), 3), np.arange(110))


def test_domains_of_some_are_carried_to_all(toy, clear, rng):
    seen = np.sort(rng.choice(toy.n_spots, 100, replace=False))
    member = np.eye(3, dtype=np.float32)[toy.truth[seen]]
    smooth = clear.with_surroundings((1,))
    found = carried(smooth, seen, member)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[seen], member)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.85


def test_clear_domains_of_a_sample_are_carried_through_their_surroundings(make_toy, rng, together):
    """What is separated most clearly leaves least variance within domains, which is that of the spots that are known."""
    toy = make_toy(40, 40, 6)
    block = Block(noise_whitened(toy.features(8, 0.2), toy.adjacency))
    seen = rng.choice(toy.n_spots, 500, replace=False)
    spread = together([block], toy.adjacency).with_surroundings(DEFAULTS.scales)
    found = carried(spread, seen, np.eye(6, dtype=np.float32)[toy.truth[seen]])
    rest = np.setdiff1d(np.arange(toy.n_spots), seen)
    assert adjusted_rand_score(toy.truth[rest], found[rest].argmax(axis=1)) > 0.9


def test_domains_of_all_are_put_in_their_places(toy, clear, rng):
    order = rng.permutation(toy.n_spots)
    member = np.eye(3, dtype=np.float32)[toy.truth]
    np.testing.assert_array_equal(carried(clear, order, member[order]), member)


def test_kmeans_parts_points_and_knows_no_warning(rng, recwarn):
    points = np.repeat([[0.0, 0], [5, 0], [0, 5]], 20, axis=0)
    found = kmeans((points + 0.1 * rng.normal(size=points.shape)).astype(np.float32), 3, rng)
    assert adjusted_rand_score(np.repeat([0, 1, 2], 20), found) == 1
    kmeans(points.astype(np.float32), 5, rng)
    assert not recwarn


def test_starts_agree_on_the_domains(toy, clear, rng):
    found = agreed(clear, 3, rng)
    assert found.shape == (toy.n_spots, 3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(np.sort(found, axis=1), np.tile([0, 0, 1], (toy.n_spots, 1)))
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.85


def test_seeds_and_orders_of_spots_agree(toy, clear, rng):
    first, *others = (agreed(clear, 3, np.random.default_rng(s)).argmax(axis=1) for s in range(4))
    for other in others:
        assert adjusted_rand_score(first, other) > 0.95
    order = rng.permutation(toy.n_spots)
    shuffled = agreed(clear.take(order), 3, np.random.default_rng(0)).argmax(axis=1)
    assert adjusted_rand_score(first[order], shuffled) > 0.98


def test_of_larger_tissue_what_a_sample_agrees_on_is_carried_to_all(make_toy, rng, together):
    toy = make_toy(24, 24, 3)
    blocks = [Block(noise_whitened(toy.features(6, 0.7), toy.adjacency))]
    found = agreed(together(blocks, toy.adjacency, DomainSettings(n_fitted=200)), 3, rng)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.tile([0, 0, 1], (toy.n_spots, 1)))
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.85


def test_replicates_agree_where_domains_are_clear_and_differ_where_they_are_faint(make_toy, rng, together):
    toy = make_toy(20, 20, 3)

    def agreement(values):
        given = together([Block(noise_whitened(values, toy.adjacency))], toy.adjacency)
        first, *others = replicates(given, 3, rng)
        assert len(others) == DEFAULTS.n_groups
        return min(adjusted_rand_score(first.argmax(axis=1), other.argmax(axis=1)) for other in others)

    assert agreement(toy.features(6, 0.3)) > 0.95
    assert agreement(toy.features(6, 3.0)) < 0.9
