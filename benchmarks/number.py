"""How often the estimated number of domains is the true one.

    python -m benchmarks.number FOLDER [--seeds 5] [--range 2 15] > docs/number.md

Prints a Markdown page: the estimate of every seed for each set, by either criterion alone and by the rule of
``spamca.tl.estimate_n_clusters``. Sets of FOLDER that are not there are left out. Development tissue: the rule was chosen with
these sets in view.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import mudata
import numpy as np
from benchmarks.experiments import SIMULATIONS, UNKNOWN

import spamca

REAL = {"dlpfc_151673": 2, "hln_a1_panel_split": 2, "her2st_a1": 2}
FILES = {"sim_spamosaic_rep1": 0, "sim_triplet": 0, **REAL}
"""Sets read from FOLDER, and how far an estimate may be off."""

SIMULATED = {
    **SIMULATIONS,
    "x_layers": {
        "difficulty": 0.75,
        "pattern": "layers",
        "layout": "hexagonal",
        "n_domains": 6,
        "n_spots": 3000,
        "random_state": 201,
    },
    "x_blobs": {"difficulty": 0.8, "layout": "hexagonal", "n_domains": 8, "n_spots": 3000, "random_state": 202},
    "x_rand": {
        "difficulty": 0.7,
        "layout": "random",
        "n_domains": 10,
        "n_spots": 2500,
        "modalities": ("rna", "atac"),
        "random_state": 203,
    },
    "x_small": {"difficulty": 0.6, "layout": "grid", "n_domains": 4, "n_spots": 500, "random_state": 204},
}

PAGE = """# The number of domains

What {{func}}`spamca.tl.estimate_n_clusters` finds with {n_seeds} seeds, numbers {low} to {high} tried, by its rule and by either
criterion alone. *Within* counts the seeds that are exact on simulated tissue, and off by at most two on real tissue, whose
experts' labels are one of several sensible divisions. The rule was chosen with these sets in view; scores on other tissue may be
lower. `python -m benchmarks.number` prints this page.

| set | spots | true | rule | within | penalised likelihood | within | stability | within | seconds |
|---|---:|---:|---|---:|---|---:|---|---:|---:|
"""


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--range", type=int, nargs=2, default=(2, 15))
    given = parser.parse_args()
    print(PAGE.format(n_seeds=given.seeds, low=given.range[0], high=given.range[1]), end="", flush=True)
    for name, slack in (FILES | dict.fromkeys(SIMULATED, 0)).items():
        path = given.folder / f"{name}.h5mu"
        if name in FILES and not path.exists():
            continue
        mdata = mudata.read_h5mu(path) if name in FILES else spamca.datasets.simulated(**SIMULATED[name])
        print(row(name, mdata, slack, given.seeds, tuple(given.range)), flush=True)


def row(name: str, mdata: mudata.MuData, slack: int, n_seeds: int, between: tuple[int, int]) -> str:
    """One line of the table."""
    labels = mdata.obs["label"].astype(str)
    truth = labels[~labels.isin([*UNKNOWN, "nan"])].nunique()
    spamca.pp.neighbors(mdata)
    found: dict[str, list[int]] = {"rule": [], "evidence": [], "stability": []}
    start = time.perf_counter()
    for seed in range(n_seeds):
        spamca.tl.estimate_n_clusters(mdata, n_clusters_range=between, random_state=seed)
        record = mdata.uns["spamca_n_clusters"]
        found["rule"].append(record["n_clusters"])
        for criterion in ("evidence", "stability"):
            found[criterion].append(int(record["tried"][np.argmax(record[criterion])]))
    seconds = (time.perf_counter() - start) / n_seeds
    cells = []
    for numbers in found.values():
        within = sum(abs(number - truth) <= slack for number in numbers)
        cells += [" ".join(map(str, numbers)), f"{within}/{n_seeds}"]
    return f"| `{name}` | {mdata.n_obs} | {truth} | {' | '.join(cells)} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
