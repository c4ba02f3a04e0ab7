"""Experiments that decided the default: one change at a time, on every tissue with labels, as a Markdown table.

    python -m benchmarks.experiments [experiment ...] > table.md

Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. K is the number of labels; each cell is the mean
ARI over as many seeds as ``$SEEDS`` says, five where it is not set, and its standard deviation.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import TYPE_CHECKING

from benchmarks import tissues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata import MuData

warnings.filterwarnings("ignore")
logging.getLogger("spamca").setLevel(logging.WARNING)

SEEDS = range(int(os.environ.get("SEEDS", "5")))

EXPERIMENTS = {
    "default": {},
    "images count in full": {"modality_trust": {"image": 1.0}},
    "paper": "paper",
}
"""Changes of settings by name, of an argument of ``tl.integrate``, or a preset."""


def sets() -> Iterator[tuple[str, MuData]]:
    """All tissue with labels, with its graphs."""
    import spamca

    for name in tissues.labelled():
        mdata = tissues.load(name)
        spamca.pp.neighbors(mdata)
        yield name, mdata


def scores(mdata, change):
    from sklearn.metrics import adjusted_rand_score

    import spamca

    truth, n_clusters = tissues.labels_of(mdata)
    known = truth != ""
    chosen = {"preset": change} if isinstance(change, str) else {"settings": dict(change)}
    if trust := chosen.get("settings", {}).pop("modality_trust", None):
        chosen["modality_trust"] = {name: value for name, value in trust.items() if name in mdata.mod}
    for seed in SEEDS:
        spamca.tl.integrate(mdata, n_clusters, random_state=seed, progress_bar=False, **chosen)
        if change == "paper":
            spamca.tl.cluster(mdata, random_state=seed)
        yield adjusted_rand_score(truth[known], mdata.obs["spamca"][known])


def main(names):
    import numpy as np

    every = dict(sets())
    print("| experiment |", " | ".join(every), "|")
    print("|---" * (len(every) + 1) + "|")
    for name in names:
        cells = []
        for mdata in every.values():
            values = list(scores(mdata, EXPERIMENTS[name]))
            cells.append(f"{np.mean(values):.3f}" + (f" ± {np.std(values):.3f}" if len(values) > 1 else ""))
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or EXPERIMENTS)
