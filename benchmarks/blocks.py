"""Blocks of tissue, with three coordinates: domains by the graph in space, by one graph for each layer, and layer by layer, as a table.

    python -m benchmarks.blocks > table.md

A block has 12 layers of 20 x 20 spots, as far apart as the spots of a layer, and five domains that go on from layer to layer: patches
around points in space with winding borders. Counts of RNA and protein are drawn as in ``spamca.datasets.simulated``; no modality can
distinguish all domains. Each cell is the ARI of three methods: with the graph in space, with layers as sections (``library_key``),
and the mean over layers that are each integrated alone; the number of domains is that of the labels. Seeds are 0, 1, ... up to
``$SEEDS``, three where it is not set.
"""

from __future__ import annotations

import logging
import os
import warnings

import numpy as np
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca.datasets._counts import KINDS, draw_counts, draw_modality
from spamca.datasets._tissue import seen_as

SEEDS = range(int(os.environ.get("SEEDS", "3")))
N_LAYERS, SIDE, N_DOMAINS, PATCHES = 12, 20, 5, 2


def block(seed, difficulty=0.5, n_layers=N_LAYERS, side=SIDE):
    """A block of layers, with ``obs["label"]``, ``obs["layer"]`` and three columns of coordinates."""
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData
    from scipy.spatial import KDTree

    rng = np.random.default_rng([seed, 0])
    axes = np.meshgrid(np.arange(n_layers), np.arange(side), np.arange(side), indexing="ij")
    z, y, x = (axis.ravel().astype(float) for axis in axes)
    coords = np.column_stack([x, y, z])
    extent = np.ptp(coords, axis=0)
    while True:
        owner = np.repeat(np.arange(N_DOMAINS), PATCHES)
        wave = [rng.normal(size=3) * 2 * np.pi / side for _ in range(3)]
        warp = np.column_stack([1.5 * np.sin(coords @ one + rng.uniform(0, 2 * np.pi)) for one in wave])
        centres = rng.uniform(size=(len(owner), 3)) * extent
        domain = owner[KDTree(centres).query(coords + warp)[1]]
        if np.bincount(domain, minlength=N_DOMAINS).min() > len(domain) / N_DOMAINS / 2:
            break
    kinds, classes, names = ("rna", "protein"), seen_as(N_DOMAINS, 2), [f"spot{i}" for i in range(len(domain))]
    mod = {}
    for i, name in enumerate(kinds):
        kind, stream = KINDS[name], [seed, 2 + i]
        counts, _ = draw_counts(
            draw_modality(kind, classes[:, i], kind.n_features, difficulty, stream), domain, stream, means=False
        )
        var = pd.DataFrame({"feature_types": kind.feature_types}, index=[kind.name(j) for j in range(kind.n_features)])
        mod[name] = AnnData(counts, obs=pd.DataFrame(index=names), var=var, obsm={"spatial": coords.copy()})
    mdata = MuData(mod)
    mdata.obs["label"] = pd.Categorical([f"domain {d + 1}" for d in domain])
    mdata.obs["layer"] = pd.Categorical([f"layer {int(layer) + 1:02d}" for layer in z])
    mdata.obsm["spatial"] = coords
    return mdata


def score(mdata, **graph):
    """ARI of a tissue."""
    spamca.pp.neighbors(mdata, **graph)
    spamca.tl.integrate(mdata, mdata.obs["label"].nunique(), max_epochs=0, progress_bar=False)
    return adjusted_rand_score(mdata.obs["label"], mdata.obs["spamca"])


def methods(seed, difficulty):
    """ARI with the graph in space, with layers as sections, and of layers alone."""
    mdata = block(seed, difficulty)
    yield score(mdata.copy())
    flat = mdata.copy()
    for holder in (flat, *flat.mod.values()):
        holder.obsm["spatial"] = holder.obsm["spatial"][:, :2]
    yield score(flat.copy(), library_key="layer")
    yield np.mean([score(flat[flat.obs["layer"] == layer].copy()) for layer in flat.obs["layer"].cat.categories])


def main():
    logging.getLogger("spamca").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore")
    print("| difficulty | seed | in space | layers as sections | layers alone |\n|---|---|---|---|---|")
    for difficulty in (0.5, 0.8):
        for seed in SEEDS:
            found = " | ".join(f"{ari:.3f}" for ari in methods(seed, difficulty))
            print(f"| {difficulty} | {seed} | {found} |", flush=True)


if __name__ == "__main__":
    main()
