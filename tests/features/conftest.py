from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def counts():
    """Counts of 120 spots in 3 groups, 60 features, of uneven depth; spot 0 and feature 5 have none."""
    rng = np.random.default_rng(0)
    profile = rng.gamma(2, size=(3, 60))[rng.integers(3, size=120)]
    X = rng.poisson(profile * rng.lognormal(0, 0.5, size=(120, 1)) * 3).astype(np.float32)
    X[0], X[:, 5] = 0, 0
    return X
