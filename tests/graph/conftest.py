from __future__ import annotations

import numpy as np
import pytest


def lattice(n, *, hexagonal=False):
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(n), np.arange(n)))
    return np.column_stack([x + 0.5 * (y % 2), y * np.sqrt(3) / 2]) if hexagonal else np.column_stack([x, y])


def inner(n):
    """Spots of a lattice at least three steps from its edge."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(n), np.arange(n)))
    return (x > 2) & (x < n - 3) & (y > 2) & (y < n - 3)


@pytest.fixture
def square():
    """A square lattice of 12 x 12, in float32 steps as files hold them."""
    return (lattice(12).astype(np.float32) * np.float32(0.1142857) + 3).astype(np.float64)


@pytest.fixture
def hexagonal():
    return lattice(12, hexagonal=True) * 137 + 4000


@pytest.fixture
def scattered():
    return np.random.default_rng(0).uniform(size=(200, 2))


@pytest.fixture
def middle():
    return inner(12)
