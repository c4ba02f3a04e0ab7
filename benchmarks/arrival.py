"""Tissue as it arrives, next to the same in full: rows of zeros, sections that nobody named, controls of the assay.

    python -m benchmarks.arrival > table.md

Two sections of 600 spots, five domains, difficulty 0.5, as in ``spamca.datasets.simulated``; the number of domains is given. Seeds are 0,
1, ... up to ``$SEEDS``, three where it is not set. Every cell is an ARI with the true domains, of the rows and sections named.
"""

from __future__ import annotations

import logging
import os
import warnings

import numpy as np
import pandas as pd
from anndata import AnnData, concat
from mudata import MuData
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

import spamca

SEEDS = range(int(os.environ.get("SEEDS", "3")))
N_DOMAINS = 5


def tissue(seed, **options):
    mdata = spamca.datasets.simulated(
        n_spots=1200, n_domains=N_DOMAINS, n_sections=2, difficulty=0.5, random_state=seed, **options
    )
    mdata.obs["label"] = mdata.obs["label"].astype(str)
    return mdata


def domains(mdata, *, batch_key=None, **graph):
    spamca.pp.neighbors(mdata, **graph)
    spamca.tl.integrate(mdata, N_DOMAINS, batch_key=batch_key, max_epochs=0, progress_bar=False)
    return mdata.obs["spamca"].astype(str)


def agreement(mdata, found, spots=slice(None)):
    return adjusted_rand_score(mdata.obs["label"][spots], found.loc[mdata.obs_names][spots])


def zeros(seed, name="protein"):
    """ARI of the second section where rows of a modality are zeros, are zeros that count as measured, and are left out."""
    mdata = tissue(seed)
    second = (mdata.obs["section"] == "section 2").to_numpy()
    filled, kept, without = mdata.copy(), mdata.copy(), mdata.copy()
    for one in (filled, kept):
        X = one[name].X.toarray()
        X[second] = 0
        one[name].X = sparse.csr_matrix(X)
    without = MuData({other: one[~second].copy() if other == name else one for other, one in without.mod.items()})
    without.obs["section"] = mdata.obs["section"]
    found = [
        domains(filled, library_key="section"),
        domains(kept, library_key="section", empty_rows="keep"),
        domains(without, library_key="section"),
    ]
    return [agreement(mdata, one, second) for one in found]


def unnamed(seed):
    """ARI where the column of two sections that lie on one another is found, is named, and is denied."""
    mdata = tissue(seed, batch_effect=0)
    coords = np.array(mdata.obsm["spatial"])
    second = (mdata.obs["section"] == "section 2").to_numpy()
    spacing = np.median(np.diff(np.unique(coords[~second, 0])))
    coords[second] += coords[~second].min(axis=0) - coords[second].min(axis=0) + spacing / 7
    for holder in (mdata, *mdata.mod.values()):
        holder.obsm["spatial"] = coords
    mdata.obs["library_id"] = pd.Categorical(mdata.obs.pop("section"))
    return [
        agreement(mdata, domains(mdata.copy(), **graph))
        for graph in ({}, {"library_key": "library_id"}, {"library_key": None})
    ]


def controls(seed):
    """ARI with controls of three kinds among the features, with the same as measured features, and without them."""
    mdata, rng = tissue(seed), np.random.default_rng(seed)
    names = {
        "rna": [*(f"NegControlProbe_{i:05d}" for i in range(20)), *(f"BLANK_{i:04d}" for i in range(20))],
        "protein": [f"mouse_IgG{i}" for i in (1, "2a", "2b")],
    }
    mod = {}
    for name, modality in mdata.mod.items():
        counts = rng.poisson(3 * rng.gamma(1, 1, (mdata.n_obs, 1)), (mdata.n_obs, len(names[name])))
        extra = AnnData(
            sparse.csr_matrix(counts, dtype=np.float32), obs=modality.obs[[]], var=pd.DataFrame(index=names[name])
        )
        mod[name] = concat([modality, extra], axis=1, merge="first")
    with_controls = MuData(mod)
    with_controls.obs["section"] = mdata.obs["section"]
    as_features = with_controls.copy()
    for modality in as_features.mod.values():
        modality.var["control"] = False
    found = [domains(one, library_key="section") for one in (with_controls, as_features, mdata)]
    assert (found[0] == found[2]).all(), "controls change domains"
    return [agreement(mdata, one) for one in found]


def main():
    logging.getLogger("spamca").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    rows = [
        ("protein zero in one section: missing, kept, left out", zeros),
        ("RNA zero in one section: missing, kept, left out", lambda seed: zeros(seed, "rna")),
        ("sections on one another: found, named, taken for one", unnamed),
        ("controls: left out, taken for features, not there", controls),
    ]
    print(f"| what | {' | '.join(f'seed {seed}' for seed in SEEDS)} |")
    print("|---" * (len(SEEDS) + 1) + "|")
    for name, function in rows:
        cells = [", ".join(f"{value:.3f}" for value in function(seed)) for seed in SEEDS]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
