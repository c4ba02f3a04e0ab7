"""Figures: time and size of large ones, and all of them drawn from real tissue to look at.

    python -m benchmarks.figures                  # a million spots: seconds to draw and save, size of the files
    python -m benchmarks.figures --render FOLDER  # every figure of four tissues as png

Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import mudata
import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib import pyplot as plt

import spamca

TISSUES = {"hln_a1_panel_split": "label", "dlpfc_151676": "label", "her2st_a1": "label", "p22_atac": "rna:rna_cluster"}
"""Tissues to render, and what domains are compared with."""

MOST_SECONDS, MOST_BYTES = 20, 5_000_000
"""Bars of a figure of a million spots: to draw and save it, and of each file."""


def tissue(n_spots: int, n_domains: int, layout: str) -> mudata.MuData:
    """Spots on a square grid or at random, in wavy bands, with a number that rises across them."""
    rng = np.random.default_rng(0)
    side = int(np.ceil(np.sqrt(n_spots)))
    grid = np.stack(np.divmod(np.arange(n_spots), side), axis=1).astype(float)
    spatial = grid if layout == "grid" else rng.random((n_spots, 2)) * side
    wave = spatial[:, 0] / side + 0.1 * np.sin(9 * spatial[:, 1] / side)
    codes = np.clip((wave + 0.1) / 1.2 * n_domains, 0, n_domains - 1).astype(int)
    names = [f"{k}" for k in range(n_domains)]
    obs = pd.DataFrame(
        {"domain": pd.Categorical.from_codes(codes, names), "depth": wave}, index=pd.RangeIndex(n_spots).astype(str)
    )
    adata = AnnData(np.zeros((n_spots, 1), dtype=np.float32), obs=obs[[]].copy())
    mdata = mudata.MuData({"rna": adata})
    mdata.obs["domain"], mdata.obs["depth"] = obs["domain"], obs["depth"]
    mdata.obsm["spatial"] = spatial
    return mdata


def measure(n_spots: int, n_domains: int) -> list[dict]:
    """Seconds to draw and to save, and bytes of the files."""
    found = []
    for layout in ("grid", "random"):
        mdata = tissue(n_spots, n_domains, layout)
        for arguments in ({"color": "domain"}, {"color": "domain", "legend_loc": "on data"}, {"color": "depth"}):
            for extension in ("png", "pdf"):
                path = Path(os.environ.get("TMPDIR", "/tmp")) / f"spamca_figure.{extension}"
                start, cpu = time.perf_counter(), time.process_time()
                ax = spamca.pl.spatial_clusters(mdata, **arguments)
                drawn = time.perf_counter() - start
                ax.figure.savefig(path)
                row = {"layout": layout, **arguments, "file": extension, "draw": round(drawn, 1)}
                row |= {"draw and save": round(time.perf_counter() - start, 1), "bytes": path.stat().st_size}
                row["of the processor"] = round(time.process_time() - cpu, 1)
                row["within"] = row["draw and save"] <= MOST_SECONDS and row["bytes"] <= MOST_BYTES
                print(json.dumps(row), flush=True)
                found.append(row)
                path.unlink()
                plt.close("all")
    return found


def render(mdata: mudata.MuData, label: str, save) -> None:
    """Draw every figure; ``save`` takes axes and a name."""
    first = next(iter(mdata.mod))
    feature = f"{first}:{mdata[first].var_names[int(np.argmax(np.asarray(mdata[first].X.sum(axis=0)).ravel()))]}"
    pl = spamca.pl
    save(pl.spatial_clusters(mdata), "domains")
    save(pl.spatial_clusters(mdata, color=["spamca", label], match=label), "compared")
    save(pl.spatial_clusters(mdata, alpha="confidence"), "confidence")
    save(pl.spatial_clusters(mdata, alpha=0, outline=True), "outlines")
    save(pl.spatial_clusters(mdata, color=["spamca", feature], outline=True, legend_loc="on data"), "named")
    save(pl.spatial_clusters(mdata, color=["spamca", feature], alpha="confidence", outline=True), "faded")
    save(pl.spatial_clusters(mdata, groups=["1"], outline=True), "group")
    names = [f"section {k + 1}" for k in range(12)]
    for n in (1, 2, 6, 12):
        # Each n-th spot of a row: sections that look alike, with fewer spots.
        mdata.obs["section"] = pd.Categorical([f"section {i % n + 1}" for i in range(mdata.n_obs)], names[:n])
        save(pl.spatial_clusters(mdata, library_key="section"), f"sections {n}")
        save(pl.spatial_clusters(mdata, color=["spamca", feature], library_key="section"), f"sections {n} twice")
    save(pl.modality_weights(mdata), "weights")
    save(pl.confusion(mdata, rows=label), "confusion")
    spamca.tl.cluster(mdata, 4, key_added="four", use_rep="X_spamca")
    save(pl.alluvial(mdata, [label, "spamca", "four"]), "alluvial")
    if "spamca_n_clusters" in mdata.uns:
        save(pl.n_clusters(mdata), "number")
    if "spamca_drivers" in mdata.uns:
        save(pl.drivers(mdata), "drivers")
        save(pl.drivers(mdata, kind="heat"), "drivers heat")
    if "spamca_variance_explained" in mdata.uns:
        save(pl.variance_explained(mdata), "variance explained")
    if "spamca_hierarchy" in mdata.uns:
        save(pl.hierarchy(mdata), "hierarchy")
    if "spamca_paga" in mdata.uns:
        save(pl.trajectory(mdata), "trajectory")


def prepared(name: str) -> mudata.MuData:
    """Tissue with everything that figures show."""
    mdata = mudata.read_h5mu(Path(os.environ["SPAMCA_TEST_DATA"]) / "data" / f"{name}.h5mu")
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata)
    spamca.tl.estimate_n_clusters(mdata)
    spamca.tl.trajectory(mdata, root="0")
    for explain in ("drivers", "variance_explained", "hierarchy"):
        try:
            getattr(spamca.tl, explain)(mdata)
        except ValueError as error:
            print(f"{name}: no {explain}: {error}")
    return mdata


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--render", type=Path, metavar="FOLDER")
    parser.add_argument("--tissues", nargs="+", default=list(TISSUES))
    parser.add_argument("--spots", type=int, default=1_000_000)
    parser.add_argument("--domains", type=int, default=20)
    chosen = parser.parse_args()
    if chosen.render is None:
        measure(chosen.spots, chosen.domains)
        return
    for name in chosen.tissues:
        folder = chosen.render / name
        folder.mkdir(parents=True, exist_ok=True)

        def save(axes, what: str, folder: Path = folder) -> None:
            np.ravel(axes)[0].figure.savefig(folder / f"{what.replace(' ', '_')}.png", dpi=100)
            plt.close("all")

        render(prepared(name), TISSUES[name], save)


if __name__ == "__main__":
    main()
