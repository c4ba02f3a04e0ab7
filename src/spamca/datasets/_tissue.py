"""Where spots lie, in which domain, and which domains a modality cannot distinguish."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

# A function of positions (n, 2) in the unit square: the domain there, or a height, (n,).
Field = Callable[[np.ndarray], np.ndarray]

ATTEMPTS = 30  # maps drawn at most until one has no domain that is much too small
LATTICE = 64  # positions along a side at which sizes of domains are counted
SPOTS_PER_PATCH = 180  # fewest spots of a patch where a domain has several: smaller ones are mostly border
PATCHES_PER_DOMAIN = 3  # most patches that one domain falls into


def grid(n_spots: int, rng: np.random.Generator) -> np.ndarray:
    """Square grid, (n_spots, 2), nearest spots one unit apart; the last row may be short."""
    row, column = np.divmod(np.arange(n_spots), math.ceil(math.sqrt(n_spots)))
    return np.column_stack([column, row]).astype(np.float64)


def hexagonal(n_spots: int, rng: np.random.Generator) -> np.ndarray:
    """Rows shifted by half a unit in turn, (n_spots, 2), as on Visium slides: six nearest spots, one unit apart."""
    height = math.sqrt(3) / 2
    row, column = np.divmod(np.arange(n_spots), math.ceil(math.sqrt(n_spots * height)))
    return np.column_stack([column + 0.5 * (row % 2), height * row])


def random(n_spots: int, rng: np.random.Generator) -> np.ndarray:
    """Positions drawn uniformly in a square, (n_spots, 2), as segmented cells lie: neighbours at every distance."""
    return rng.uniform(0, math.sqrt(n_spots), size=(n_spots, 2))


LAYOUTS = {"grid": grid, "hexagonal": hexagonal, "random": random}  # all with about one spot per unit of area


def blobs(n_domains: int, n_spots: int, rng: np.random.Generator) -> Field:
    """Patches with winding borders: the nearest of scattered centres, after a smooth warp of the plane.

    A domain has one to three patches, more in larger tissue, as follicles or vessels come several to a tissue.
    """
    from scipy.spatial import KDTree

    n_patches = int(np.clip(n_spots // SPOTS_PER_PATCH, n_domains, PATCHES_PER_DOMAIN * n_domains))
    tree = KDTree(_scattered(n_patches, rng))
    owner = np.concatenate([rng.permutation(n_domains) for _ in range(PATCHES_PER_DOMAIN)])[:n_patches]
    warp = [_waves(rng), _waves(rng)]
    # A longer reach would fold the warp over itself and leave crumbs of one patch in another.
    reach = min(0.25 / np.sqrt(n_patches), 0.06)
    return lambda at: owner[tree.query(at + reach * np.column_stack([wave(at) for wave in warp]))[1]]


def layers(n_domains: int, n_spots: int, rng: np.random.Generator) -> Field:
    """Bent bands of uneven thickness, as in the cortex: arcs about a point outside the tissue."""
    angle = rng.uniform(0, 2 * np.pi)
    centre = 0.5 + rng.uniform(1.2, 2.0) * np.array([np.cos(angle), np.sin(angle)])
    wave = _waves(rng)

    def depth(at: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.hypot(*(at - centre).T) + 0.04 * wave(at)
        return found

    thickness = rng.uniform(0.5, 1.5, size=n_domains)
    borders = np.quantile(depth(_lattice()), np.cumsum(thickness)[:-1] / thickness.sum())
    # Some modality merges domains that follow each other in number; in the tissue they need not touch.
    owner = rng.permutation(n_domains)
    return lambda at: owner[np.searchsorted(borders, depth(at))]


PATTERNS = {"blobs": blobs, "layers": layers}


def draw_domains(spatial: np.ndarray, n_domains: int, pattern: str, rng: np.random.Generator) -> np.ndarray:
    """Domain of each spot, integers (n_spots,); every domain has spots, and none far fewer than its share if possible."""
    at = (spatial - spatial.min(axis=0)) / max(np.ptp(spatial, axis=0).max(), 1e-12)
    probe = at if len(at) < LATTICE**2 else _lattice()
    largest = -1
    for _ in range(ATTEMPTS):
        field = PATTERNS[pattern](n_domains, len(at), rng)
        smallest = np.bincount(field(probe), minlength=n_domains).min()
        if smallest > largest:
            best, largest = field, smallest
        if smallest >= 0.5 * len(probe) / n_domains:
            break
    domain = best(at)
    if missing := n_domains - len(np.unique(domain)):
        msg = f"n_spots={len(at)} leaves {missing} of n_domains={n_domains} without a spot: pass more spots"
        raise ValueError(msg)
    return domain


def draw_sections(
    n_spots: int, n_sections: int, n_domains: int, layout: str, pattern: str, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Section of each spot (n_spots,), rising; coordinates (n_spots, 2), in each section from its own origin; domains."""
    place, shape = (np.random.default_rng([random_state, stream]) for stream in range(2))
    section = np.arange(n_spots) * n_sections // n_spots
    spatial = [LAYOUTS[layout](n, place) for n in np.bincount(section)]
    domain = [draw_domains(at, n_domains, pattern, shape) for at in spatial]
    return section, np.concatenate(spatial), np.concatenate(domain)


def seen_as(n_domains: int, n_modalities: int) -> np.ndarray:
    """Class of each domain in each modality, the smallest domain in it, (n_domains, n_modalities); a class looks alike.

    The domains lie on a ring. The first modality merges neighbours 0-1, 2-3, ...; the next is shifted by one, so that it
    distinguishes every pair that the first one merges. A single modality, or two domains, leave nothing to merge.
    """
    classes = np.tile(np.arange(n_domains)[:, None], (1, n_modalities))
    if n_modalities == 1 or n_domains < 3:
        return classes
    for modality in range(n_modalities):
        for pair in range(n_domains // 2):
            both = (np.array([0, 1]) + 2 * pair + modality) % n_domains
            classes[both, modality] = both.min()
    return classes


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
    return lambda at: np.sqrt(2 / n) * np.cos(2 * np.pi * at @ frequency.T + phase).sum(axis=1)
