"""Features of the patches around spots, section by section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca._logging import logger
from spamca.pictures.patches import cut

if TYPE_CHECKING:
    from spamca.pictures.picture import Picture

LEAST_SIDE = 2
"""Pixels that the side of a patch has at least."""

COARSE = 8
"""Pixels of a side below which a patch shows little but its colour."""

Computed = Callable[[np.ndarray], tuple[np.ndarray, list[str]]]
"""From patches (n, side, side, channels) to their features (n, d) and the names of these, if they have any."""


@dataclass(frozen=True)
class Around:
    """Features (n, d) of the spots of one section that lie in its image, with their ``rows`` (n,) among all spots.

    ``size`` is that of a patch in units of the coordinates, ``side`` in pixels.
    """

    rows: np.ndarray
    values: np.ndarray
    names: list[str]
    size: float
    side: int


def around(
    picture: Picture, rows: np.ndarray, coords: np.ndarray, size: float, pixels: int | None, computed: Computed
) -> Around:
    """Features of the spots ``rows`` (n_section,) at ``coords`` (n_section, 2); ValueError if a patch has fewer than two pixels."""
    side = round(size * picture.scale)
    if side < LEAST_SIDE:
        msg = (
            f"a patch of size {size:.4g} has a side of {size * picture.scale:.2g} pixels; pass a larger size, a finer image, or "
            "scale, the number of its pixels to a unit of the coordinates"
        )
        raise ValueError(msg)
    places = picture.places(coords)
    inside = np.flatnonzero(picture.holds(places))
    low, high = places[inside] - side / 2, places[inside] + side / 2
    over = ((low < 0) | (high > picture.pixels.shape[1::-1])).any(axis=1).sum()
    if len(inside) < len(rows) or over:
        what = "%d of %d spots lie outside of the image and lack the modality; patches of %d reach over its edge, which repeats"
        logger.info(f"image_features: {what}", len(rows) - len(inside), len(rows), over)
    if side < COARSE:
        what = "patches of %d pixels show little but colour; pass a finer image or a larger size"
        logger.warning(f"image_features: {what}", side)
    found = [(part.spots, *computed(part.patches)) for part in cut(picture, places[inside], side, pixels)]
    if not found:
        return Around(rows[:0], np.zeros((0, 0), np.float32), [], size, side)
    logger.info("image_features: %d patches of %d x %d pixels", len(inside), side, side)
    spots, values, names = zip(*found, strict=True)
    return Around(rows[inside[np.concatenate(spots)]], np.vstack(values), names[0], size, side)


def together(found: list[Around], coords: np.ndarray) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Features of all sections in the order of the spots, their names if they have any, and the rows of the spots.

    ``coords`` (n_obs, 2) are those of all spots, for the message. ValueError if no spot lies in an image, or sections differ.
    """
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
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows)
    return np.vstack([part.values for part in parts])[order], parts[0].names, rows[order]
