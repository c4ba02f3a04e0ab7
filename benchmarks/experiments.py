"""Experiments that decided the default: one change at a time, on every tissue with labels, as a Markdown table.

    python benchmarks/experiments.py [experiment ...] > table.md

Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. K is the number of labels; each cell is the mean
ARI over seeds 0 to 4 and its standard deviation.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.getLogger("spamca").setLevel(logging.WARNING)

DATA = Path(os.environ.get("SPAMCA_TEST_DATA", ".")) / "data"
LATER = ("sim_mosaic_rep1",)
UNKNOWN = ("undetermined",)
SEEDS = range(int(os.environ.get("SEEDS", "5")))

EXPERIMENTS = {
    "default": {},
    "n_latent 16": {"n_latent": 16},
    "n_latent 64": {"n_latent": 64},
    "one scale: 1 hop": {"spatial_scales": (1,)},
    "one scale: 2 hops": {"spatial_scales": (2,)},
    "scales 1, 2": {"spatial_scales": (1, 2)},
    "scales 0, 1, 2, 4": {"spatial_scales": (0, 1, 2, 4)},
    "scales 1, 2, 4, 8": {"spatial_scales": (1, 2, 4, 8)},
    "scales 2, 4, 8": {"spatial_scales": (2, 4, 8)},
    "attention not pulled towards uniform": {"view_uniform": 0.0, "modality_uniform": 0.0},
    "no attention": {"view_uniform": 1.0, "modality_uniform": 1.0},
    "fusion by concatenation": {"fusion": "concatenation"},
    "no mask": {"mask_rate": 0.0},
    "mask of zeros, one a view": {"learnable_token": False, "independent_masks": True},
    "reconstruction only": {"contrast_weight": 0.0, "cluster_weight": 0.0, "alignment_weight": 0.0},
    "no contrast": {"contrast_weight": 0.0},
    "no clusters": {"cluster_weight": 0.0, "alignment_weight": 0.0},
    "published contrast and target": {"contrast": "positive", "target": "published"},
    "200 epochs at 1e-3": {"max_epochs": 200, "learning_rate": 1e-3},
    "500 epochs": {"max_epochs": 500},
    "untrained": {"max_epochs": 0},
    "L2-normalised embedding": {"normalize": True},
    "paper": "paper",
}


SIMULATIONS = {
    "sim_easy": {"difficulty": 0.25, "random_state": 101},
    "sim_medium": {"difficulty": 0.6, "pattern": "layers", "layout": "hexagonal", "n_domains": 7, "random_state": 102},
    "sim_hard": {
        "difficulty": 0.8,
        "layout": "random",
        "modalities": ("rna", "protein", "atac"),
        "n_spots": 2000,
        "random_state": 103,
    },
}
"""Simulations of graded difficulty, fixed before any choice was made by them."""


def tissues():
    import mudata

    import spamca

    for name, arguments in SIMULATIONS.items():
        mdata = spamca.datasets.simulated(**arguments)
        spamca.pp.neighbors(mdata)
        yield name, mdata
    for path in sorted(DATA.glob("*.h5mu")):
        if path.stem in LATER:
            continue
        mdata = mudata.read_h5mu(path)
        if "label" in mdata.obs:
            spamca.pp.neighbors(mdata)
            yield path.stem, mdata


def scores(mdata, change):
    from sklearn.metrics import adjusted_rand_score

    import spamca

    truth = mdata.obs["label"].astype(str)
    known = ~truth.isin(UNKNOWN)
    chosen = {"preset": change} if isinstance(change, str) else {"settings": change}
    for seed in SEEDS:
        spamca.tl.integrate(mdata, truth[known].nunique(), random_state=seed, progress_bar=False, **chosen)
        spamca.tl.cluster(mdata, random_state=seed)
        yield adjusted_rand_score(truth[known], mdata.obs.loc[known, "spamca"])


def main(names):
    import numpy as np

    sets = dict(tissues())
    print("| experiment |", " | ".join(sets), "|")
    print("|---" * (len(sets) + 1) + "|")
    for name in names:
        cells = []
        for mdata in sets.values():
            values = list(scores(mdata, EXPERIMENTS[name]))
            cells.append(f"{np.mean(values):.3f} ± {np.std(values):.3f}")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or EXPERIMENTS)
