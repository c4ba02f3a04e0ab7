from __future__ import annotations

import numpy as np
import pytest

from spamca.cluster import estimate_number


@pytest.mark.parametrize("with_graph", [True, False])
def test_finds_three(blobs, line, with_graph):
    estimate = estimate_number(blobs[0], range(2, 11), connectivities=line if with_graph else None)
    assert estimate.n_clusters == 3
    np.testing.assert_array_equal(estimate.tried, np.arange(2, 11))
    assert estimate.bic.shape == estimate.explained.shape == estimate.coherence.shape == (9,)
    assert estimate.explained[[0, -1]].max() < 0.1


def test_same_seed_same_number(blobs, line):
    first, second = (estimate_number(blobs[0], range(2, 6), connectivities=line, random_state=1) for _ in range(2))
    np.testing.assert_array_equal(first.bic, second.bic)


@pytest.mark.parametrize(("points", "numbers"), [(np.ones((9, 2)), range(2, 5)), (np.eye(4), range(2, 3))])
def test_nothing_to_choose(points, numbers):
    assert estimate_number(points, numbers).n_clusters == 2
