"""How often the estimated number of domains is the true one, and what leaving it open costs.

    python -m benchmarks.number [--sets NAME ...] [--seeds 1] > docs/number.md

Prints a Markdown page: for each set the number that ``integrate`` finds where it is given none, and the ARI with the labels without and with
the true number. Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Finished sets are kept in ``build/bars``. A quick
run: ``--sets mob_rep12 x_small``.
"""

from __future__ import annotations

import numpy as np
from benchmarks import ours, tissues

SIMULATED = {
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
"""Simulations besides those of ``benchmarks.tissues``."""

SLACK = 2
"""How far an estimate may be off on measured tissue, whose labels are one of several sensible divisions."""

PAGE = """# The number of domains

What {{func}}`spamca.tl.integrate` finds with `n_clusters=None` and {seeds}. *Within* counts the seeds that are exact on simulated
tissue, and off by at most two on real tissue, whose experts' labels are one of several sensible divisions. ARI with the labels:
mean over the seeds, without and with their number. `python -m benchmarks.number` prints this page.
"""


def measure(name: str, n_seeds: int) -> dict:
    """Estimates and ARI of every seed."""
    import spamca

    drawn = SIMULATED.get(name)
    mdata = spamca.datasets.simulated(**drawn) if drawn else tissues.load(name)
    truth, n_clusters = ours.truth_of(mdata)
    found = {"spots": mdata.n_obs, "true": n_clusters, "numbers": [], "without": [], "with": []}
    for seed in range(n_seeds):
        domains = ours.run(mdata.copy(), None, seed)
        found["numbers"].append(int(domains.nunique()))
        found["without"].append(ours.ari(truth, domains))
        found["with"].append(ours.ari(truth, ours.run(mdata.copy(), n_clusters, seed)))
    return found


def within(name: str, found: dict) -> float:
    """Share of the seeds whose number is close enough."""
    slack = SLACK if name in tissues.MEASURED else 0
    return float(np.mean([abs(number - found["true"]) <= slack for number in found["numbers"]]))


def rows_of(every: dict[str, dict]) -> list[list]:
    """One line a set, and the means of real and of simulated tissue."""
    rows, parts = [], {"real": [], "simulated": []}
    for name, found in every.items():
        without, with_number = (float(np.mean(found[key])) for key in ("without", "with"))
        parts["real" if name in tissues.MEASURED else "simulated"].append((within(name, found), without, with_number))
        numbers = " ".join(map(str, found["numbers"]))
        met = f"{within(name, found) * len(found['numbers']):.0f}/{len(found['numbers'])}"
        rows.append([f"`{name}`", found["spots"], found["true"], numbers, met, without, with_number])
    for what, values in parts.items():
        if values:
            met, without, with_number = map(float, np.mean(values, axis=0))
            rows.append([f"mean of {what} tissue", "", "", "", f"{met:.0%}", without, with_number])
    return rows


def main() -> None:
    """Print the page."""
    parser = ours.parser(__doc__, [*tissues.labelled(), *SIMULATED])
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    every = {
        name: ours.kept(__file__, name, given.seeds, lambda name=name: measure(name, given.seeds))
        for name in given.sets
    }
    print(PAGE.format(seeds="1 seed" if given.seeds == 1 else f"{given.seeds} seeds"))
    heads = ["set", "spots", "true", "found", "within", "ARI without the number", "ARI with it"]
    print(ours.table(heads, rows_of(every)))


if __name__ == "__main__":
    main()
