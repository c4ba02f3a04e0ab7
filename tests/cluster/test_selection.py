from __future__ import annotations

import numpy as np
import pytest

from spamca.cluster.selection import SELECTIONS, select

KNOWN = {
    "gain": np.array([10.0, 9.5, 9.2, 5.0]),
    "agreement": np.array([0.5, 0.8, 0.6, 0.9]),
    "coherence": np.array([0.1, 0.2, 0.3, 0.9]),
}


@pytest.mark.parametrize(("selection", "chosen"), [("likelihood", 0), ("agreement", 1), ("coherence", 2)])
def test_best_within_the_band(selection, chosen):
    assert select(selection, **KNOWN) == chosen


@pytest.mark.parametrize("selection", SELECTIONS)
def test_excluded_and_hopeless_candidates(selection):
    assert select(selection, **KNOWN | {"gain": np.array([-np.inf, -1.0, -np.inf, -np.inf])}) == 1
