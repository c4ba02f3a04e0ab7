"""The figure: mean ARI and its spread over seeds by set and method, and accuracy against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("agg")
from benchmarks import tissues
from benchmarks.collect import methods_in_order, with_best_single
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

READOUT = "likelihood"
"""The common read-out shown; filled dots. Rings: each method's own."""

OURS, OTHERS, INK, PALE = "#D55E00", "#0072B2", "#333333", "#DDDDDD"
"""Vermilion and blue of Okabe and Ito, which colour-blind readers can distinguish."""


def draw(found: pd.DataFrame, path: Path) -> None:
    """One panel a set, one row a method; then mean ARI of measured tissue against seconds of a fit."""
    done = with_best_single(found[(found["noise"] == "") & found["ARI"].notna()])
    sets = [name for name in tissues.names() if name in set(done["set"])]
    if not sets:
        return
    methods = methods_in_order(done)
    columns = 4
    n_rows = -(-(len(sets) + 1) // columns)
    height = 0.18 * len(methods) + 0.7
    figure, axes = plt.subplots(n_rows, columns, figsize=(12, height * n_rows), layout="constrained", squeeze=False)
    flat = axes.ravel()
    for i, (panel, name) in enumerate(zip(flat, sets, strict=False)):
        of_set(panel, done[done["set"] == name], methods)
        panel.set_title(name, fontsize=9, color=INK)
        panel.set_yticks(range(len(methods)), methods if i % columns == 0 else [], fontsize=7.5)
    against_time(flat[len(sets)], done)
    for panel in flat[len(sets) + 1 :]:
        panel.set_axis_off()
    figure.suptitle(
        "Adjusted Rand index, mean of seeds and standard deviation. Filled: the same read-out for all; ring: the method's own",
        fontsize=9,
        color=INK,
    )
    figure.savefig(path, dpi=150)
    plt.close(figure)


def color_of(method: str) -> str:
    return OURS if method == "spamca" else OTHERS


def of_set(panel: Axes, done: pd.DataFrame, methods: list[str]) -> None:
    done = done[done["readout"].isin(["own", READOUT])]
    for y, method in enumerate(methods):
        panel.axhline(y, color=PALE, linewidth=0.6, zorder=0)
        for readout, shift, filled in (("own", 0.16, False), (READOUT, -0.1, True)):
            mine = done[(done["method"] == method) & (done["readout"] == readout)]
            panel.errorbar(
                mine["ARI"],
                [y + shift] * len(mine),
                xerr=mine["ARI sd"],
                fmt="o",
                markersize=3.6,
                markerfacecolor=color_of(method) if filled else "none",
                color=color_of(method),
                elinewidth=1,
                markeredgewidth=0.7,
            )
    panel.set_ylim(len(methods) - 0.4, -0.6)
    panel.set_xlim(min(0, done["ARI"].min() - 0.02), max(0.3, min(1.02, done["ARI"].max() * 1.08)))
    panel.tick_params(axis="x", labelsize=7.5)
    panel.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def against_time(panel: Axes, done: pd.DataFrame) -> None:
    """Of methods that have all measured sets."""
    here = done[(done["readout"] == READOUT) & done["set"].isin(tissues.MEASURED)]
    points = {}
    for method in methods_in_order(here):
        mine = here[here["method"] == method]
        if len(mine) == len(tissues.MEASURED):
            points[method] = (max(mine["seconds"].mean(), 0.01), mine["ARI"].mean())
    heights = [ari for _, ari in points.values()]
    for method, (seconds, ari) in points.items():
        panel.scatter([seconds], [ari], s=22, color=color_of(method), zorder=3)
    place_names(panel, points)
    panel.set_xscale("log")
    panel.set_xlim(0.005, max([100, *(10 * seconds for seconds, _ in points.values())]))
    if heights:
        panel.set_ylim(min(heights) - 0.03, max(heights) + 0.03)
    panel.set_title("mean of measured tissue", fontsize=9, color=INK)
    panel.set_xlabel("seconds of a fit", fontsize=7.5)
    panel.set_ylabel("ARI", fontsize=7.5)
    panel.tick_params(labelsize=7.5)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def place_names(panel: Axes, points: dict[str, tuple[float, float]]) -> None:
    """Names right of their points, pushed apart where they would lie on each other."""
    if not points:
        return
    values = [ari for _, ari in points.values()]
    gap = max((max(values) - min(values) + 0.06) / 15, 1e-3)
    last = -np.inf
    for method, (seconds, ari) in sorted(points.items(), key=lambda item: item[1][1]):
        last = max(ari, last + gap)
        panel.annotate(
            method.removesuffix(" modality"),
            (seconds, ari),
            xytext=(seconds * 1.5, last),
            fontsize=6.5,
            color=INK,
            verticalalignment="center",
        )
