"""How well levels of the tree of domains agree with labels and with searches for their number alone.

    python -m benchmarks.hierarchy [--sets NAME ...] [--seeds 1]

Prints two Markdown tables. The first: ARI with the labels, at their number, of the level of ``tl.hierarchy`` after ``tl.integrate`` without a
number, and of ``tl.cluster`` for that number; the least and mean agreement of all levels with their searches; times. The second: the same
for other ways to nest the same searches. Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Finished sets are
kept in ``build/bars``. A quick run: ``--sets mob_rep12``.
"""

from __future__ import annotations

import time
from itertools import combinations
from unittest.mock import patch

import numpy as np
from benchmarks import ours, tissues

BAR = 0.05
"""How far the level at the number of labels may be below the search for that number."""


def measure(name: str, n_seeds: int) -> list[dict]:
    """What is found of a set with each seed."""
    import spamca

    raw = tissues.load(name)
    truth, n_labels = ours.truth_of(raw)
    spamca.pp.neighbors(raw)
    out = []
    for seed in range(n_seeds):
        mdata = raw.copy()
        spamca.tl.integrate(mdata, max_epochs=1, random_state=seed, progress_bar=False)
        found = {"labels": n_labels, "found": mdata.obs["spamca"].nunique(), "spots": mdata.n_obs}
        found |= tree_of(mdata, truth.to_numpy(), n_labels, seed)
        begin = time.perf_counter()
        spamca.tl.cluster(mdata, n_labels, random_state=seed)
        found["seconds_search"] = time.perf_counter() - begin
        found["search"] = ours.ari(truth.to_numpy(), mdata.obs["spamca"].astype(str).to_numpy())
        out.append(found)
    return out


def tree_of(mdata, truth: np.ndarray, n_labels: int, seed: int) -> dict:
    """The tree and its rivals: ARI with the labels at their number, agreement with the searches."""
    import spamca
    from spamca.domains import hierarchy, nested

    given = {}

    def spied(searched, first, sample):
        given.update(searched=searched, first=first)
        return nested.nested(searched, first, sample)

    begin = time.perf_counter()
    with patch.object(hierarchy, "nested", spied):
        spamca.tl.hierarchy(mdata, random_state=seed)
    found = {"seconds": time.perf_counter() - begin}
    record, table = mdata.uns["spamca_hierarchy"], mdata.obsm["spamca_hierarchy"]
    levels = {int(k): table[str(k)].cat.codes.to_numpy() for k in record["levels"]}
    numbers = sorted(levels)
    found["nested"] = all(parts_of(levels[a], levels[b]) == len(set(levels[b])) for a, b in combinations(numbers, 2))
    same = ours.ari(levels[found_number(mdata)], mdata.obs["spamca"].cat.codes.to_numpy())
    found["same"] = bool(same == 1)
    index = numbers.index(min(numbers, key=lambda k: abs(k - n_labels)))
    found["support"] = float(record["support"][index])
    found["ways"] = {}
    trees = {"tree": levels}
    with patch.object(nested, "WIDTH", 1), patch.object(nested, "AHEAD", 0.0):
        trees["step by step"] = nested.nested(**given)
    trees["Ward"] = by_ward(mdata, given["first"], max(given["searched"]))
    for way, tree in trees.items():
        agreement = [ours.ari(own, given["searched"][k].argmax(axis=1)) for k, own in tree.items() if k > 1]
        level = ours.ari(truth, tree[n_labels].astype(str)) if n_labels in tree else 0.0
        found["ways"][way] = {"level": level, "mean": float(np.mean(agreement)), "least": float(np.min(agreement))}
    return found


def found_number(mdata) -> int:
    """Number of domains of ``integrate``."""
    return int(mdata.uns["spamca_hierarchy"]["n_clusters"])


def parts_of(coarse: np.ndarray, fine: np.ndarray) -> int:
    """Number of different pairs of domains that spots are in: that of the fine partition if it is nested in the coarse one."""
    return len(np.unique(np.column_stack([coarse, fine]), axis=0))


def by_ward(mdata, first: np.ndarray, most: int) -> dict[int, np.ndarray]:
    """The tree without searches: embedding averaged, mergers and 2-means splits of least and most squares (Ward 1963)."""
    from spamca.domains.halves import halved, halves

    points = np.asarray(mdata.obsm["X_spamca"], dtype=np.float64)
    tree = {int(first.max()) + 1: first}

    def cost(one: np.ndarray, other: np.ndarray) -> float:
        a, b = points[one], points[other]
        return len(a) * len(b) / (len(a) + len(b)) * float(np.square(a.mean(axis=0) - b.mean(axis=0)).sum())

    for number in range(len(set(first)) - 1, 1, -1):
        now = tree[number + 1].copy()
        pairs = combinations(np.unique(now).tolist(), 2)
        kept, gone = min(pairs, key=lambda pair: cost(*(np.flatnonzero(now == d) for d in pair)))
        now[now == gone] = kept
        tree[number] = now
    for number in range(len(set(first)) + 1, most + 1):
        now = tree[number - 1].copy()
        pairs = [halved(now, d, lambda spots: halves(points[spots])) for d in range(number - 1)]
        if not (pairs := [pair for pair in pairs if pair is not None]):
            break
        now[max(pairs, key=lambda pair: cost(*pair))[1]] = number - 1
        tree[number] = now
    return tree


def main() -> None:
    """Print the tables."""
    mosaics = [name for name in tissues.SEVERAL_SECTIONS if (tissues.DATA / f"{name}.h5mu").is_file()]
    sets = [name for name in tissues.labelled() if name not in tissues.SIMULATIONS]
    parser = ours.parser(__doc__, [*sets, *mosaics])
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    every = {
        name: ours.kept(__file__, name, given.seeds, lambda name=name: measure(name, given.seeds))
        for name in given.sets
    }
    rows, others = [], []
    for name, seeds in every.items():

        def mean(*keys: str, seeds=seeds) -> float:
            values = [one[keys[0]] if len(keys) == 1 else one["ways"][keys[0]][keys[1]] for one in seeds]
            return float(np.mean(values))

        worst = max(one["search"] - one["ways"]["tree"]["level"] for one in seeds)
        ok = worst <= BAR and all(one["nested"] and one["same"] for one in seeds)
        numbers = " ".join(str(one["found"]) for one in seeds)
        times = f"{mean('seconds'):.1f} / {mean('seconds_search'):.1f}"
        head = [f"`{name}`", seeds[0]["labels"], numbers, mean("search"), mean("tree", "level"), worst]
        rows.append([*head, mean("support"), mean("tree", "mean"), times, "yes" if ok else "no"])
        ways = [value for way in seeds[0]["ways"] for value in (mean(way, "level"), mean(way, "mean"))]
        others.append([f"`{name}`", mean("search"), *ways])
    heads = ["set", "labels", "found", "search", "level", "most below", "support", "agreement", "seconds", "bar"]
    print(ours.table(heads, rows), end="\n\n")
    ways = next(iter(every.values()))[0]["ways"]
    heads = ["set", "search", *(head for way in ways for head in (way, "agreement"))]
    print(ours.table(heads, others))


if __name__ == "__main__":
    main()
