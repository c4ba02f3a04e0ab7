"""Whether the confidence of a spot is the probability that its domain is right.

    python -m benchmarks.confidence [--sets NAME ...] [--difficulties 0.6 ...] [--seeds 20] [--draws 1]

First table: simulated tissue of six domains, ``--seeds`` of each difficulty, domains matched to the true ones one to one. AUROC of wrong
spots by low confidence, mean of the runs with at least five wrong (the bar: 0.9 where the true model reaches that), next to that of the posterior
of the true model (``benchmarks.true_model``, an approximation), and the expected calibration error over ten bins of all spots (at most
0.03). Second table: real tissue with counts, which are split into two independent halves. How often both give a spot the same domain,
domains matched one to one, against what the posterior of one half predicts, the sum of its squares, in ten bins of that which hold 2 % of the spots each at least (the bar:
0.05). Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Finished runs are kept in ``build/bars``.
A quick run: ``--sets mob_rep12 --difficulties 0.8 --seeds 2``.
"""

from __future__ import annotations

import numpy as np
from benchmarks import altered, ours, tissues, true_model

N_DOMAINS, N_SPOTS = 6, 1296
DIFFICULTIES = (0.6, 0.7, 0.8, 0.9, 1.0)
N_BINS, LEAST_SHARE, LEAST_WRONG = 10, 0.02, 5


def binned(predicted: np.ndarray, happened: np.ndarray) -> list[tuple[float, float, float]]:
    """Share of the spots, mean of what was predicted and of what happened, in each bin that holds any."""
    place = np.minimum((predicted * N_BINS).astype(int), N_BINS - 1)
    inside = (place == b for b in np.unique(place))
    return [(float(i.mean()), float(predicted[i].mean()), float(happened[i].mean())) for i in inside]


def calibration_error(predicted: np.ndarray, happened: np.ndarray) -> float:
    """Expected calibration error: distance of both in a bin, averaged over the spots."""
    return float(sum(share * abs(said - was) for share, said, was in binned(predicted, happened)))


def auroc(confidence: np.ndarray, right: np.ndarray) -> float:
    """How well low confidence finds wrong spots, NaN where too few are wrong."""
    from sklearn.metrics import roc_auc_score

    if (~right).sum() < LEAST_WRONG or not right.any():
        return float("nan")
    return float(roc_auc_score(~right, -confidence))


def of_simulation(difficulty: float, seed: int) -> dict:
    """Confidence and whether it was right, of spamca and of the true model."""
    import spamca

    mdata = spamca.datasets.simulated(
        n_spots=N_SPOTS, n_domains=N_DOMAINS, difficulty=difficulty, random_state=1000 + seed
    )
    truth = mdata.obs["label"].cat.codes.to_numpy().astype(int)
    evidence = sum(true_model.evidence_of(mdata).values())
    domains = ours.run(mdata, N_DOMAINS, seed).astype("category").cat.codes.to_numpy().astype(int)
    right = ours.matched(domains, truth, max(N_DOMAINS, domains.max() + 1))[domains] == truth
    best = true_model.posterior(evidence, truth, mdata.obsp["spatial_connectivities"])
    found = {"confidence": mdata.obs["spamca_confidence"].to_numpy(dtype=float).round(5).tolist()}
    found |= {"right": right.tolist(), "true confidence": best.max(axis=1).round(5).tolist()}
    return found | {"true right": (best.argmax(axis=1) == truth).tolist()}


def row_of(difficulty: float, runs: list[dict]) -> list:
    """One line of the first table."""
    cells = []
    for which in ("", "true "):
        said = [np.array(run[f"{which}confidence"]) for run in runs]
        right = [np.array(run[f"{which}right"]) for run in runs]
        areas = [auroc(*pair) for pair in zip(said, right, strict=True)]
        counted = np.isfinite(areas)
        area = float(np.nanmean(areas)) if counted.any() else float("nan")
        said, right = np.concatenate(said), np.concatenate(right)
        cells += [float(right.mean()), float(said.mean()), area, f"{counted.sum()}", calibration_error(said, right)]
    return [str(difficulty), *cells]


def of_halves(name: str, draw: int) -> dict:
    """What two halves of the counts predict and find."""
    mdata = tissues.load(name)
    _, n_clusters = tissues.labels_of(mdata)
    posteriors, domains = [], []
    for half in altered.halves(mdata, np.random.default_rng([draw, 2])):
        found = ours.run(half, n_clusters).reindex(mdata.obs_names)
        columns = [str(column) for column in half.obsm["spamca_posterior"].columns]
        of = half.obs_names.get_indexer(mdata.obs_names)
        posteriors.append(ours.posterior_of(half)[of])
        domains.append(found.map({column: i for i, column in enumerate(columns)}).to_numpy().astype(int))
    predicted, same = agreement(*posteriors, *domains)
    return {"predicted": predicted.round(5).tolist(), "same": same.tolist()}


def agreement(p: np.ndarray, q: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each of two posteriors says by itself of how probable the same domain is in another draw, and whether both found it.

    Both together would know: where their product exceeds one half, both have the same largest entry. Domains are matched by the spots.
    """
    match = ours.matched(one, other, max(p.shape[1], q.shape[1]))
    same = match[one] == other
    return np.concatenate([np.square(p).sum(axis=1), np.square(q).sum(axis=1)]), np.concatenate([same, same])


def main() -> None:
    parser = ours.parser(__doc__, tissues.MEASURED)
    parser.add_argument("--difficulties", type=float, nargs="+", default=list(DIFFICULTIES))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--draws", type=int, default=1, help="splits of the counts of each set")
    given = parser.parse_args()
    rows = []
    for difficulty in given.difficulties:
        asked = [(difficulty, seed) for seed in range(given.seeds)]
        runs = [ours.kept(__file__, f"simulated-{d}-{s}", "", lambda d=d, s=s: of_simulation(d, s)) for d, s in asked]
        rows.append(row_of(difficulty, runs))
    heads = ["right", "confidence", "AUROC", "runs", "calibration error"]
    print(ours.table(["difficulty", *heads, *(f"{head}, true model" for head in heads)], rows) + "\n")
    rows = []
    for name in given.sets:
        asked = [(name, draw) for draw in range(given.draws)]
        runs = [ours.kept(__file__, f"{n}-{d}", "", lambda n=n, d=d: of_halves(n, d)) for n, d in asked]
        predicted, same = (np.concatenate([run[key] for run in runs]) for key in ("predicted", "same"))
        bins = [found for found in binned(predicted, same) if found[0] >= LEAST_SHARE]
        off = max(abs(said - was) for _, said, was in bins)
        each = ", ".join(f"{said:.2f}: {was:.2f} ({share:.0%})" for share, said, was in bins)
        rows.append([f"`{name}`", float(predicted.mean()), float(same.mean()), off, each])
    print(ours.table(["set", "predicted", "observed", "furthest bin", "predicted: observed (share of spots)"], rows))


if __name__ == "__main__":
    main()
