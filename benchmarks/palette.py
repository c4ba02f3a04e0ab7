"""The colours of :mod:`spamca._palette`: a search for colours that stay apart for all eyes.

    python -m benchmarks.palette [--search]

The first eight are those of Okabe and Ito. Each next one lies farthest, in CIE Lab as seen with normal, protan, deutan and tritan eyes (Machado et
al. 2009), from all others, from white and from the grey of spots without a value; then each is exchanged in turn for a better one until none is left.
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from skimage.color import rgb2lab

from spamca._palette import COLORS
from spamca.pl._style import MISSING

EYES = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Matrices of linear RGB at severity 1."""


def seen(rgb: np.ndarray, eyes: str) -> np.ndarray:
    """Colours, sRGB (n, 3), as these eyes see them, in CIE Lab (n, 3)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ np.transpose(EYES[eyes])
    linear = linear.clip(0, 1)
    return rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Smallest distance over all eyes, (n, m), of colours (n, 3) and (m, 3)."""
    pairs = [np.linalg.norm(seen(one, eyes)[:, None] - seen(other, eyes)[None], axis=-1) for eyes in EYES]
    return np.min(pairs, axis=0)


def search(n_colors: int) -> list[str]:
    """The first eight colours and so many more that the smallest distance is largest."""
    levels = np.linspace(0.02, 0.98, 17)
    grid = np.array(list(product(levels, repeat=3)))
    light = seen(grid, "normal")[:, 0]
    grid = grid[(light > 18) & (light < 92)]  # neither black nor white on the page
    fixed = np.array([to_rgb(color) for color in COLORS[:8]])
    ground = np.array([to_rgb(color) for color in ("white", MISSING)])
    room = np.minimum(apart(grid, fixed).min(axis=1), apart(grid, ground).min(axis=1))
    between = apart(grid, grid).astype(np.float32)
    chosen: list[int] = []
    for _ in range(n_colors - 8):
        chosen.append(int(np.argmax(np.minimum(room, between[:, chosen].min(axis=1, initial=np.inf)))))
    best = -1.0
    for _ in range(400):
        gap = np.minimum(room[chosen], (between[np.ix_(chosen, chosen)] + 999 * np.eye(len(chosen))).min(axis=1))
        if gap.min() > best:
            best, kept = float(gap.min()), list(chosen)
        # The colour with the smallest gap goes where there is most room among the others, if that is better.
        moved = False
        for worst in np.argsort(gap):
            others = [one for i, one in enumerate(chosen) if i != worst]
            free = np.minimum(room, between[:, others].min(axis=1))
            if free.max() > gap[worst] + 1e-6:
                chosen[worst] = int(free.argmax())
                moved = True
                break
        if not moved:
            break
    ordered: list[int] = []
    while len(ordered) < len(kept):
        left = [one for one in kept if one not in ordered]
        gap = np.minimum(room[left], between[np.ix_(left, ordered)].min(axis=1, initial=np.inf))
        ordered.append(left[int(gap.argmax())])
    return [*COLORS[:8], *(to_hex(grid[one]).upper() for one in ordered)]


def report(colors: list[str]) -> None:
    rgb = np.array([to_rgb(color) for color in colors])
    for n in (8, 20, 30, 32):
        smallest = {}
        for eyes in EYES:
            lab = seen(rgb[:n], eyes)
            smallest[eyes] = (np.linalg.norm(lab[:, None] - lab[None], axis=-1) + 999 * np.eye(n)).min()
        print(f"first {n}:", ", ".join(f"{eyes} {value:.1f}" for eyes, value in smallest.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search", action="store_true", help="look for better colours instead of scoring those in use")
    found = search(32) if parser.parse_args().search else list(COLORS)
    report(found)
    print(found)
