"""How far domains stay the same where nothing that matters changes: agreement (ARI) with the undisturbed run.

    python -m benchmarks.stability [--sets NAME ...] [--repeats 10] [--parts orders seeds jitter constant choices]

Least and mean agreement over ``--repeats`` orders of the spots, as many seeds, as many jitters of the coordinates by a
thousandth of the spacing, and with one constant feature added to each modality; the bar is 0.9. Then the median over choices
that should matter little (``CHOICES`` and two draws of 99 % of the spots), the bar on real tissue 0.8, and each of them. K is the
number of labels. Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Finished sets are kept in
``build/bars``. A quick run: ``--sets mob_rep12 --repeats 2``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from benchmarks import altered, ours, tissues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata import MuData

DISTURBANCES = ("orders", "seeds", "jitter", "constant")
JITTER = 1e-3
DROPPED, DRAWS = 0.01, 2

CHOICES = {
    "1,000 genes": {"prepare": {"n_top_genes": 1000}},
    "2,000 genes": {"prepare": {"n_top_genes": 2000}},
    "4,000 genes": {"prepare": {"n_top_genes": 4000}},
    "20 components": {"prepare": {"n_comps": 20}},
    "30 components": {"prepare": {"n_comps": 30}},
    "40 components": {"prepare": {"n_comps": 40}},
    "5 neighbours": {"graph": {"n_neighs": 5}},
    "6 neighbours": {"graph": {"n_neighs": 6}},
    "7 neighbours": {"graph": {"n_neighs": 7}},
    "8 neighbours": {"graph": {"n_neighs": 8}},
}
"""Arguments of ``ours.run``."""


def disturbed(mdata: MuData, part: str, repeats: int) -> Iterator[tuple[MuData, int]]:
    """Tissue and seed of each repeat."""
    for repeat in range(1 if part == "constant" else repeats):
        rng = np.random.default_rng([repeat, *part.encode()])
        if part == "orders":
            yield altered.ordered(mdata, mdata.obs_names[rng.permutation(mdata.n_obs)]), 0
        elif part == "seeds":
            yield mdata.copy(), repeat + 1
        elif part == "jitter":
            yield altered.jittered(mdata, JITTER, rng), 0
        else:
            yield altered.with_constant(mdata), 0


def without_some(mdata: MuData, draw: int) -> MuData:
    """All spots but one in a hundred, at least one."""
    rng = np.random.default_rng([draw, 99])
    dropped = rng.permutation(mdata.n_obs)[: max(1, round(DROPPED * mdata.n_obs))]
    return altered.ordered(mdata, mdata.obs_names.delete(np.sort(dropped)))


def measure(name: str, part: str, repeats: int) -> dict[str, float] | list[float]:
    """Agreements of one set: a list, or by choice."""
    mdata = tissues.load(name)
    _, n_clusters = tissues.labels_of(mdata)
    first = ours.run(mdata.copy(), n_clusters)
    if part != "choices":
        return [ours.ari(first, ours.run(other, n_clusters, seed)) for other, seed in disturbed(mdata, part, repeats)]
    found = {what: ours.ari(first, ours.run(mdata.copy(), n_clusters, **given)) for what, given in CHOICES.items()}
    fewer = {f"99 % of the spots, {i + 1}": without_some(mdata, i) for i in range(DRAWS)}
    return {what: ours.ari(first, ours.run(other, n_clusters)) for what, other in fewer.items()} | found


def main() -> None:
    parser = ours.parser(__doc__, tissues.names())
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--parts", nargs="+", choices=(*DISTURBANCES, "choices"), default=[*DISTURBANCES, "choices"])
    given = parser.parse_args()
    rows, choices = [], {}
    for name in given.sets:
        row = [f"`{name}`"]
        for part in given.parts:
            asked = (part, 0 if part in ("constant", "choices") else given.repeats)
            found = ours.kept(__file__, f"{name}-{part}", asked, lambda name=name, asked=asked: measure(name, *asked))
            if part == "choices":
                choices[name] = found
                row.append(float(np.median([*found.values()])))
            else:
                row.append(f"{min(found):.3f} / {np.mean(found):.3f}")
        rows.append(row)
    heads = [f"{part}, least / mean" if part != "choices" else "choices, median" for part in given.parts]
    print(ours.table(["set", *heads], rows))
    if choices:
        columns = list(next(iter(choices.values())))
        print("\n" + ours.table(["set", *columns], [[f"`{n}`", *(v[c] for c in columns)] for n, v in choices.items()]))


if __name__ == "__main__":
    main()
