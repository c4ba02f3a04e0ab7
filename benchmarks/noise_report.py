"""Table and figure of the noise: ARI of spamca and of rivals as a tissue gets noisier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("agg")
from benchmarks.collect import BEST_SINGLE, methods_in_order, with_best_single
from benchmarks.noise import LEVELS, SETS
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

READOUT = "likelihood"
COLORS = ("#D55E00", "#999999", "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#CC79A7", "#F0E442")
"""Of Okabe and Ito, which colour-blind readers can distinguish; a marker each besides."""

MARKERS = "os^Dv<>PX"
UNDISTURBED = {"thinned": "1", "gaussian": "0", "dropped": "0"}


def text(found: pd.DataFrame) -> str:
    """A table a set: methods by noises, and the best rival of each noise."""
    from benchmarks.report import cell, markdown

    here = found[(found["readout"] == READOUT) & found["set"].isin(set(found.loc[found["noise"] != "", "set"]))]
    parts = []
    for name in [one for one in SETS if one in set(here["set"])]:
        mine = with_best_single(here[here["set"] == name])
        noises = sorted(set(mine["noise"]), key=_order)
        table = mine.set_index(["method", "noise"])
        methods = [method for method in methods_in_order(mine) if (mine[mine["method"] == method]["noise"] != "").any()]
        rows = []
        for noise in noises:
            values = {m: table.loc[(m, noise)] for m in methods if (m, noise) in table.index}
            rivals = {m: v["ARI"] for m, v in values.items() if m != "spamca"}
            best = max(rivals, key=rivals.get) if rivals else ""
            cells = [cell(values[m]) if m in values else "" for m in methods]
            rows.append([noise or "none", *cells, f"{rivals[best]:.3f} {best}" if best else ""])
        parts.append(f"### Noise: {name}\n\n" + markdown(rows, ["noise", *methods, "best rival"]))
    return "\n\n".join(parts)


def _order(noise: str) -> tuple[int, int, str]:
    kind, _, value = noise.partition("=")
    kinds = ["", *LEVELS, "shuffled", "only"]
    return kinds.index(kind), list(LEVELS.get(kind, [value])).index(value), value


def draw(found: pd.DataFrame, path: Path) -> bool:
    """One row a set, one column a kind of noise, one line a method; False where there is nothing to draw."""
    done = found[(found["readout"] == READOUT) & found["set"].isin(SETS)]
    sets = [name for name in SETS if (done.loc[done["set"] == name, "noise"] != "").any()]
    if not sets:
        return False
    shown = [m for m in methods_in_order(done[done["noise"] != ""]) if not m.startswith(BEST_SINGLE)]
    figure, axes = plt.subplots(
        len(sets), len(LEVELS), figsize=(9, 2.4 * len(sets) + 0.6), layout="constrained", squeeze=False
    )
    for row, name in enumerate(sets):
        for column, (kind, levels) in enumerate(LEVELS.items()):
            panel, steps = axes[row, column], [UNDISTURBED[kind], *levels]
            for method in shown:
                mine = done[(done["set"] == name) & (done["method"] == method)]
                means = [mine[mine["noise"] == noise]["ARI"].mean() for noise in ["", *(f"{kind}={v}" for v in levels)]]
                i = shown.index(method)
                panel.plot(
                    np.arange(len(steps)),
                    means,
                    color=COLORS[i],
                    marker=MARKERS[i],
                    markersize=4,
                    linewidth=1.2,
                    label=method,
                )
            panel.set_xticks(np.arange(len(steps)), steps, fontsize=8)
            panel.tick_params(axis="y", labelsize=8)
            panel.set_ylim(bottom=0)
            if row == len(sets) - 1:
                panel.set_xlabel(
                    {"thinned": "share of counts kept", "gaussian": "noise, in sizes of the features"}.get(
                        kind, "share of spots that lack a modality"
                    ),
                    fontsize=8,
                )
            if column == 0:
                panel.set_ylabel(f"{name}\nARI", fontsize=8)
            for side in ("top", "right"):
                panel.spines[side].set_visible(False)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return True
