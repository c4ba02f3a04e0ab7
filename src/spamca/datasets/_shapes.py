"""Shapes of the domains: one function a pattern, each giving the domain at any position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Field = Callable[[np.ndarray], np.ndarray]
    """Positions (n, 2) in the unit square to domains (n,)."""

ATTEMPTS = 30
"""Maps drawn at most until one has no domain that is much too small."""

LATTICE = 64
"""Positions along a side at which a map is judged."""

SPOTS_PER_PATCH = 180
"""Spots to a patch at least where there are several to a domain: smaller ones are mostly border."""

PATCHES_PER_DOMAIN = 3
"""Most patches that one domain falls into."""


def blobs(n_domains: int, n_spots: int, rng: np.random.Generator) -> Field:
    """Patches with winding borders: nearest of scattered centres, after a smooth warp of the plane.

    A domain has one to three patches, as follicles or vessels come several to a tissue.

    Parameters
    ----------
    n_domains
        Number of domains.
    n_spots
        Number of spots, which limits the number of patches.
    rng
        Source of centres and warp.

    Returns
    -------
    The domain at any position.
    """
    from scipy.spatial import KDTree

    n_patches = int(np.clip(n_spots // SPOTS_PER_PATCH, n_domains, PATCHES_PER_DOMAIN * n_domains))
    tree = KDTree(_scattered(n_patches, rng))
    owner = np.concatenate([rng.permutation(n_domains) for _ in range(PATCHES_PER_DOMAIN)])[:n_patches]
    warp = [_waves(rng), _waves(rng)]
    # Further than this the warp would fold over itself and leave crumbs of one patch in another.
    reach = min(0.25 / np.sqrt(n_patches), 0.06)

    def field(at: np.ndarray) -> np.ndarray:
        moved = at + reach * np.column_stack([wave(at) for wave in warp])
        return owner[tree.query(moved)[1]]

    return field


def layers(n_domains: int, n_spots: int, rng: np.random.Generator) -> Field:
    """Bent bands of uneven thickness, as in the cortex.

    Parameters
    ----------
    n_domains
        Number of bands, from one side of the tissue to the other.
    n_spots
        Not used.
    rng
        Source of direction, bend and thickness.

    Returns
    -------
    The domain at any position.
    """
    angle = rng.uniform(0, 2 * np.pi)
    # Bands are arcs about a point outside the tissue.
    centre = 0.5 + rng.uniform(1.2, 2.0) * np.array([np.cos(angle), np.sin(angle)])
    wave = _waves(rng)

    def depth(at: np.ndarray) -> np.ndarray:
        return np.hypot(*(at - centre).T) + 0.04 * wave(at)

    thickness = rng.uniform(0.5, 1.5, size=n_domains)
    inner = np.cumsum(thickness)[:-1] / thickness.sum()
    borders = np.quantile(depth(_lattice()), inner)
    # Domains that follow each other in number are merged by some modality; in the tissue they need not touch.
    owner = rng.permutation(n_domains)

    def field(at: np.ndarray) -> np.ndarray:
        return owner[np.searchsorted(borders, depth(at))]

    return field


PATTERNS: dict[str, Callable[[int, int, np.random.Generator], Field]] = {"blobs": blobs, "layers": layers}
"""Shapes by the name that the user gives."""


def draw_domains(spatial: np.ndarray, n_domains: int, pattern: str, rng: np.random.Generator) -> np.ndarray:
    """Domain of each spot; every domain has spots, and none is far smaller than its share where that can be had.

    Parameters
    ----------
    spatial
        Coordinates, shape (n_spots, 2).
    n_domains
        Number of domains.
    pattern
        Name of a shape in ``PATTERNS``.
    rng
        Source of the shapes.

    Returns
    -------
    Integers of shape (n_spots,), from 0 to n_domains - 1.
    """
    at = (spatial - spatial.min(axis=0)) / max(np.ptp(spatial, axis=0).max(), 1e-12)
    probe = at if len(at) < LATTICE**2 else _lattice()
    best, largest = None, -1
    for _ in range(ATTEMPTS):
        field = PATTERNS[pattern](n_domains, len(at), rng)
        smallest = np.bincount(field(probe), minlength=n_domains).min()
        if smallest > largest:
            best, largest = field, smallest
        if smallest >= 0.5 * len(probe) / n_domains:
            break
    domain = best(at)
    if missing := n_domains - len(np.unique(domain)):
        msg = f"n_spots={len(at)} leaves {missing} of n_domains={n_domains} without a spot: ask for more spots"
        raise ValueError(msg)
    return domain


def _lattice() -> np.ndarray:
    side = (np.arange(LATTICE) + 0.5) / LATTICE
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


def _scattered(n: int, rng: np.random.Generator) -> np.ndarray:
    """Points that keep apart: each is the best of several candidates (Mitchell's sampling)."""
    points = rng.uniform(size=(1, 2))
    while len(points) < n:
        candidates = rng.uniform(size=(10 * n, 2))
        gap = np.linalg.norm(candidates[:, None] - points[None], axis=-1).min(axis=1)
        points = np.vstack([points, candidates[gap.argmax()]])
    return points


def _waves(rng: np.random.Generator, n: int = 6) -> Field:
    """Smooth noise of unit variance: a sum of plane waves of random direction, length and phase."""
    frequency = rng.normal(scale=1.5, size=(n, 2))
    phase = rng.uniform(0, 2 * np.pi, size=n)

    def wave(at: np.ndarray) -> np.ndarray:
        return np.sqrt(2 / n) * np.cos(2 * np.pi * at @ frequency.T + phase).sum(axis=1)

    return wave
