from __future__ import annotations

import numpy as np

from spamca.cluster.subsample import subsample


def test_all_or_a_sorted_draw():
    rng = np.random.default_rng(0)
    assert subsample(5, 5, rng) == slice(None)
    drawn = subsample(100, 7, rng)
    assert len(np.unique(drawn)) == 7
    assert (np.diff(drawn) > 0).all()
