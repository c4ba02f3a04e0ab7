from __future__ import annotations

import numpy as np
import pytest


def lattice(kind, side=60):
    row, column = np.divmod(np.arange(side * side), side)
    if kind == "square":
        return np.column_stack([column, row]).astype(float)
    if kind == "hexagonal":
        return np.column_stack([column + 0.5 * (row % 2), row * np.sqrt(3) / 2])
    return np.random.default_rng(0).uniform(0, side, (side * side, 2))


@pytest.fixture(params=["square", "hexagonal", "random"])
def spots(request):
    """Spots of a lattice, or at random, one unit apart; (3600, 2)."""
    return lattice(request.param)


@pytest.fixture
def square():
    """Spots of a square lattice."""
    return lattice("square")


@pytest.fixture
def turned(spots):
    """The same spots around the origin, in a frame that is turned by 20 degrees."""
    angle = np.deg2rad(20)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (spots - (spots.min(axis=0) + spots.max(axis=0)) / 2) @ turn
