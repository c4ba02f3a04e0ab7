"""Figures of "Understand": real tissue, and what domains, weights, confidence and novelty do there.

    SPAMCA_TEST_DATA=... python docs/figures/understand.py [figure ...]

Prints every number that the pages quote. Writes ``docs/_static/understand``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import agreement, draw_all, save, tissue

import spamca

if TYPE_CHECKING:
    from mudata import MuData

QUIET = {"progress_bar": False, "accelerator": "cpu"}


def _integrated(name: str, n_clusters: int | None) -> MuData:
    mdata = tissue(name)
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters, **QUIET)
    return mdata


def _axes(nrows: int, ncols: int, height: float) -> Any:
    return plt.subplots(nrows, ncols, figsize=(6, height * nrows), layout="constrained", squeeze=False)[1]


def domains() -> None:
    """Expert labels next to domains: cortex, where they agree well, and lymph node, where they do not."""
    axes = _axes(2, 2, 2.9)
    for row, (name, number, what) in zip(
        axes, (("dlpfc_151676", 7, "cortex"), ("hln_a1_panel_split", 10, "lymph node")), strict=True
    ):
        mdata = _integrated(name, number)
        score = agreement(mdata, "label", "spamca")
        print(f"{name}: ARI with the labels {score:.3f}")
        spamca.pl.spatial_clusters(mdata, color="label", ax=row[0], title=f"{what}: experts", legend_loc=None)
        title = f"domains, ARI {score:.2f}"
        spamca.pl.spatial_clusters(mdata, color="spamca", match="label", ax=row[1], title=title, legend_loc=None)
    save(axes[0, 0].figure, "understand", "domains")


def weights() -> None:
    """Weights of ATAC in the mouse brain: as measured, and where both modalities are trusted alike."""
    axes = _axes(2, 2, 2.6)
    for row, (what, trust) in zip(
        axes, {"measured": None, "both trusted": {"rna": 1.0, "atac": 1.0}}.items(), strict=True
    ):
        mdata = tissue("p22_atac")
        spamca.pp.neighbors(mdata)
        spamca.tl.integrate(mdata, 14, modality_trust=trust, **QUIET)
        spamca.pl.spatial_clusters(mdata, ax=row[0], title=f"{what}: domains", legend_loc=None)
        values = mdata.obs["atac:spamca_weight"].to_numpy()
        spread = np.quantile(values, (0.05, 0.95)).round(3)
        print(f"p22_atac, {what}: weight of ATAC: mean {values.mean():.3f}, 5 to 95 %: {spread}")
        print({k: v for k, v in mdata.uns["spamca"]["domains"].items() if k in ("weights", "inflation")})
        where = {"c": values, "s": 2.4, "marker": "s", "vmin": 0, "vmax": 1, "cmap": "viridis", "linewidths": 0}
        drawn = row[1].scatter(*mdata.obsm["spatial"].T, **where)
        row[1].set(aspect="equal", xticks=[], yticks=[], title=f"{what}: weight of ATAC")
        row[1].invert_yaxis()
        row[1].spines[:].set_visible(False)
    axes[0, 0].figure.colorbar(drawn, ax=axes[:, 1], shrink=0.5)
    save(axes[0, 0].figure, "understand", "weights")


def _half(mdata: MuData, seed: int) -> tuple[MuData, MuData]:
    """Two tissues whose counts add up to those of the first, drawn at random."""
    halves = mdata.copy(), mdata.copy()
    rng = np.random.default_rng(seed)
    counts = mdata["rna"].X.toarray() if hasattr(mdata["rna"].X, "toarray") else np.asarray(mdata["rna"].X)
    first = rng.binomial(counts.astype(np.int64), 0.5).astype(np.float32)
    halves[0]["rna"].X, halves[1]["rna"].X = first, counts.astype(np.float32) - first
    return halves


def confidence() -> None:
    """Confidence in the cortex, and the spots whose domain differs between two halves of the counts."""
    mdata = _integrated("dlpfc_151676", 7)
    halves = _half(tissue("dlpfc_151676"), 0)
    for one in halves:
        spamca.pp.neighbors(one)
        spamca.tl.integrate(one, 7, **QUIET)
    table = pd.crosstab(halves[0].obs["spamca"], halves[1].obs["spamca"]).to_numpy()
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-table)
    partner = dict(zip(columns.astype(str), rows.astype(str), strict=True))
    same = halves[0].obs["spamca"].astype(str).to_numpy() == halves[1].obs["spamca"].astype(str).map(partner).to_numpy()
    sure = mdata.obs["spamca_confidence"].to_numpy()
    for low, high in ((0, 0.6), (0.6, 0.9), (0.9, 0.99), (0.99, 1.01)):
        inside = (sure >= low) & (sure < high)
        print(
            f"confidence {low} to {high}: {inside.mean():.3f} of the spots, halves agree in {same[inside].mean():.3f}"
        )
    axes = _axes(1, 3, 2.3)[0]
    spamca.pl.spatial_clusters(mdata, ax=axes[0], title="domains", legend_loc=None)
    coordinates = mdata.obsm["spatial"]
    drawn = axes[1].scatter(*coordinates.T, c=sure, s=3, vmin=0, vmax=1, cmap="viridis", linewidths=0)
    axes[1].set_title("confidence")
    axes[2].scatter(*coordinates.T, c=np.where(same, "0.85", "#D55E00"), s=3, linewidths=0)
    axes[2].set_title("halves disagree")
    for ax in axes[1:]:
        ax.set(aspect="equal", xticks=[], yticks=[])
        ax.invert_yaxis()
        ax.spines[:].set_visible(False)
    axes[0].figure.colorbar(drawn, ax=axes[1], orientation="horizontal", shrink=0.9, pad=0.02)
    save(axes[0].figure, "understand", "confidence")


def novelty() -> None:
    """A model of half of the cortex without its white matter, applied to the other half, which has it."""
    from sklearn.metrics import roc_auc_score

    whole = tissue("dlpfc_151676")
    label = whole.obs["label"].astype(str)
    hidden = next(name for name in label.unique() if name.lower() in ("wm", "white matter", "white_matter"))
    at = whole["rna"].obsm["spatial"]
    left = _left(at, (label == hidden).to_numpy())
    known, new = whole[left & (label != hidden).to_numpy()].copy(), whole[~left].copy()
    spamca.pp.neighbors(known)
    spamca.tl.integrate(known, 6, **QUIET)
    spamca.tl.transform(new, known)
    far = new.obs["spamca_novelty"].to_numpy()
    truth = (new.obs["label"].astype(str) == hidden).to_numpy()
    print(
        f"novelty of {hidden}: AUROC {roc_auc_score(truth, far):.3f}, beyond 1: {np.mean(far[truth] > 1):.3f} of it, {np.mean(far[~truth] > 1):.3f} of the rest"
    )
    print(
        "white matter was given to:", new.obs["spamca"][truth].value_counts(normalize=True).head(3).round(2).to_dict()
    )
    axes = _axes(1, 3, 2.6)[0]
    coordinates = new["rna"].obsm["spatial"]
    axes[0].scatter(*coordinates.T, c=np.where(truth, "#5A5A5A", "0.85"), s=6, linewidths=0)
    axes[0].set_title("white matter:\nnot in the training")
    spamca.pl.spatial_clusters(new, ax=axes[1], title="domains given", legend_loc=None)
    drawn = axes[2].scatter(*coordinates.T, c=far, s=6, vmin=0, vmax=2, cmap="viridis", linewidths=0)
    axes[2].set_title("novelty")
    for ax in (axes[0], axes[2]):
        ax.set(aspect="equal", xticks=[], yticks=[])
        ax.invert_yaxis()
        ax.spines[:].set_visible(False)
    axes[0].figure.colorbar(drawn, ax=axes[2], extend="max", shrink=0.8)
    save(axes[0].figure, "understand", "novelty")


def _left(at: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Booleans of one half of the spots, cut from the middle of the white matter outwards, so that both halves hold all layers."""
    outwards = at.mean(0) - at[inside].mean(0)
    return (at - at[inside].mean(0)) @ np.array([-outwards[1], outwards[0]]) <= 0


