"""Every figure against an image of it.

Letters differ between versions of matplotlib, so that texts are drawn as boxes of a size that depends on their length alone (other tests read
them). Edges may still lie a pixel off: each pixel is therefore compared with those up to ``SHIFT`` pixels away,
after a blur, and few may differ much. ``python -m pytest tests/pl/test_images.py --update-images`` draws the images anew: look at
them before they are committed.
"""

from __future__ import annotations

import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy.ndimage import gaussian_filter

_SPEC = importlib.util.spec_from_file_location("scene", Path(__file__).parent / "scene.py")
scene = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scene)

FOLDER = Path(__file__).parent / "images"
SHIFT = 3  # pixels
DIFFERENT = 0.25  # of a channel from 0 to 1, after the blur
MOST = 8  # pixels that may differ so


def n_different(found: np.ndarray, expected: np.ndarray) -> int:
    """Pixels of either image, (height, width, 3), that are unlike every pixel near their place in the other."""
    height, width = np.minimum(found.shape, expected.shape)[:2]
    if np.abs(np.subtract(found.shape, expected.shape)).max() > 1:  # one may be due to rounding
        return max(found.size, expected.size)
    found, expected = found[:height, :width], expected[:height, :width]
    found, expected = (gaussian_filter(one, (0.8, 0.8, 0)) for one in (found, expected))
    return max(_unlike(found, expected), _unlike(expected, found))


def _unlike(one: np.ndarray, other: np.ndarray) -> int:
    padded = np.pad(other, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    least = np.full(one.shape[:2], np.inf)
    for dy, dx in product(range(2 * SHIFT + 1), repeat=2):
        moved = padded[dy : dy + one.shape[0], dx : dx + one.shape[1]]
        least = np.minimum(least, np.abs(one - moved).max(axis=2))
    return int((least > DIFFERENT).sum())


def reference(name: str) -> np.ndarray:
    return plt.imread(FOLDER / f"{name}.png")[..., :3]


@pytest.mark.parametrize("name", scene.FIGURES)
def test_looks_as_it_did(name, request):
    found = scene.pixels(scene.drawn(name))
    if request.config.getoption("--update-images"):
        plt.imsave(FOLDER / f"{name}.png", found)
    assert n_different(found, reference(name)) <= MOST


def test_every_function_has_an_image():
    import spamca

    assert {name for name in spamca.pl.__all__ if not any(image.startswith(name) for image in scene.FIGURES)} == set()
    assert {path.stem for path in FOLDER.glob("*.png")} == set(scene.FIGURES)


def recolored(figure):
    """One colour of a figure replaced: of a line, a domain, a cell, a stream."""
    for ax in figure.axes:
        for patch in ax.patches[:1]:
            patch.set_facecolor("red")
            return
        for line in ax.lines[: len(ax.collections) < 2]:
            line.set_color("#F0E442")
            return
        for spots in ax.collections:
            if not len(spots.get_facecolors()):
                spots.set_edgecolor("black")
                return
            if spots.get_array() is not None:
                spots.set_cmap("magma")
                return
            if spots.get_facecolors()[:, 3].any():
                colors = spots.get_facecolors().copy()
                colors[(colors == colors[-1]).all(axis=1)] = (1, 0, 0, 1)
                spots.set_facecolors(colors)
                return


def without_panel(figure):
    figure.axes[-1].set_visible(False)


def without_key(figure):
    """Without its legend or colour bar."""
    for ax in figure.axes:
        if ax.get_legend() is not None:
            ax.get_legend().set_visible(False)
            return
        for bar in ax.child_axes:
            bar.set_visible(False)
            return


def without_title(figure):
    next(ax for ax in figure.axes if ax.get_title()).set_title("")


CHANGES = [(name, change) for name in scene.FIGURES for change in (recolored, without_panel)]
CHANGES += [
    (name, without_key)
    for name in scene.FIGURES
    if name.startswith(("spatial", "drivers", "modality", "n_cl", "traj", "comp"))
]
CHANGES += [("spatial_clusters", without_title), ("confusion", without_title)]


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_a_change_is_seen(name, change):
    figure = scene.drawn(name)
    change(figure)
    assert n_different(scene.pixels(figure), reference(name)) > MOST
