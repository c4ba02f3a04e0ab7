from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm

from spamca.pl._ends import Ends, find_ends, scale_about_zero

VALUES = np.r_[np.arange(101.0), np.nan, np.inf]


def ends(values=VALUES, **given) -> tuple[float, float]:
    norm = Ends(**given).scale(values)
    return norm.vmin, norm.vmax


def test_numbers_percentiles_functions_and_the_range():
    assert ends() == (1, 99)
    assert ends(vmin="p0", vmax=np.max) == (0, 100)
    assert ends(vmin="p5.5", vmax=np.float32(70)) == (5.5, 70)
    assert ends(vmin=lambda values: values.mean() - 1, vmax="p100") == (49, 100)


def test_percentiles_that_fall_together_give_way_to_the_range():
    assert ends(np.r_[np.zeros(999), 5.0]) == (0, 5)
    assert ends(np.append(1 - np.linspace(0, 1e-5, 300), 0.6)) == (0.6, 1)
    assert ends(np.full(3, 2.0)) == (1.5, 2.5)
    assert ends(np.full(3, 2.0), vmin=2) == (2, 2.5)
    assert ends(np.full(3, np.nan)) == (0, 1)


def test_the_middle_lies_between_the_ends():
    norm = Ends(vcenter="p50").scale(VALUES)
    assert isinstance(norm, TwoSlopeNorm)
    assert (norm.vmin, norm.vcenter, norm.vmax) == (1, 50, 99)
    above = Ends(vcenter=0).scale(VALUES + 10)  # all values on one side
    assert (above.vmin, above.vcenter, above.vmax) == (-109, 0, 109)
    with pytest.raises(ValueError, match="vcenter='p50' is 50 for 'gene', which does not lie between 60 and 99"):
        Ends(vmin=60, vcenter="p50").scale(VALUES, "gene")


def test_a_norm_takes_the_place_of_the_ends_and_stays_as_it_is():
    given = LogNorm()
    norm = Ends(norm=given).scale(VALUES)
    assert (norm.vmin, norm.vmax) == (1, 100)
    assert (given.vmin, given.vmax) == (None, None)
    assert Ends(norm=Normalize(3, 4)).scale(VALUES).vmin == 3


def test_ends_that_cross_are_named():
    with pytest.raises(ValueError, match="vmin=200 is 200 and vmax=None is 99 for 'gene'; vmin must be the lower"):
        Ends(vmin=200).scale(VALUES, "gene")


def test_one_for_all_or_one_for_each():
    found = find_ends(2, [0, "p5"], 7, None, [None, None])
    assert [(one.vmin, one.vmax) for one in found] == [(0, 7), ("p5", 7)]
    with pytest.raises(ValueError, match="vcenter has 3 entries, but there are 2 colours"):
        find_ends(2, 0, 1, [1, 2, 3], None)


@pytest.mark.parametrize("bad", ["q1", "p", "px", "p-1", "p101", [1], {}, True, np.nan])
def test_other_bounds_are_refused(bad):
    with pytest.raises(ValueError, match="vmax must be a number, a percentile such as 'p1' or 'p99.5', a function"):
        Ends(vmax=bad)


def test_about_zero():
    norm = scale_about_zero(np.array([-3.0, 1, 2, np.nan]))
    assert norm.vmin == -norm.vmax
    assert 2 < norm.vmax <= 3
    assert scale_about_zero(np.zeros(3)).vmax == 1
