"""Pictures of the documentation: real tissue for the front page, and one figure for each function of ``pl``.

    SPAMCA_TEST_DATA=... python docs/figures/gallery.py [NAME ...]

writes ``docs/_static/front.png`` and ``docs/_static/gallery/<function>.png``; ``make notebooks`` does it where that folder is named.
"""

from __future__ import annotations

import functools
import os
import sys
import warnings
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import mudata
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from PIL import Image

import spamca

STATIC = Path(__file__).parents[1] / "_static"
STYLE = {"font.size": 10, "figure.dpi": 100, "savefig.bbox": "tight", "savefig.pad_inches": 0.1}


@functools.cache
def tissue(name: str) -> mudata.MuData:
    """Real tissue with its domains."""
    mdata = mudata.read_h5mu(Path(os.environ["SPAMCA_TEST_DATA"]) / "data" / f"{name}.h5mu")
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, progress_bar=False)
    return mdata


def node() -> mudata.MuData:
    """Proteins of a human lymph node (Visium), half of the antibodies in each modality."""
    return tissue("hln_a1_panel_split")


def cortex() -> mudata.MuData:
    """RNA and image of a section of human cortex (Visium)."""
    return tissue("dlpfc_151676")


@functools.cache
def sections() -> mudata.MuData:
    """Six simulated sections, three of them treated."""
    mdata = spamca.datasets.simulated(n_spots=1800, n_sections=6, n_domains=4)
    treated = mdata.obs["section"].isin(["section 4", "section 5", "section 6"])
    mdata.obs["condition"] = pd.Categorical(np.where(treated, "treated", "control"))
    spamca.pp.neighbors(mdata, library_key="section")
    spamca.tl.integrate(mdata, n_clusters=4, progress_bar=False)
    return mdata


def front():
    mdata = node()
    colors = ["label", "spamca", "spamca_confidence"]
    axes = spamca.pl.spatial_clusters(mdata, color=colors, match="label", figsize=(13, 4.5))
    for ax, title in zip(np.ravel(axes), ["experts", "spamca", "confidence"], strict=True):
        ax.set_title(title)
    return axes


def spatial_clusters():
    return spamca.pl.spatial_clusters(node(), color=["spamca", "spamca_confidence"], figsize=(8, 4))


def overlay():
    mdata = spamca.datasets.simulated(n_spots=600, n_domains=3)
    rna, protein = mdata["rna"].copy(), mdata["protein"].copy()
    protein.obs_names = [f"point {i}" for i in range(protein.n_obs)]
    protein.obsm["spatial"] = protein.obsm["spatial"] @ np.array([[0.96, 0.28], [-0.28, 0.96]]) + 3.0
    apart = mudata.MuData({"rna": rna, "protein": protein})
    landmarks = (protein.obsm["spatial"][::97], rna.obsm["spatial"][::97])
    joined = spamca.pp.onto_spots(apart, reference="rna", transform={"protein": landmarks})
    features = {name: joined[name].var_names[0] for name in ("rna", "protein")}
    return spamca.pl.overlay(joined, color=features, source=apart)


def training_history():
    mdata = spamca.datasets.simulated(n_spots=600)
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=5, settings={"n_steps": 100}, progress_bar=False)
    return spamca.pl.training_history(mdata)


def compare():
    spamca.tl.compare(sections(), "condition", test="t")
    return spamca.pl.compare(sections())


def trajectory():
    mdata = cortex()
    white = pd.crosstab(mdata.obs["spamca"], mdata.obs["label"])["WM"].idxmax()
    spamca.tl.trajectory(mdata, root=str(white))
    return spamca.pl.trajectory(mdata)


def modality_weights():
    return spamca.pl.modality_weights(node())


def n_clusters():
    spamca.tl.estimate_n_clusters(node())
    return spamca.pl.n_clusters(node())


def confusion():
    return spamca.pl.confusion(cortex(), rows="label")


def alluvial():
    return spamca.pl.alluvial(cortex(), ["label", "spamca"])


def drivers():
    spamca.tl.drivers(node())
    return spamca.pl.drivers(node(), n_features=3)


def variance_explained():
    spamca.tl.variance_explained(node())
    return spamca.pl.variance_explained(node())


def hierarchy():
    spamca.tl.hierarchy(node())
    return spamca.pl.hierarchy(node())


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    (STATIC / "gallery").mkdir(exist_ok=True)
    for name in names or ["front", *spamca.pl.__all__]:
        with plt.style.context("default"), mpl.rc_context(STYLE):
            figure = np.ravel(globals()[name]())[0].figure
            path = STATIC / "front.png" if name == "front" else STATIC / "gallery" / f"{name}.png"
            figure.savefig(path, dpi=120)
        # Flat colours need no more than a palette, at a third of the size.
        Image.open(path).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
        plt.close("all")
        print(path, path.stat().st_size // 1000, "kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
