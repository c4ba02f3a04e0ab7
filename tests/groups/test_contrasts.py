from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spamca.groups import Design, contrast

GROUP = np.repeat([1, 0], 5)


def values(n=4):
    return np.random.default_rng(0).normal(size=(10, n)) + GROUP[:, None]


def test_effect_interval_and_p_of_welch():
    found = contrast(values(), Design(GROUP), 1, 0, test="t")
    theirs = stats.ttest_ind(values()[:5], values()[5:], equal_var=False)
    np.testing.assert_allclose(found.p_value, theirs.pvalue)
    np.testing.assert_allclose(found.interval, np.array(theirs.confidence_interval()))
    np.testing.assert_allclose(found.effect, found.means[0] - found.means[1])
    assert (found.sizes == 5).all()
    assert (found.p_least == 0).all()


def test_the_direction_is_that_of_the_group():
    one, other = contrast(values(), Design(GROUP), 1, 0), contrast(values(), Design(GROUP), 0, 1)
    np.testing.assert_allclose(one.effect, -other.effect)
    np.testing.assert_allclose(one.p_value, other.p_value)


def test_sections_without_a_value_do_not_take_part():
    some = values()
    some[0, 0] = some[7, 0] = some[1, 1] = np.nan
    some[:5, 2] = np.nan
    found = contrast(some, Design(GROUP), 1, 0)
    assert found.sizes.T.tolist() == [[4, 4], [4, 5], [0, 5], [5, 5]]
    alone = contrast(some[[1, 2, 3, 4, 5, 6, 8, 9], :1], Design(np.repeat([1, 0], 4)), 1, 0)
    assert found.p_value[0] == alone.p_value[0]
    assert np.isnan([found.effect[2], found.p_value[2]]).all()


def test_two_sections_have_an_effect_and_no_p_value():
    few = np.r_[0:2, 5:10]
    found = contrast(values()[few], Design(GROUP[few]), 1, 0)
    assert np.isfinite(found.effect).all()
    assert np.isnan([found.p_value, *found.interval]).all()


def test_other_groups_do_not_matter_to_a_permutation():
    three = np.concatenate([values(), 100 + values()])
    found = contrast(three, Design(np.concatenate([GROUP, np.full(10, 2)])), 1, 0)
    np.testing.assert_array_equal(found.p_value, contrast(values(), Design(GROUP), 1, 0).p_value)


def test_donors_of_one_group_do_not_count_where_others_have_both():
    donor = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 9])
    found = contrast(values(), Design(GROUP, donor), 1, 0, test="t")
    theirs = stats.ttest_rel(values()[:4], values()[5:9])
    np.testing.assert_allclose(found.p_value, theirs.pvalue)


@pytest.mark.slow
def test_mixed_model_of_independent_sections_is_least_squares():
    found = contrast(values(), Design(GROUP), 1, 0, test="mixed")
    theirs = stats.ttest_ind(values()[:5], values()[5:])
    np.testing.assert_allclose(found.p_value, theirs.pvalue)
    assert found.effect[0] == pytest.approx(values()[:5, 0].mean() - values()[5:, 0].mean())
