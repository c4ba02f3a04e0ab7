"""The diagram of the method: from counts and coordinates to domains and embedding.

    python docs/figures/diagram.py

Writes ``docs/_static/understand/method.svg``. It is tall and narrow, so that it can be read on a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
from common import STATIC
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INPUT, DOMAINS, EMBEDDING, RESULT = "#ECECEC", "#CFE4F3", "#FBE6C2", "#FFFFFF"
EDGES = {INPUT: "#5A5A5A", DOMAINS: "#0072B2", EMBEDDING: "#B36B00", RESULT: "#5A5A5A"}
SMALL, LARGE = 8.6, 9.6
BOXES = {
    # name: (x, y of the lower edge, width, height, fill, title, text)
    "counts": (0.0, 10.85, 2.75, 1.0, INPUT, "Modalities", "RNA, protein, ATAC, …\nof the same spots"),
    "places": (3.05, 10.85, 2.75, 1.0, INPUT, "Coordinates", "where each spot\nlies in the tissue"),
    "features": (0.0, 9.1, 2.75, 1.2, INPUT, "Features", "30 components of\neach modality\npp.prepare"),
    "graph": (3.05, 9.1, 2.75, 1.2, INPUT, "Spatial graph", "each spot with its\n6 nearest\npp.neighbors"),
    "signal": (0.0, 7.15, 2.75, 1.2, DOMAINS, "1  Signal", "keep what neighbours\nshare, drop what\nthey do not"),
    "weights": (
        0.0,
        5.45,
        2.75,
        1.2,
        DOMAINS,
        "2  Weights",
        "how much independent\nevidence does each\nmodality give?",
    ),
    "vote": (0.0, 3.75, 2.75, 1.2, DOMAINS, "3  Vote", "48 partitions, at 4\nscales, on halves of\nthe spots"),
    "model": (0.0, 2.05, 2.75, 1.2, DOMAINS, "4  Model", "each domain: how a spot\nand its surroundings\nlook in it"),
    "filter": (
        3.05,
        7.15,
        2.75,
        1.2,
        EMBEDDING,
        "1  Filter",
        "free each feature of\nnoise, at the scale\nthat suits it",
    ),
    "join": (3.05, 5.45, 2.75, 1.2, EMBEDDING, "2  Join", "add the modalities,\neach by its weight"),
    "axes": (3.05, 3.75, 2.75, 1.2, EMBEDDING, "3  Reduce", "principal axes of all\nmodalities together"),
    "found": (0.0, 0.3, 2.75, 1.2, RESULT, "Domains", 'obs["spamca"]\nconfidence, posterior,\nweights of modalities'),
    "embedding": (3.05, 0.3, 2.75, 1.2, RESULT, "Embedding", 'obsm["X_spamca"]\nfor UMAP, neighbours,\ntrajectories'),
}
ARROWS = [
    ("counts", "features"), ("places", "graph"), ("features", "signal"), ("graph", "filter"), ("features", "filter"),
    ("graph", "signal"), ("signal", "weights"), ("weights", "vote"), ("vote", "model"), ("model", "found"),
    ("filter", "join"), ("join", "axes"), ("axes", "embedding"),
]  # fmt: skip


def _box(ax: Axes, x: float, y: float, width: float, height: float, fill: str, title: str, text: str) -> None:
    shape = "round,pad=0,rounding_size=0.12"
    ax.add_patch(
        FancyBboxPatch((x, y), width, height, boxstyle=shape, facecolor=fill, edgecolor=EDGES[fill], linewidth=1.2)
    )
    middle = x + width / 2
    ax.text(middle, y + height - 0.08, title, ha="center", va="top", fontsize=LARGE, weight="bold")
    ax.text(middle, y + height - 0.36, text, ha="center", va="top", fontsize=SMALL, linespacing=1.15)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], style: str = "-") -> None:
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            linewidth=1.1,
            linestyle=style,
            color="#333333",
            shrinkA=0,
            shrinkB=0,
        )
    )


def main() -> None:
    """Draw the diagram."""
    mpl.rcParams.update({"svg.hashsalt": "spamca", "svg.fonttype": "path", "font.family": "DejaVu Sans"})
    figure = plt.figure(figsize=(4.06, 8.1))
    ax = figure.add_axes((0.01, 0.005, 0.98, 0.99))
    for box in BOXES.values():
        _box(ax, *box)
    for one, other in ARROWS:
        x, y, width, *_ = BOXES[one]
        at, top, across, height, *_ = BOXES[other]
        if x == at:
            begin, end = x + width / 2, at + across / 2
        else:  # to the box across: from the inner corner to the inner corner
            begin, end = (x + width - 0.5, at + 0.5) if x < at else (x + 0.5, at + across - 0.5)
        _arrow(ax, (begin, y), (end, top + height))
    _arrow(ax, (2.75, 6.05), (3.05, 6.05), "--")
    labels = {"size": SMALL, "style": "italic", "va": "center"}
    ax.text(0.02, 8.5, "domains", ha="left", color=EDGES[DOMAINS], **labels)
    ax.text(5.78, 8.5, "embedding", ha="right", color=EDGES[EMBEDDING], **labels)
    ax.text(4.5, 2.65, "it does not see\nthe domains", ha="left", color="#333333", **labels)
    ax.set(xlim=(-0.05, 5.85), ylim=(0.2, 11.95))
    ax.set_axis_off()
    path = STATIC / "understand" / "method.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, facecolor="white", metadata={"Date": None, "Creator": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
