from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spamca.groups import Design
from spamca.groups.mixed import degrees_of_freedom, matrix, mixed_test


def test_balanced_donors_as_the_t_test_of_their_means():
    donor = np.repeat(np.arange(8), 2)
    group = (donor < 4).astype(int)
    values = np.random.default_rng(0).normal(size=8)[donor] * 3 + np.random.default_rng(1).normal(size=16)
    effect, error, freedom = mixed_test(values[:, None], Design(group, donor), 1, 0)
    means = values.reshape(8, 2).mean(axis=1)
    theirs = stats.ttest_ind(means[:4], means[4:])
    assert effect[0] == pytest.approx(means[:4].mean() - means[4:].mean(), abs=1e-4)
    assert effect[0] / error[0] == pytest.approx(theirs.statistic, rel=1e-3)
    assert freedom == theirs.df == 6


def test_within_donors_as_the_paired_t_test():
    donor, group = np.tile(np.arange(8), 2), np.repeat([1, 0], 8)
    values = np.random.default_rng(0).normal(size=8)[donor] * 3 + np.random.default_rng(1).normal(size=16)
    effect, error, freedom = mixed_test(values[:, None], Design(group, donor), 1, 0)
    theirs = stats.ttest_rel(values[:8], values[8:])
    assert effect[0] / error[0] == pytest.approx(theirs.statistic, rel=1e-3)
    assert freedom == theirs.df == 7


def test_a_covariate_takes_its_part():
    rng = np.random.default_rng(0)
    age, group = rng.uniform(20, 60, 12), np.repeat([1, 0], 6)
    age[:6] += 20
    values = 0.1 * age + 0.01 * rng.normal(size=12)
    effect, _, freedom = mixed_test(values[:, None], Design(group, covariates=age[:, None]), 1, 0)
    assert abs(effect[0]) < 0.05
    assert freedom == 9
    assert mixed_test(values[:, None], Design(group), 1, 0)[0][0] > 1


def test_a_covariate_that_is_the_group_leaves_nothing_to_estimate():
    group = np.repeat([1, 0], 4)
    design = Design(group, covariates=2.0 * group[:, None])
    effect, error, freedom = mixed_test(np.arange(8.0)[:, None], design, 1, 0)
    assert freedom == 0
    assert np.isnan([effect, error]).all()


def test_three_groups_share_their_variance():
    group = np.repeat([0, 1, 2], 4)
    x, place = matrix(Design(group), 0)
    assert place == {1: 1, 2: 2}
    assert degrees_of_freedom(x, 1, None) == 9
