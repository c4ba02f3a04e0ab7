from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.colors import is_color_like, to_rgb
from skimage.color import rgb2lab

from spamca._palette import COLORS, palette

# Machado, Oliveira and Fernandes (2009), severity 1
EYES = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("n_colors", [0, 1, 8, 9, 32, 33, 500])
def test_distinct_valid_and_stable(n_colors):
    colors = palette(n_colors)
    assert len(set(colors)) == n_colors
    assert all(is_color_like(color) for color in colors)
    assert palette(n_colors + 3)[:n_colors] == colors


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize(("n_colors", "apart"), [(8, 16), (30, 13)])
def test_can_be_distinguished(eyes, n_colors, apart):
    rgb = np.array([to_rgb(color) for color in COLORS[:n_colors]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ np.transpose(EYES[eyes])
    linear = linear.clip(0, 1)
    seen = rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > apart