def number() -> None:
    """Evidence for each number of domains: a peak, and a flat top."""
    simulated = spamca.datasets.simulated(n_domains=6, random_state=3)
    axes = plt.subplots(2, 1, figsize=(4.2, 4.4), layout="constrained", sharex=True)[1]
    for ax, (title, mdata) in zip(
        axes, (("simulated, 6 domains", simulated), ("cortex", tissue("dlpfc_151676"))), strict=True
    ):
        spamca.pp.neighbors(mdata)
        spamca.tl.estimate_n_clusters(mdata)
        record = mdata.uns["spamca_n_clusters"]
        print(title, "found", record["n_clusters"], "plausible", list(record["plausible"]))
        spamca.pl.n_clusters(mdata, criteria="evidence", ax=ax)
        ax.set_title(title)
        ax.tick_params(labelsize=9)
    axes[0].set_xlabel("")
    save(axes[0].figure, "understand", "number")


def edge() -> None:
    """Evidence on the cortex where too few numbers were tried."""
    mdata = tissue("dlpfc_151676")
    spamca.pp.neighbors(mdata)
    spamca.tl.estimate_n_clusters(mdata, n_clusters_range=(2, 5))
    ax = plt.subplots(figsize=(4.2, 2.3), layout="constrained")[1]
    spamca.pl.n_clusters(mdata, criteria="evidence", ax=ax)
    ax.set(title="cortex, n_clusters_range=(2, 5)", xticks=range(2, 6))
    ax.tick_params(labelsize=9)
    save(ax.figure, "understand", "edge")


def gradient() -> None:
    """Tissue that is one gradient, cut into pieces all the same."""
    from benchmarks.gradient import gradient as one_gradient

    mdata = one_gradient(2000, 0)
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, 6, **QUIET)
    axes = _axes(1, 2, 2.8)[0]
    at = mdata["rna"].obsm["spatial"]
    axes[0].scatter(*at.T, c=at[:, 0], s=5, cmap="viridis", linewidths=0)
    axes[0].set(aspect="equal", xticks=[], yticks=[], title="truth: a gradient")
    axes[0].spines[:].set_visible(False)
    axes[0].invert_yaxis()
    continuity = mdata.uns["spamca"]["domains"]["continuity"]
    print(
        f"gradient: continuity {continuity:.2f}, confidence above 0.99 in {np.mean(mdata.obs['spamca_confidence'] > 0.99):.2f}"
    )
    spamca.pl.spatial_clusters(mdata, ax=axes[1], title=f"six domains,\ncontinuity {continuity:.2f}", legend_loc=None)
    save(axes[0].figure, "understand", "gradient")


if __name__ == "__main__":
    draw_all((domains, weights, confidence, novelty, number, edge, gradient), sys.argv[1:])
