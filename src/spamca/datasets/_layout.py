"""Where spots lie: one function a layout, all with one spot per unit of area or close to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def grid(n_spots: int, rng: np.random.Generator) -> np.ndarray:
    """Square grid, nearest spots one unit apart.

    Parameters
    ----------
    n_spots
        Number of spots; the last row is short where they fill no rectangle.
    rng
        Not used: the layout is regular.

    Returns
    -------
    Shape (n_spots, 2), float64.
    """
    row, column = np.divmod(np.arange(n_spots), math.ceil(math.sqrt(n_spots)))
    return np.column_stack([column, row]).astype(np.float64)


def hexagonal(n_spots: int, rng: np.random.Generator) -> np.ndarray:
    """Rows shifted by half a unit in turn, as on Visium slides: six nearest spots, all one unit apart.

    Parameters
    ----------
    n_spots
        Number of spots; the last row is short where they fill no rectangle.
    rng
        Not used: the layout is regular.

    Returns
    -------
    Shape (n_spots, 2), float64.
    """
    height = math.sqrt(3) / 2
    row, column = np.divmod(np.arange(n_spots), math.ceil(math.sqrt(n_spots * height)))
    return np.column_stack([column + 0.5 * (row % 2), height * row])


def random(n_spots: int, rng: np.random.Generator) -> np.ndarray:
    """Positions drawn uniformly in a square, as segmented cells lie: neighbours at every distance.

    Parameters
    ----------
    n_spots
        Number of spots.
    rng
        Source of the positions.

    Returns
    -------
    Shape (n_spots, 2), float64.
    """
    return rng.uniform(0, math.sqrt(n_spots), size=(n_spots, 2))


LAYOUTS: dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    "grid": grid,
    "hexagonal": hexagonal,
    "random": random,
}
"""Layouts by the name that the user gives."""
