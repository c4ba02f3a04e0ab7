"""Whether fusing modalities helps, and what a modality without meaning costs: ARI with the labels.

    python -m benchmarks.fusion [--sets NAME ...] [--draws 3]

All modalities together against each alone (the bar: the best one minus 0.02), with a modality of pure noise added (Poisson
counts of one rate, 50 features; it may cost 0.01), and with one of smooth structure that has nothing to do with the domains (a
Gaussian random field for each of 50 features; it may cost 0.05), means over ``--draws`` draws. The share of the variance that
is field is the share that neighbours share in the features of the other modalities, counts where the first of them holds
counts. K is the number of labels. Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Finished sets are kept in
``build/bars``. A quick run: ``--sets mob_rep12 --draws 1``.
"""

from __future__ import annotations

import numpy as np
from benchmarks import altered, ours, tissues


def measure(name: str, draws: int) -> dict:
    """ARI of all together, of each alone, and of each draw with a modality without meaning."""
    mdata = tissues.load(name)
    truth, n_clusters = ours.truth_of(mdata)
    together = mdata.copy()
    found = {"together": ours.ari(truth, ours.run(together, n_clusters)), "alone": {}, "noise": [], "structure": []}
    if len(mdata.mod) > 1:
        for modality in mdata.mod:
            alone = altered.rebuilt(mdata, {modality: mdata[modality]})
            found["alone"][modality] = ours.ari(truth, ours.run(alone, n_clusters))
    graph = together.obsp["spatial_connectivities"]
    shares = [altered.shared_by_neighbors(values, graph) for values in ours.features_of(together).values()]
    found["strength"] = float(np.mean(shares))
    counts = next(iter(mdata.mod)) in altered.counted(mdata)
    at = altered.coordinates_of(mdata).to_numpy()
    for draw in range(draws):
        rng = np.random.default_rng([draw, 7])
        added = {
            "noise": altered.pure_noise(mdata.n_obs, rng),
            "structure": altered.structure(at, found["strength"], rng, counts=counts),
        }
        for what, values in added.items():
            more = altered.with_modality(mdata, what, values)
            found[what].append(ours.ari(truth, ours.run(more, n_clusters, draw)))
    return found


def row(name: str, found: dict) -> list:
    """One line of the table."""
    together, alone = found["together"], found["alone"]
    best = max(alone, key=alone.get) if alone else ""
    shown = f"{alone[best]:.3f} {best}" if alone else "-"
    gain = together - alone[best] if alone else float("nan")
    noise, structure = (float(np.mean(found[what])) for what in ("noise", "structure"))
    cells = [together, shown, gain, noise, together - noise, structure, together - structure, found["strength"]]
    return [f"`{name}`", *cells]


def main() -> None:
    parser = ours.parser(__doc__, tissues.labelled())
    parser.add_argument("--draws", type=int, default=3)
    given = parser.parse_args()
    rows = []
    for name in given.sets:
        found = ours.kept(__file__, name, given.draws, lambda name=name: measure(name, given.draws))
        rows.append(row(name, found))
    heads = ["set", "together", "best alone", "gain", "with noise", "cost", "with structure", "cost", "share of field"]
    print(ours.table(heads, rows))


if __name__ == "__main__":
    main()
