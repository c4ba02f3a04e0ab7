"""Table and figure of the runs of ``benchmarks.scale``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("agg")
from benchmarks.report import DOCS, markdown, put_between
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

STAGES = ("graphs", "domains", "training", "other")
COLORS = ("#E69F00", "#009E73", "#0072B2", "#999999")
"""Of Okabe and Ito, which colour-blind readers can distinguish."""

FROM = 10_000
"""Spots from which the exponents are measured."""

BEYOND = 100_000_000
"""Spots for which time and memory are extrapolated."""

GIB = 2**30


def records(folder: Path) -> list[dict]:
    """All runs, by method and size."""
    found = [json.loads(path.read_text()) for path in folder.glob("*.json") if not path.name.startswith("rare-")]
    return sorted(found, key=lambda run: (run["method"], run["accelerator"], run["n_spots"]))


def exponent(runs: list[dict], value: str) -> float:
    """Slope of the logarithm of a value against that of the number of spots, from the least size of :data:`FROM` on."""
    points = [(run["n_spots"], run[value]) for run in runs if run["n_spots"] >= FROM]
    if len(points) < 2:
        return float("nan")
    return float(np.polyfit(*np.log(np.array(points, dtype=float)).T, 1)[0])


def extrapolated(runs: list[dict], value: str) -> float:
    """What :data:`BEYOND` spots would take, by the line through the two largest sizes."""
    (fewer, less), (more, much) = ((run["n_spots"], run[value]) for run in runs[-2:])
    return much + (much - less) / (more - fewer) * (BEYOND - more)


def ours(runs: list[dict]) -> list[dict]:
    return [run for run in runs if run["method"] == "spamca"]


def text(runs: list[dict]) -> str:
    """A table of each method and device, and the exponents."""
    parts = []
    for accelerator in dict.fromkeys(run["accelerator"] for run in ours(runs)):
        mine = [run for run in ours(runs) if run["accelerator"] == accelerator]
        rows = [
            [
                f"{run['n_spots']:,}",
                *(f"{run['seconds'][stage]:.1f}" for stage in STAGES),
                f"{run['total']:.1f}",
                f"{run['peak'] / GIB:.2f}",
                f"{run['ARI']:.3f}",
                f"{run['scanpy']:.1f}" if "scanpy" in run else "",
            ]
            for run in mine
        ]
        heads = ["spots", *STAGES, "all, seconds", "peak, GiB", "ARI", "scanpy neighbours, seconds"]
        parts.append(f"spamca on {accelerator}, {mine[0]['threads']} threads:\n\n{markdown(rows, heads)}")
        parts.append(
            f"From {FROM:,} spots on, time grows with exponent {exponent(mine, 'total'):.2f} and peak memory with "
            f"{exponent(mine, 'peak'):.2f}."
        )
        if len(mine) > 1:
            parts[-1] += (
                f" By the line through the two largest sizes, {BEYOND:,} spots would take {extrapolated(mine, 'total') / 60:.0f} minutes and "
                f"{extrapolated(mine, 'peak') / GIB:.0f} GiB in one process."
            )
    theirs = [run for run in runs if run["method"] != "spamca"]
    if theirs:
        rows = [
            [f"{run['n_spots']:,}", f"{run['total']:.1f}", f"{run['peak'] / GIB:.2f}", f"{run['ARI']:.3f}"]
            for run in theirs
        ]
        parts.append(
            f"SpatialGlue on cpu, memory without its libraries:\n\n{markdown(rows, ['spots', 'all, seconds', 'peak, GiB', 'ARI'])}"
        )
    return "\n\n".join(parts)


def draw(runs: list[dict], path: Path) -> None:
    """Seconds and peak memory of each stage, against the number of spots."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    mine = [run for run in ours(runs) if run["accelerator"] == ours(runs)[0]["accelerator"]]
    sizes = [run["n_spots"] for run in mine]
    for stage, color in zip(STAGES, COLORS, strict=True):
        left.plot(sizes, [run["seconds"][stage] for run in mine], color=color, marker="o", markersize=3, label=stage)
    left.plot(sizes, [run["total"] for run in mine], color="black", marker="s", markersize=4, label="all of spamca")
    beside = [(run["n_spots"], run["scanpy"]) for run in mine if "scanpy" in run]
    style = {"color": "#56B4E9", "marker": "D", "markersize": 4, "linestyle": ":"}
    left.plot(*zip(*beside, strict=True), **style, label="scanpy.pp.neighbors of one modality")
    for stage, color in zip(STAGES, COLORS, strict=True):
        inside = [(run["n_spots"], run["peaks"][stage] / GIB) for run in mine if stage in run["peaks"]]
        if inside:
            right.plot(*zip(*inside, strict=True), color=color, marker="o", markersize=3)
    right.plot(sizes, [run["peak"] / GIB for run in mine], color="black", marker="s", markersize=4)
    theirs = [run for run in runs if run["method"] != "spamca"]
    if theirs:
        style = {"color": "#CC79A7", "marker": "^", "markersize": 5, "linestyle": "--", "label": "SpatialGlue"}
        left.plot([run["n_spots"] for run in theirs], [run["total"] for run in theirs], **style)
        right.plot([run["n_spots"] for run in theirs], [run["peak"] / GIB for run in theirs], **style)
    for panel, name in ((left, "seconds"), (right, "peak resident memory, GiB")):
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlabel("spots")
        panel.set_ylabel(name)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def write(folder: Path, *, publish: bool) -> None:
    """Write ``scale.md`` and ``scale.png`` next to the runs; with ``publish`` into ``docs`` as well."""
    runs = records(folder)
    if not ours(runs):
        return
    (folder / "scale.md").write_text(text(runs) + "\n")
    draw(runs, folder / "scale.png")
    if publish:
        put_between(DOCS / "performance.md", "table of scale", text(runs))
        draw(runs, DOCS / "_static" / "scale.png")
