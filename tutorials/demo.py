"""Simulate a tissue, find its domains, and say how well that went.

Run as ``python tutorials/demo.py [folder]``; ``make demo`` does it from nothing. The folder, ``build/demo`` unless named,
receives the integrated tissue and a figure of the true domains next to the ones found.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("agg")

import numpy as np

import spamca
from spamca.graph import normalize

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mudata import MuData

warnings.filterwarnings("ignore", "From 0.4 .update", FutureWarning)  # mudata 0.3 on its own future, at every write

N_DOMAINS = 5
MEASURES = ["ARI", "NMI", "Moran's I"]


def main() -> None:
    """Run the whole pipeline."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/demo"), help="where results go")
    parser.add_argument("--n-spots", type=int, default=1296, help="size of the tissue")
    parser.add_argument("--max-epochs", type=int, default=None, help="length of the training")
    given = parser.parse_args()
    started = time.perf_counter()

    step("1/5 simulate a tissue: RNA and protein, five domains, neither modality sees them all")
    mdata = spamca.datasets.simulated(n_spots=given.n_spots, n_domains=N_DOMAINS)
    print(mdata)

    step("2/5 reduce the features and link neighbours in the tissue: spamca.pp.neighbors")
    spamca.pp.neighbors(mdata)

    step("3/5 find the domains and fit the embedding: spamca.tl.integrate")
    spamca.tl.integrate(mdata, n_clusters=N_DOMAINS, max_epochs=given.max_epochs)

    step("4/5 compare with domains of four simpler embeddings: spamca.tl.cluster")
    names = {**cluster_simpler_embeddings(mdata), "spamca": "spamca"}
    scores = spamca.metrics.score(mdata, key=list(names), label_key="label")[MEASURES].rename(index=names)
    print(scores.round(3).to_string())

    step("5/5 store the tissue and a figure")
    given.folder.mkdir(parents=True, exist_ok=True)
    tissue, figure = given.folder / "tissue.h5mu", given.folder / "domains.png"
    draw(mdata).savefig(figure, dpi=200, bbox_inches="tight")
    mdata.write(tissue)
    print(f"{tissue}\n{figure}\ndone in {time.perf_counter() - started:.0f} s")


def step(text: str) -> None:
    """Say what happens next."""
    print(f"\n== {text}", flush=True)


def cluster_simpler_embeddings(mdata: MuData) -> dict[str, str]:
    """Cluster the features of each modality, of both side by side, and those averaged over two hops of the tissue.

    Returns
    -------
    Name of each row of the table of scores, by the key of the domains.
    """
    features = {name: np.asarray(adata.obsm["X_pca"]) for name, adata in mdata.mod.items()}
    together = np.hstack(list(features.values()))
    hop = normalize(mdata.obsp["spatial_connectivities"])
    simpler = {f"{name} alone": values for name, values in features.items()}
    simpler |= {"side by side": together, "side by side, smoothed": hop @ (hop @ together)}
    names = {}
    for i, (name, values) in enumerate(simpler.items()):
        key = f"simpler_{i}"
        mdata.obsm[f"X_{key}"] = values
        spamca.tl.cluster(mdata, N_DOMAINS, use_rep=f"X_{key}", key_added=key)
        names[key] = name
    return names


def draw(mdata: MuData) -> Figure:
    """Truth next to the domains found, in like colours."""
    axes = spamca.pl.spatial_clusters(mdata, color=["label", "spamca"], match="label", title=["truth", "spamca"])
    return axes.flat[0].figure


if __name__ == "__main__":
    main()
