"""Square patches of a picture around spots, in blocks that fit memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca.pictures.picture import Picture

TILE = 2048
"""Side of the part of a picture that is read at a time, in pixels, without the margin for patches."""

VALUES = 2**24
"""Values of the patches that are given together."""


class Cut(NamedTuple):
    """Patches of some spots: their positions, integers (n,), and (n, side, side, channels), float32 from 0 to 1."""

    spots: np.ndarray
    patches: np.ndarray


def cut(picture: Picture, places: np.ndarray, side: int, pixels: int | None = None) -> Iterator[Cut]:
    """Patches of ``side`` pixels around places (n, 2) in the picture, tile by tile; what lies outside repeats its edge.

    ``pixels`` is the side that patches are resized to, if it is another.
    """
    height, width = picture.pixels.shape[:2]
    corner = np.rint(places - side / 2).astype(np.int64)
    tile = np.floor(places / TILE).astype(np.int64)
    order = np.lexsort((tile[:, 0], tile[:, 1]))
    if not len(order):
        return
    breaks = np.flatnonzero(np.diff(tile[order], axis=0).any(axis=1)) + 1
    for group in np.split(order, breaks):
        low, high = corner[group].min(axis=0), corner[group].max(axis=0) + side
        first = np.clip(low, 0, [width - 1, height - 1])
        last = np.clip(high, 1, [width, height])
        part = picture.read(slice(first[1], last[1]), slice(first[0], last[0]))
        outside = ((first[1] - low[1], high[1] - last[1]), (first[0] - low[0], high[0] - last[0]), (0, 0))
        part = np.pad(part, np.maximum(outside, 0), mode="edge")
        size = max(1, VALUES // (max(side, pixels or 0) ** 2 * part.shape[2]))
        for begin in range(0, len(group), size):
            some = group[begin : begin + size]
            at = corner[some] - low
            found = np.stack([part[y : y + side, x : x + side] for x, y in at])
            yield Cut(some, found if pixels in (None, side) else resized(found, int(pixels)))


def resized(patches: np.ndarray, pixels: int) -> np.ndarray:
    """Patches (n, side, side, channels) at another side, smoothed where it is smaller."""
    from skimage.transform import resize

    shape = (pixels, pixels, patches.shape[3])
    return np.stack([resize(one, shape, anti_aliasing=True) for one in patches]).astype(np.float32)
