"""Sizes of text, relative to matplotlib's ``font.size``."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb

TINY, SMALL, MEDIUM, LARGE = 0.7, 0.8, 0.9, 1.0  # of names in marks; of keys and ticks; of labels; of titles
CHARACTER = 0.57  # width of a character on average, in sizes of the font


def points(relative: float) -> float:
    """Size of a font in points."""
    return relative * float(mpl.rcParams["font.size"])


def line_height(relative: float = SMALL) -> float:
    """Height of a line of a legend in inches."""
    return 1.485 * points(relative) / 72


def text_width(text: str, relative: float = SMALL) -> float:
    """Width of a text in inches, about."""
    return CHARACTER * points(relative) / 72 * max(map(len, text.split("\n")))


def legible(color: Any) -> str:
    """Black, or white on a dark colour."""
    return "black" if np.dot(to_rgb(color), (0.299, 0.587, 0.114)) > 0.55 else "white"
