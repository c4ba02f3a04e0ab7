"""Spots in the units of the tissue, so that they have their true size at any zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.collections import PathCollection
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, AffineDeltaTransform
from scipy.spatial import KDTree
from scipy.stats import circmean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_VECTOR_SPOTS = 50_000  # more are drawn as pixels in vector files too, or no viewer opens these
ROUND = 10  # corners of circles that are so many
ENOUGH = 20_000  # spots that tell how a lattice lies
REGULAR = 1.5  # ratio of the quartiles of the distance to the nearest spot below which spots lie on a lattice
ROOM = 0.6  # else diameter over distance to the sixth nearest; 0.71 on a square lattice, 1 on a hexagonal one

# Outline of radius one and, in degrees, the turn that brings the shape back to itself.
SHAPES = {
    "circle": (Path.unit_circle(), 360.0),
    # Unit apothem: neighbours on the lattice touch along their edges.
    "square": (Path.unit_regular_polygon(4).transformed(Affine2D().rotate_deg(45).scale(2**0.5)), 90.0),
    "hex": (Path.unit_regular_polygon(6).transformed(Affine2D().scale(2 / 3**0.5)), 60.0),
}


def spot_diameter(spatial: np.ndarray) -> float:
    """Diameter at which the spots of one section, (n_spots, 2), fill the tissue; 1 where there is a single position.

    On a lattice that is the distance to the nearest spot, so that neighbours touch. Where spots lie irregularly, as
    cells do, nearest ones are far closer than spots on average; there it is a share of the distance to the sixth
    nearest.
    """
    positions = pd.DataFrame(spatial).drop_duplicates().to_numpy()
    if len(positions) < 2:
        return 1.0
    distance, _ = KDTree(positions).query(_some(positions), k=min(7, len(positions)))
    low, middle, high = np.quantile(distance[:, 1], [0.25, 0.5, 0.75])
    if len(positions) < 7 or high < REGULAR * low:
        return float(middle)
    return float(max(middle, ROOM * np.median(distance[:, 6])))


def lattice_angle(spatial: np.ndarray, period: float) -> float:
    """Mean direction in which nearest spots lie, in degrees from 0 up to the period after which the lattice repeats."""
    if len(spatial) < 2:
        return 0.0
    some = _some(spatial)
    _, neighbor = KDTree(spatial).query(some, k=2)
    step = spatial[neighbor[:, 1]] - some
    angle = circmean(np.degrees(np.arctan2(step[:, 1], step[:, 0])), high=period)
    # Rounded so that a lattice along the axes is not drawn a hair's breadth askew.
    return float(np.round(angle, 1) % period)


def natural_shape(spatial: np.ndarray) -> str:
    """``"square"`` on a square grid along the axes, as of barcoded channels or binned arrays; else ``"circle"``."""
    if len(spatial) < 9:
        return "circle"
    distance, _ = KDTree(spatial).query(_some(spatial), k=6)
    first, fourth, fifth = np.median(distance[:, [1, 4, 5]], axis=0)
    on_square_grid = first > 0 and fourth < 1.05 * first and abs(fifth / first - 2**0.5) < 0.05
    angle = lattice_angle(spatial, 90)
    return "square" if on_square_grid and min(angle, 90 - angle) < 1 else "circle"


def _some(spatial: np.ndarray) -> np.ndarray:
    """Spots at even steps, all of them where they are few."""
    return spatial[:: max(1, len(spatial) // ENOUGH)]


def draw_spots(ax: Axes, spatial: np.ndarray, colors: np.ndarray, *, diameter: float, shape: str) -> PathCollection:
    """Draw spots at (n_spots, 2) in RGBA (n_spots, 4), their diameter in units of the coordinates.

    Squares and hexagons are turned as the lattice is.
    """
    outline, period = SHAPES[shape]
    circle, many = shape == "circle", len(spatial) > MAX_VECTOR_SPOTS
    if circle and many:
        outline = Path.unit_regular_polygon(ROUND)  # as good at their size, and far faster
    turn = Affine2D().rotate_deg(0 if circle else lattice_angle(spatial, period))
    spots = PathCollection(
        [outline.transformed(turn.scale(diameter / 2))],
        offsets=spatial,
        offset_transform=ax.transData,
        facecolors=colors,
        # Shapes that tile the plane need a thin edge or hard ones, or the page shines through between them.
        edgecolors="none" if circle or many else colors,
        linewidths=0.0 if circle or many else 0.3,
        antialiaseds=circle or not many,
        rasterized=many,
    )
    # Only the scale of the axes applies to the outline; where it goes is in the offsets.
    spots.set_in_layout(False)  # the limits of the axes are set, whatever the extent of the spots
    spots.set_transform(AffineDeltaTransform(ax.transData))  # type: ignore[arg-type]
    ax.add_collection(spots, autolim=False)
    return spots
