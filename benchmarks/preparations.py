"""Domains of each tissue over preparations that should matter little: spamca and smoothed principal components.

    python -m benchmarks.preparations [--sets NAME ...]

Adjusted Rand index with the labels, mean and range over the tissue unchanged, 1,000, 2,000 and 4,000 genes, 20 and 40 components, 8 neighbours, and 99 % of
the spots (``benchmarks.stability``). One preparation proves little: two optima of nearly the same height give any method 0.2 or 0.8 by chance.
Smoothed: features of all modalities side by side, each divided by its root mean square, over 0, 2 and 8 hops of the same graph, twenty principal
components, and the mixture of one shared covariance of highest likelihood. K is the number of labels. Real tissue is looked for in the
folder ``data`` of ``$SPAMCA_TEST_DATA``. Finished sets are kept in ``build/bars``. A quick run: ``--sets mob_rep12``.
"""

from __future__ import annotations

import numpy as np
from benchmarks import ours, stability, tissues
from benchmarks.arrays import normalised, root_mean_square

HOPS = (0, 2, 8)
N_COMPONENTS, EMPTY = 20, 1e-10


def smoothed(values: np.ndarray, graph: object, hops: int, n_clusters: int) -> np.ndarray:
    """Domains of features (n, d) averaged over some hops."""
    from spamca.cluster import mixture, principal_components

    step = normalised(graph)
    for _ in range(hops):
        values = step @ values
    points = principal_components(values, N_COMPONENTS)[0]
    size = points.var(axis=0)
    points = points[:, size >= EMPTY * size.max()]
    return np.asarray(mixture(points, n_clusters, selection="likelihood", random_state=0).labels)


def measure(name: str) -> dict[str, list[float]]:
    """Scores by method, one for each preparation."""
    whole = tissues.load(name)
    unlike = ("30 components", "6 neighbours", "5 neighbours", "7 neighbours")  # the default, or as good as it
    given = [(whole, {}), (stability.without_some(whole, 0), {})]
    given += [(whole, choice) for what, choice in stability.CHOICES.items() if what not in unlike]
    found: dict[str, list[float]] = {"spamca": [], **{f"smoothed, {h} hops": [] for h in HOPS}}
    for tissue, choice in given:
        mdata = tissue.copy()
        truth, n_clusters = ours.truth_of(mdata)
        found["spamca"].append(ours.ari(truth, ours.run(mdata, n_clusters, **choice)))
        values = np.hstack([x / root_mean_square(x) for x in ours.features_of(mdata).values()])
        for h in HOPS:
            domains = smoothed(values, mdata.obsp["spatial_connectivities"], h, n_clusters)
            found[f"smoothed, {h} hops"].append(ours.ari(truth.to_numpy(), domains.astype(str)))
    return found


def main() -> None:
    given = ours.parser(__doc__, tissues.MEASURED).parse_args()
    found = {name: ours.kept(__file__, name, "", lambda name=name: measure(name)) for name in given.sets}
    methods = list(next(iter(found.values())))
    rows = [
        [f"`{name}`", *(f"{np.mean(own[m]):.3f} ({min(own[m]):.2f} to {max(own[m]):.2f})" for m in methods)]
        for name, own in found.items()
    ]
    rows.append(["**mean**", *(float(np.mean([np.mean(own[m]) for own in found.values()])) for m in methods)])
    print(ours.table(["set", *methods], rows))


if __name__ == "__main__":
    main()
