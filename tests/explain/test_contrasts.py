from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats

from spamca.explain import contrasts, patches
from spamca.explain.folds import folds, overlap, renumbered
from spamca.explain.levels import levels


@pytest.fixture
def grid():
    side = 40
    position = np.column_stack([a.ravel() for a in np.meshgrid(np.arange(side), np.arange(side))]).astype(float)
    domains = np.minimum(position[:, 0] // 14, 2).astype(int)
    return position, domains


def test_patches_are_compact_and_of_one_size(grid):
    position, _ = grid
    patch = patches(position)
    size = np.bincount(patch)
    assert len(size) == pytest.approx(40, abs=4)
    assert size.min() > 30
    assert size.max() < 50
    spread = [np.ptp(position[patch == p], axis=0).max() for p in range(len(size))]
    assert max(spread) <= 12


def test_no_patch_lies_in_two_sections(grid):
    position, _ = grid
    section = np.arange(len(position)) % 2
    patch = patches(position, section)
    assert all(len(np.unique(section[patch == p])) == 1 for p in np.unique(patch))


def test_differences_of_independent_spots_are_those_of_a_t_test(grid):
    """Without resemblance between neighbours, large domains and one variance, the statistic is Student's."""
    position, _ = grid
    domains = (position[:, 0] >= 20).astype(int)
    values = np.random.default_rng(0).normal(size=(1600, 200))
    values[:, :5] += 0.3 * domains[:, None]
    found = contrasts(values, domains, 2, patches(position))
    known = stats.ttest_ind(values[domains == 1], values[domains == 0])
    np.testing.assert_allclose(
        found.difference[1], values[domains == 1].mean(axis=0) - values[domains == 0].mean(axis=0)
    )
    np.testing.assert_allclose(found.difference[0], -found.difference[1])
    ratio = found.t[1] / known.statistic
    assert (np.abs(ratio) <= 1.02).all()  # a design effect is one at least
    assert np.median(ratio) > 0.9
    assert (found.p_value[:, 5:] < 0.05).mean() < 0.06
    assert (found.p_value[:, :5] < 1e-3).all()


def test_neighbours_that_are_alike_are_not_counted_as_many_observations(grid):
    from scipy.ndimage import gaussian_filter

    position, domains = grid
    rng = np.random.default_rng(1)
    values = np.stack([gaussian_filter(rng.normal(size=(40, 40)), 1.5).ravel() for _ in range(300)], axis=1)
    found = contrasts(values, domains, 3, patches(position))
    alone = contrasts(values, domains, 3, np.arange(len(values)))
    assert (alone.p_value < 0.05).mean() > 0.4
    assert (found.p_value < 0.05).mean() < 0.15


def test_variance_explained_is_zero_for_noise_and_known_for_a_shift(grid):
    position, domains = grid
    values = np.random.default_rng(2).normal(size=(1600, 300))
    values[:, 0] = 10 * (domains == 1) + 1e-3 * values[:, 0]
    values[:, 1] += 1.5 * (domains == 2)
    found = contrasts(values, domains, 3, patches(position))
    assert found.explained[1, 0] == pytest.approx(1, abs=1e-3)
    assert found.explained_by_all[0] == pytest.approx(1, abs=1e-3)
    share = np.mean(domains == 2)
    between = 1.5**2 * share * (1 - share)
    assert found.explained[2, 1] == pytest.approx(between / (1 + between), abs=0.03)
    assert abs(found.explained_by_all[2:].mean()) < 1e-3


def test_shifts_of_sections_are_no_differences_of_domains(grid):
    position, domains = grid
    section = (position[:, 1] >= 20).astype(int)
    keep = (section == 0) | (domains > 0) | (position[:, 1] > 36)  # sections differ in what they hold
    domains = np.where(keep, domains, -1)
    rng = np.random.default_rng(3)
    values = rng.normal(size=(1600, 100)) + 5 * section[:, None]
    patch = patches(position, section)
    found = contrasts(values, domains, 3, patch, section)
    assert (contrasts(values, domains, 3, patch).p_value[0] < 0.05).all()
    assert (found.p_value < 0.05).mean() < 0.1
    values[:, 0] += 2 * (domains == 2)
    assert contrasts(values, domains, 3, patch, section).difference[2, 0] == pytest.approx(2, abs=0.2)


def test_domains_that_share_no_section_are_not_compared():
    section = np.repeat([0, 1], 50)
    found = contrasts(np.random.default_rng(0).normal(size=(100, 3)), section, 2, np.arange(100) // 10, section)
    assert np.isnan(found.p_value).all()


def test_sparse_and_dense_give_the_same(grid):
    position, domains = grid
    values = np.random.default_rng(4).poisson(0.3, size=(1600, 20)).astype(np.float32)
    values[:, 3] = 0
    dense = contrasts(values, domains, 3, patches(position))
    other = contrasts(sparse.csr_matrix(values), domains, 3, patches(position))
    np.testing.assert_allclose(dense.t, other.t)
    assert np.isnan(dense.p_value[:, 3]).all()
    assert np.isfinite(dense.p_value[:, :3]).all()


def test_spots_without_a_domain_are_left_out(grid):
    position, domains = grid
    values = np.random.default_rng(5).normal(size=(1600, 4))
    some = np.where(np.arange(1600) % 3, domains, -1)
    patch, use = patches(position), some >= 0
    np.testing.assert_allclose(contrasts(values, some, 3, patch).t, contrasts(values[use], some[use], 3, patch[use]).t)


def test_folds_are_of_one_size_and_hold_what_was_used():
    used = [np.arange(50) < 33, np.ones(3, dtype=bool)]
    first, second = folds(used, 5, 0)
    assert (first[~used[0]] == -1).all()
    assert sorted(np.bincount(first[used[0]])) == [6, 6, 7, 7, 7]
    assert len(set(second.tolist())) == 3


def test_domains_found_again_take_the_number_that_they_overlap_with():
    known = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    again = renumbered(np.array([2, 2, 1, 1, 1, 0, 0, 0]), known, 3)
    assert again.tolist() == [0, 0, 1, 1, 1, 2, 2, 2]
    np.testing.assert_allclose(overlap(again, known, 3), [2 / 3, 2 / 3, 1])


def test_fold_changes_and_shares_by_hand():
    counts = np.array([[4.0, 0.0], [8.0, 0.0], [1.0, 0.0], [2.0, 1.0]])
    change, inside, outside = levels(np.log1p(counts), "rna", np.array([0, 0, 1, 1]), 2)
    np.testing.assert_allclose(change[0], np.log2([6.01 / 1.51, 0.01 / 0.51]))
    np.testing.assert_allclose(change[1], -change[0])
    np.testing.assert_allclose(inside, [[1, 0], [1, 0.5]])
    np.testing.assert_allclose(outside, [[1, 0.5], [1, 0]])
    change, *_ = levels(counts, "protein", np.array([0, 0, 1, 1]), 2)
    np.testing.assert_allclose(change[0], np.array([4.5, -0.5]) / np.log(2))
    change, inside, _ = levels(counts - 1, "generic", np.array([0, 0, 1, 1]), 2)
    assert np.isnan(change).all()
    assert np.isnan(inside).all()


def test_rare_features_and_small_domains(grid):
    """A domain without a single count of a rare feature says little about its variance."""
    position, _ = grid
    domains = ((position[:, 0] < 8) & (position[:, 1] < 8)).astype(int)
    values = np.random.default_rng(6).poisson(0.03, size=(1600, 2000)).astype(float)
    found = contrasts(values, domains, 2, patches(position))
    assert np.nanmean(found.p_value[1] < 0.05) < 0.06
    assert np.nanmean(found.p_value[1] < 0.001) < 0.01
    few = np.where(np.arange(1600) < 9, 1, 0)
    assert np.isnan(contrasts(values, few, 2, patches(position)).p_value).all()
