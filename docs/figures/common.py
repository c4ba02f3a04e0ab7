"""What the scripts of the figures share: tissue, agreement, and where pictures go."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.figure import Figure
    from mudata import MuData

STATIC = Path(__file__).parents[1] / "_static"
DATA = Path(os.environ.get("SPAMCA_TEST_DATA", ".")) / "data"
FONTS = {"font.size": 10, "axes.titlesize": 10, "axes.labelsize": 10, "legend.fontsize": 9, "savefig.dpi": 150}
"""Legible on a phone: figures are 6 inches wide at most, and 390 pixels show them at about 65 pixels an inch."""

warnings.filterwarnings("ignore")


def tissue(name: str) -> MuData:
    """A tissue of the folder ``data`` of ``$SPAMCA_TEST_DATA``."""
    import mudata

    return mudata.read_h5mu(DATA / f"{name}.h5mu")


def agreement(mdata: MuData, one: str, other: str) -> float:
    """Adjusted Rand index of two columns of ``mdata.obs`` over the spots that have both."""
    from sklearn.metrics import adjusted_rand_score

    both = mdata.obs[[one, other]].dropna()
    both = both[~(both == "undetermined").any(axis=1)]
    return float(adjusted_rand_score(both[one], both[other]))


def save(figure: Figure, folder: str, name: str) -> None:
    """Write a figure as PNG with few colours, so that the file stays small."""
    from io import BytesIO

    import matplotlib.pyplot as plt
    from PIL import Image

    (STATIC / folder).mkdir(parents=True, exist_ok=True)
    drawn = BytesIO()
    figure.savefig(drawn, bbox_inches="tight", facecolor="white", metadata={"Software": None})
    plt.close(figure)
    path = STATIC / folder / f"{name}.png"
    Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def draw_all(figures: Iterable[Callable[[], None]], wanted: list[str]) -> None:
    """Draw all figures, or those that are named."""
    import logging
    import time

    import matplotlib.pyplot as plt

    logging.getLogger("spamca").setLevel(logging.WARNING)
    for one in figures:
        if wanted and one.__name__ not in wanted:
            continue
        begin = time.perf_counter()
        with plt.rc_context(FONTS):
            one()
        print(f"{one.__name__}: {time.perf_counter() - begin:.0f} s", flush=True)
