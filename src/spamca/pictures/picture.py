r"""A picture of tissue, and the way from coordinates to its pixels.

.. math:: p = M x + t

with x the coordinates of a spot and p its place in pixels, columns first, where pixel (0, 0) reaches from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_CHANNELS = 8
"""Channels up to which the first axis of an array is taken for them, where the last is longer."""

TOPS = (1, 255, 65535)
"""What white is in pictures of real numbers: the least of these that all values stay below."""


@dataclass(frozen=True)
class Picture:
    """A picture.

    ``pixels`` has shape (height, width, channels) and can be sliced, an array or one of dask; ``matrix`` (3, 3) takes coordinates to
    pixels; ``top`` is the value of white.
    """

    pixels: Any
    matrix: np.ndarray
    top: float

    @property
    def scale(self) -> float:
        """Pixels to a unit of the coordinates."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))

    def places(self, coords: np.ndarray) -> np.ndarray:
        """Coordinates (n, 2) in pixels, columns first."""
        return coords @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def holds(self, places: np.ndarray) -> np.ndarray:
        """Which places (n, 2) lie in the picture, booleans (n,)."""
        height, width = self.pixels.shape[:2]
        inside: np.ndarray = (places >= 0) & (places < [width, height])
        return np.asarray(inside.all(axis=1))

    def read(self, rows: slice, columns: slice) -> np.ndarray:
        """Part of the picture, (height, width, channels), float32 from 0 (black) to 1; transparent pixels on white."""
        part = np.asarray(self.pixels[rows, columns], dtype=np.float32) / np.float32(self.top)
        if part.shape[2] != 4:
            return part
        alpha = part[..., 3:]
        return part[..., :3] * alpha + (1 - alpha)


def from_array(values: Any, scale: float) -> Picture:
    """A picture from an array (height, width), (height, width, channels) or (channels, height, width), and pixels to a unit.

    ValueError if it has another shape or holds no numbers.
    """
    shape = tuple(getattr(values, "shape", ()))
    if len(shape) not in (2, 3) or not all(shape) or values.dtype.kind not in "buif":
        msg = (
            "an image must be numbers of shape (height, width) or (height, width, channels), got "
            f"shape {shape} of {getattr(values, 'dtype', type(values).__name__)}"
        )
        raise ValueError(msg)
    if len(shape) == 2:
        values = values[:, :, None]
    elif shape[2] > MOST_CHANNELS >= shape[0]:
        values = values.transpose(1, 2, 0)
    return Picture(values, np.diag([scale, scale, 1.0]), _top(values))


def from_element(element: Any, coordinate_system: str) -> Picture:
    """A picture from an image of a SpatialData, the finest of several resolutions.

    ValueError if the element is not in the coordinate system.
    """
    from spatialdata.transformations import get_transformation

    known = get_transformation(element, get_all=True)
    if coordinate_system not in known:
        msg = f"coordinate_system={coordinate_system!r} is not one of the image, which has {list(known)}"
        raise ValueError(msg)
    to_world = known[coordinate_system].to_affine_matrix(input_axes=("x", "y"), output_axes=("x", "y"))
    if not hasattr(element, "dims") or "scale0" in getattr(element, "children", {}):
        element = next(iter(element["scale0"].values()))
    pixels = element.transpose("y", "x", "c").data
    return Picture(pixels, np.linalg.inv(np.asarray(to_world, dtype=np.float64)), _top(pixels))


def _top(values: Any) -> float:
    if values.dtype.kind == "b":
        return 1.0
    if values.dtype.kind in "ui" and values.dtype.itemsize <= 2:
        return float(np.iinfo(values.dtype).max)
    high = float(values.max())
    return float(next((top for top in TOPS if high <= top), high))
