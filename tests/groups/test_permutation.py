from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spamca.groups import Design
from spamca.groups.permutation import permutation_test

RNG = np.random.default_rng(0)


def t(a, b, axis):
    return stats.ttest_ind(a, b, axis=axis, equal_var=False).statistic


def paired_t(a, b, axis):
    return stats.ttest_rel(a, b, axis=axis).statistic


def test_all_arrangements_as_in_scipy():
    values = np.random.default_rng(1).normal(size=(9, 5))
    p, least = permutation_test(values, Design(np.repeat([1, 0], [4, 5])), 10_000, RNG)
    for j in range(5):
        theirs = stats.permutation_test(
            (values[:4, j], values[4:, j]),
            lambda a, b, axis: abs(t(a, b, axis)),
            alternative="greater",
            vectorized=True,
        )
        assert p[j] == pytest.approx(theirs.pvalue)
    assert least == 1 / 126


def test_within_donors_as_in_scipy():
    values = np.random.default_rng(2).normal(size=(14, 4))
    p, least = permutation_test(values, Design(np.repeat([1, 0], 7), np.tile(np.arange(7), 2)), 10_000, RNG)
    for j in range(4):
        theirs = stats.permutation_test(
            (values[:7, j], values[7:, j]),
            lambda a, b, axis: abs(paired_t(a, b, axis)),
            alternative="greater",
            vectorized=True,
            permutation_type="samples",
        )
        assert p[j] == pytest.approx(theirs.pvalue)
    assert least == 2 / 2**7


def test_the_smallest_p_is_reached():
    for n, arrangements in ((3, 20), (4, 70), (6, 924)):
        values = np.repeat([5.0, 0.0], n)[:, None] + np.random.default_rng(0).normal(size=(2 * n, 1)) * 0.01
        p, least = permutation_test(values, Design(np.repeat([1, 0], n)), 10_000, RNG)
        assert p[0] == least == 2 / arrangements


def test_sections_of_one_donor_are_one_unit():
    """Six sections of three donors against six of three: as 3 against 3."""
    donor = np.repeat(np.arange(6), 2)
    group = (donor < 3).astype(int)
    values = group[:, None] * 5 + np.random.default_rng(0).normal(size=(12, 1))
    p, least = permutation_test(values, Design(group, donor), 10_000, RNG)
    assert p[0] == least == 0.1


def test_random_arrangements_come_close():
    values = np.random.default_rng(3).normal(size=(12, 3))
    design = Design(np.repeat([1, 0], 6))
    exact, _ = permutation_test(values, design, 1000, RNG)
    drawn, least = permutation_test(values, design, 900, np.random.default_rng(0))
    assert least == 1 / 901
    np.testing.assert_allclose(drawn, exact, atol=0.07)
    again, _ = permutation_test(values, design, 900, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, again)


def test_equal_values_are_no_difference():
    p, _ = permutation_test(np.full((8, 2), [1, 0.1]), Design(np.repeat([1, 0], 4)), 1000, RNG)
    assert p.tolist() == [1, 1]


def test_level():
    values = np.random.default_rng(4).standard_t(3, size=(12, 2000))
    p, _ = permutation_test(values, Design(np.repeat([1, 0], 6)), 1000, RNG)
    assert 0.035 < (p < 0.05).mean() < 0.065
