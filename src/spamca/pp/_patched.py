"""Features of the patches around the spots of each section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca._logging import logger
from spamca.onto import spacing
from spamca.pictures import cut

if TYPE_CHECKING:
    from spamca.pp._images import Shown

LEAST_SIDE = 2
"""Pixels that the side of a patch has at least."""

COARSE = 8
"""Pixels of a side below which a patch shows little but its colour."""


@dataclass(frozen=True)
class Patched:
    """Features (n, d) of the spots of one section that lie in its image, rows (n,) among all spots."""

    rows: np.ndarray
    values: np.ndarray
    names: list[str]
    size: float
    side: int


Computed = Callable[[np.ndarray], tuple[np.ndarray, list[str]]]


def of_section(
    shown: Shown, rows: np.ndarray, coords: np.ndarray, size: float | None, pixels: int | None, computed: Computed
) -> Patched:
    picture = shown.picture
    size = float(size or shown.diameter or spacing(coords[rows]))
    side = round(size * picture.scale)
    if side < LEAST_SIDE:
        msg = (
            f"a patch of size {size:.4g} has a side of {size * picture.scale:.2g} pixels; pass a larger size, a finer image, or "
            "scale, the number of its pixels to a unit of the coordinates"
        )
        raise ValueError(msg)
    places = picture.places(coords[rows])
    inside = np.flatnonzero(picture.holds(places))
    half = [side / 2, side / 2]
    height, width = picture.pixels.shape[:2]
    over = ((places[inside] < half) | (places[inside] + half > [width, height])).any(axis=1).sum()
    if len(inside) < len(rows) or over:
        what = "%d of %d spots lie outside of the image and lack the modality; patches of %d reach over its edge, which repeats"
        logger.info(f"image_features: {what}", len(rows) - len(inside), len(rows), over)
    if side < COARSE:
        logger.warning(
            "image_features: patches of %d pixels show little but colour; pass a finer image or a larger size", side
        )
    names: list[str] = []
    found, position = [], []
    for part in cut(picture, places[inside], side, pixels):
        values, names = computed(part.patches)
        found.append(values)
        position.append(inside[part.spots])
    if not found:
        return Patched(rows[:0], np.zeros((0, 0), np.float32), [], size, side)
    logger.info("image_features: %d patches of %d x %d pixels", len(inside), side, side)
    return Patched(rows[np.concatenate(position)], np.vstack(found), names, size, side)


def together(found: list[Patched], coords: np.ndarray, modality: str) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Features of all sections in the order of the spots, their names, and the rows of the spots."""
    parts = [part for part in found if len(part.rows)]
    if not parts:
        low, high = coords.min(axis=0), coords.max(axis=0)
        msg = (
            f"no spot lies in the image: coordinates reach from {low.round(1).tolist()} to {high.round(1).tolist()}; pass scale, "
            "the number of its pixels to a unit of the coordinates, or the coordinate_system of the coordinates"
        )
        raise ValueError(msg)
    if len(widths := {part.values.shape[1] for part in parts}) > 1:
        msg = (
            f"images of the sections give different numbers of features, {sorted(widths)}; they need the same channels"
        )
        raise ValueError(msg)
    values, rows = np.vstack([part.values for part in parts]), np.concatenate([part.rows for part in parts])
    names = parts[0].names or [f"{modality}_{i}" for i in range(values.shape[1])]
    order = np.argsort(rows)
    return values[order], names, rows[order]
