from __future__ import annotations

import numpy as np

from spamca.groups import Design
from spamca.groups.design import donor_means


def test_kind():
    group = np.array([0, 0, 1, 1])
    assert Design(group).kind == "between"
    assert Design(group, np.array([0, 0, 1, 1])).kind == "between"
    assert Design(group, np.array([0, 1, 0, 1])).kind == "within"
    assert Design(group, np.array([0, 1, 0, 2])).kind == "mixed"


def test_units_are_donors_where_there_are_any():
    design = Design(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2]))
    assert [design.units(0), design.units(1)] == [1, 2]
    assert Design(design.group).units(0) == 2


def test_take_and_means_of_donors():
    design = Design(np.array([0, 0, 1, 1]), np.array([5, 5, 7, 8]), np.arange(4.0)[:, None])
    kept = design.take(np.array([False, True, True, True]))
    assert (kept.group.tolist(), kept.donor.tolist(), kept.covariates.ravel().tolist()) == (
        [0, 1, 1],
        [5, 7, 8],
        [1, 2, 3],
    )
    means, of_donors = donor_means(np.array([[1.0], [3.0], [5.0], [7.0]]), design)
    assert means.ravel().tolist() == [2, 5, 7]
    assert (of_donors.group.tolist(), of_donors.donor) == ([0, 1, 1], None)
