"""Tissue and results made of formulas, so that figures of them are the same everywhere; every figure drawn from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import mudata
import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from scipy import sparse

import spamca
from spamca._edge import without_pull

N, SIDE = 196, 14
DPI = 50


def scene() -> mudata.MuData:
    """A square of 14 by 14 spots in four domains, with two modalities of which 20 spots lack the second."""
    names = pd.Index([f"spot{i}" for i in range(N)])
    y, x = np.divmod(np.arange(N), SIDE)
    counts = np.stack([(x * (k + 1) + y * (3 - k)) % 7 + 4 * (x // 4 == k) for k in range(4)], axis=1)
    rna = AnnData(counts.astype(np.float32), obs=pd.DataFrame(index=names))
    rna.var_names = [f"GENE{k}" for k in range(4)]
    protein = AnnData(counts[20:, ::-1].astype(np.float32), obs=pd.DataFrame(index=names[20:]))
    protein.var_names = [f"CD{k}" for k in range(4)]
    weight = 0.2 + 0.6 * x / SIDE
    rna.obs["spamca_weight"] = np.where(np.arange(N) < 20, 1.0, weight)
    protein.obs["spamca_weight"] = (1 - weight)[20:]
    with without_pull():
        mdata = mudata.MuData({"rna": rna, "protein": protein})
    mdata.obsm["spatial"] = np.stack([x, y], axis=1).astype(float)
    codes = np.where(y < 5, x // 7, 2 + (x + y > 18))
    label = np.where(y < 4, 0, np.where(x < 8, 1, 2))
    mdata.obs["spamca"] = pd.Categorical.from_codes(codes, [f"{k}" for k in range(4)])
    mdata.obs["label"] = pd.Categorical.from_codes(label, ["cortex", "medulla", "capsule"])
    mdata.obs["label"] = mdata.obs["label"].where(np.arange(N) > 5)
    mdata.obs["spamca_confidence"] = 0.4 + 0.6 * np.abs(x - 6.5) / 6.5
    mdata.obs["section"] = pd.Categorical([f"section {i % 3 + 1}" for i in range(N)])
    steps = np.arange(40)
    mdata.uns["spamca"] = {"history": {"total": 1 / (steps + 1), "reconstruction": 2 / (steps + 2)}}
    tried = np.arange(2, 8)
    evidence = -((tried - 4.0) ** 2) / 10
    record = {"evidence": evidence, "error": np.full(6, 0.1), "stability": 1 / tried, "gain": tried / 10}
    mdata.uns["spamca_n_clusters"] = {"n_clusters": 4, "tried": tried, **record}
    mdata.uns["spamca_drivers"] = drivers()
    shares = [(m, d, (i + 1) * (j + 1) / 40) for i, m in enumerate(mdata.mod) for j, d in enumerate([*"0123", "all"])]
    mdata.uns["spamca_variance_explained"] = pd.DataFrame(shares, columns=["modality", "domain", "variance_explained"])
    mdata.uns["spamca_hierarchy"] = hierarchy()
    mdata.uns["spamca_comparison"] = comparison()
    mdata.obs["spamca_pseudotime"] = np.where(x + y == 13, np.nan, np.hypot(x, y) / np.hypot(SIDE, SIDE))
    weights = np.array([[0, 0.9, 0.5, 0.01], [0.9, 0, 0, 0.3], [0.5, 0, 0, 0.7], [0.01, 0.3, 0.7, 0]])
    mdata.uns["spamca_paga"] = {
        "connectivities": sparse.csr_matrix(weights),
        "groups": "spamca",
        "names": [f"{k}" for k in range(4)],
        "root": "spot0",
    }
    return mdata


def hierarchy() -> dict[str, Any]:
    """Four domains between levels of two and of five."""
    rows = [(2, "0", "", 106), (2, "2", "", 90)]
    rows += [(3, "0", "0", 106), (3, "2", "2", 55), (3, "3", "2", 35)]
    rows += [(4, "0", "0", 35), (4, "1", "0", 71), (4, "2", "2", 55), (4, "3", "3", 35)]
    rows += [(5, "0", "0", 35), (5, "1", "1", 40), (5, "4", "1", 31), (5, "2", "2", 55), (5, "3", "3", 35)]
    return {
        "levels": np.arange(2, 6),
        "support": np.array([0.9, 0.6, 0.8, 0.3]),
        "n_clusters": 4,
        "nodes": pd.DataFrame(rows, columns=["level", "domain", "parent", "n_spots"]),
        "domains": [f"{k}" for k in range(5)],
        "colors": ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"],
    }


def comparison() -> dict[str, Any]:
    """Shares of three domains in four sections of each of two groups."""
    rows = [
        (
            f"section {s}",
            ("control", "treated")[s // 4],
            f"{d}",
            10,
            0.1 * (d + 1) + 0.02 * (s * (d + 1) % 5) + 0.1 * (s // 4) * (d == 1),
        )
        for s in range(8)
        for d in range(3)
    ]
    sections = pd.DataFrame(rows, columns=["section", "group", "domain", "n_spots", "share"])
    table = pd.DataFrame({"what": "share", "domain": list("012"), "other": "", "group": "treated"})
    table = table.assign(
        effect=[-0.25, 1.5, 0.1], ci_low=[-1, 1, -0.5], ci_high=[0.5, 2, 0.7], q_value=[0.3, 0.01, 0.8]
    )
    return {
        "table": table.astype({"domain": "category"}),
        "sections": sections.astype({"group": "category", "domain": "category"}),
        "params": {"reference": "control", "groupby": "condition"},
    }


def drivers() -> pd.DataFrame:
    rows = [
        (
            f"{k}",
            modality,
            f"{prefix}{f}",
            2.0 if f == k else ((f * 3 + k) % 5 - 2) / 4,
            (f + k + 1) / 8,
            0.01 if f == k else 0.3,
        )
        for modality, prefix in (("rna", "GENE"), ("protein", "CD"))
        for k in range(4)
        for f in range(4)
    ]
    found = pd.DataFrame(rows, columns=["domain", "modality", "feature", "effect", "share_in", "q_value"])
    found = found.sort_values(["domain", "effect"], ascending=[True, False], kind="stable", ignore_index=True)
    return found.astype({"domain": "category"})


def with_image(mdata: mudata.MuData) -> mudata.MuData:
    pixels = np.zeros((64, 64, 3))
    pixels[..., 0] = np.linspace(0.6, 1, 64)
    pixels[..., 2] = np.linspace(0.6, 1, 64)[:, None]
    record = {"images": {"hires": pixels}, "scalefactors": {"tissue_hires_scalef": 4.0, "spot_diameter_fullres": 0.6}}
    mdata.uns["spatial"] = {"tissue": record}
    return mdata


def overlaid(mdata: mudata.MuData) -> Any:
    """RNA at its spots, protein brought onto them from points of its own, of which some lie beyond the tissue."""
    rna, protein = mdata["rna"].copy(), mdata["protein"].copy()
    rna.obsm["spatial"] = mdata.obsm["spatial"].copy()
    protein.obsm["spatial"] = (mdata.obsm["spatial"][20:] + np.array([3.3, 0.3])) * 2
    protein.obs_names = [f"point{i}" for i in range(protein.n_obs)]
    with without_pull():
        both = mudata.MuData({"rna": rna, "protein": protein})
    joined = spamca.pp.onto_spots(both, reference="rna", transform={"protein": [[0.5, 0, 0], [0, 0.5, 0]]})
    return spamca.pl.overlay(joined, color={"rna": "GENE1", "protein": "CD1"}, source=both)


def several(mdata: mudata.MuData) -> Any:
    with plt.rc_context({"font.size": 6}):
        return spamca.pl.spatial_clusters(
            mdata, color=["spamca", "rna:GENE1"], library_key="section", ncols=2, figsize=(4, 5)
        )


FIGURES: dict[str, Callable[[mudata.MuData], Any]] = {
    "spatial_clusters": lambda m: spamca.pl.spatial_clusters(m, color=["spamca", "label", "rna:GENE1"], match="label"),
    "spatial_clusters_image": lambda m: spamca.pl.spatial_clusters(with_image(m), color=["spamca", "protein:CD1"]),
    "spatial_clusters_outline": lambda m: spamca.pl.spatial_clusters(
        with_image(m), color=["label", "GENE1"], outline="label", legend_loc="on data"
    ),
    "spatial_clusters_outline_only": lambda m: spamca.pl.spatial_clusters(with_image(m), alpha=0, outline=True),
    "spatial_clusters_confidence": lambda m: spamca.pl.spatial_clusters(
        m, color=["spamca", "GENE1"], alpha="confidence"
    ),
    "spatial_clusters_groups": lambda m: spamca.pl.spatial_clusters(m, groups=["1", "2"], outline=True),
    "spatial_clusters_sections": several,
    "modality_weights": spamca.pl.modality_weights,
    "n_clusters": spamca.pl.n_clusters,
    "training_history": spamca.pl.training_history,
    "confusion": lambda m: spamca.pl.confusion(m, "label"),
    "alluvial": lambda m: spamca.pl.alluvial(m, ["label", "spamca", "section"]),
    "drivers_dot": lambda m: spamca.pl.drivers(m, n_features=2),
    "drivers_heat": lambda m: spamca.pl.drivers(m, kind="heat", n_features=2),
    "variance_explained": spamca.pl.variance_explained,
    "hierarchy": spamca.pl.hierarchy,
    "trajectory": spamca.pl.trajectory,
    "compare": spamca.pl.compare,
    "overlay": lambda m: overlaid(m),
}


def drawn(name: str) -> Figure:
    """One of the figures, with matplotlib's own settings."""
    with plt.style.context("default"):
        return np.ravel(FIGURES[name](scene()))[0].figure


def pixels(figure: Figure) -> np.ndarray:
    """What the figure looks like, (height, width, 3) from 0 to 1."""
    with plt.style.context("default"), mock.patch.object(Text, "draw", draw_box), box_sizes():
        figure.set_dpi(DPI)
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255.0


def draw_box(text: Text, renderer: Any) -> None:
    """Draw a text as a box: versions of matplotlib differ in how they draw letters, and so in where they leave room for them."""
    if text.get_visible() and text.get_text():
        box = text.get_window_extent(renderer)
        Rectangle(box.p0, box.width, box.height, facecolor=text.get_color(), alpha=0.5, linewidth=0).draw(renderer)


def box_sizes() -> Any:
    """Sizes of texts that do not depend on the font, while this is entered."""

    def size(renderer: Any, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        points = prop.get_size_in_points() * renderer.dpi / 72
        return 0.6 * points * len(s), points, 0.2 * points

    return mock.patch.object(RendererAgg, "get_text_width_height_descent", size)
