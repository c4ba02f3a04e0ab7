"""Whether pseudotime runs through cortex as its layers lie, and through a gradient as it rises.

    python -m benchmarks.trajectory [--sets ...] [--spots 500 2000 8000] [--repeats 2] [--figure docs/_static/trajectory.png]

Cortex: the root is the domain that shares most spots with the deepest layer, white matter where there is some; nothing else is taken from the labels. "layers" is the
Spearman correlation of the median pseudotime of each layer with its depth, "spots" that of the pseudotime of each spot. Gradient: simulated as in
``benchmarks.gradient``, the root at one end, compared with the coordinate; next to it ``scanpy.tl.dpt`` on the same neighbours, and distance in
the embedding. The figure is that of ``dlpfc_151676``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from benchmarks import ours, tissues
from benchmarks.gradient import gradient
from scipy.stats import spearmanr

if TYPE_CHECKING:
    from mudata import MuData

LAYERS = ("WM", "L6", "L5", "L4", "L3", "L2", "L1")
"""From the deepest to the pia."""


def rho(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman correlation over values that both have."""
    both = np.isfinite(one) & np.isfinite(other)
    return float(spearmanr(one[both], other[both])[0])


def ordered(name: str, seed: int) -> tuple[MuData, pd.Series, list[str]]:
    """A section of cortex with its trajectory, its labels, and its layers from the deepest."""
    import spamca

    mdata = tissues.load(name)
    domains = ours.run(mdata, None, seed)
    labels = pd.Series(ours.truth_of(mdata)[0], mdata.obs_names)
    shared = pd.crosstab(domains, labels)
    order = [layer for layer in LAYERS if layer in shared]
    spamca.tl.trajectory(mdata, root=str(shared[order[0]].idxmax()), random_state=seed)
    return mdata, labels, order


def cortex(name: str, seed: int) -> dict:
    """Correlations with depth in a section of cortex."""
    mdata, labels, order = ordered(name, seed)
    found = mdata.obs["spamca_pseudotime"]
    depth = labels.map({layer: i for i, layer in enumerate(order)}).to_numpy(dtype=float)
    median = found.groupby(labels.to_numpy()).median()[order].to_numpy()
    at = mdata.obsm["X_spamca"]
    straight = np.linalg.norm(at - at[mdata.obs_names == mdata.uns["spamca_paga"]["root"]], axis=1)
    return {
        "layers": rho(median, np.arange(len(order), dtype=float)),
        "spots": rho(found.to_numpy(), depth),
        "dpt": rho(dpt_of_scanpy(mdata), depth),
        "straight": rho(straight, depth),
        "medians": dict(zip(order, median.tolist(), strict=True)),
    }


def along(n_spots: int, seed: int) -> dict:
    """Correlations with the coordinate of a simulated gradient."""
    import spamca

    mdata = gradient(n_spots, seed)
    ours.run(mdata, 6, seed)
    at = mdata.obsm["spatial"][:, 0]
    root = mdata.obs_names[at.argmin()]
    spamca.tl.trajectory(mdata, root=root, random_state=seed)
    spots = mdata.obsm["X_spamca"]
    straight = np.linalg.norm(spots - spots[at.argmin()], axis=1)
    found = mdata.obs["spamca_pseudotime"].to_numpy()
    return {"spots": rho(found, at), "dpt": rho(dpt_of_scanpy(mdata), at), "straight": rho(straight, at)}


def dpt_of_scanpy(mdata: MuData) -> np.ndarray:
    """Pseudotime of ``scanpy.tl.dpt`` from the same root and embedding."""
    import scanpy as sc
    from anndata import AnnData

    adata = AnnData(obs=mdata.obs[[]], obsm={"X_spamca": mdata.obsm["X_spamca"]})
    sc.pp.neighbors(adata, use_rep="X_spamca", transformer="sklearn")
    adata.uns["iroot"] = mdata.obs_names.get_loc(mdata.uns["spamca_paga"]["root"])
    sc.tl.diffmap(adata)
    sc.tl.dpt(adata)
    return np.where(np.isfinite(adata.obs["dpt_pseudotime"]), adata.obs["dpt_pseudotime"], np.nan)


def figure(path: str) -> None:
    """Draw domains and trajectory of one section side by side."""
    from matplotlib import pyplot as plt

    import spamca

    mdata, _, _ = ordered("dlpfc_151676", 0)
    _, axes = plt.subplots(1, 2, figsize=(8.2, 3.7), layout="constrained")
    spamca.pl.spatial_clusters(mdata, ax=axes[0], title="domains")
    spamca.pl.trajectory(mdata, ax=axes[1])
    axes[1].set_title("pseudotime and PAGA", fontsize=10)
    plt.savefig(path, dpi=110)


def main() -> None:
    parser = ours.parser(__doc__, tissues.FAMILIES["DLPFC"])
    parser.add_argument("--spots", nargs="*", type=int, default=[500, 2000, 8000])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--figure")
    given = parser.parse_args()
    rows = []
    for name in given.sets:
        found = ours.kept(__file__, name, "", lambda name=name: cortex(name, 0))
        rows.append([name, found["layers"], found["spots"], found["dpt"], found["straight"]])
        print(name, {layer: round(value, 3) for layer, value in found["medians"].items()})
    for n_spots in given.spots:
        several = [
            ours.kept(__file__, f"{n_spots}-{seed}", "", lambda asked=(n_spots, seed): along(*asked))
            for seed in range(given.repeats)
        ]
        means = [float(np.mean([one[key] for one in several])) for key in ("spots", "dpt", "straight")]
        rows.append([f"gradient of {n_spots} spots", float("nan"), *means])
    if given.figure:
        figure(given.figure)
    print("\n" + ours.table(["tissue", "layers", "spots", "scanpy.tl.dpt", "distance in X_spamca"], rows))


if __name__ == "__main__":
    main()
