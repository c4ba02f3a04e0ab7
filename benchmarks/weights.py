"""Whether the weight of a modality is its information about the domains.

    python -m benchmarks.weights [--sets NAME ...] [--simulations 3] [--difficulties 0.4 0.6 0.8]

First table: on every set, the mean weight of a modality of pure noise added to it (the bar: at most 0.1), and how the weights of two
seeds correlate over spots, the least of the modalities whose weights vary (at least 0.95). Second table: simulated tissue of two and
three modalities of unequal information. Rank correlation, over domains and modalities, of the mean weights with the true information of the counts by the
simulation's own means and noise (at least 0.8): the log likelihood ratio of a spot's domain against all others alike, the same as a
share of all modalities, and the symmetrised divergence from the others. Then, of the modalities blind to a pair of domains, how many
have a smaller weight at the borders of the pair than every modality that distinguishes it. Real tissue is looked for in the folder ``data`` of
``$SPAMCA_TEST_DATA``. Finished sets are kept in ``build/bars``. A quick run: ``--sets mob_rep12 --simulations 1``.
"""

from __future__ import annotations

import numpy as np
from benchmarks import altered, ours, tissues, true_model
from scipy.stats import spearmanr

LEAST_SPREAD = 0.01
"""Standard deviation from which weights vary."""

WIDTHS = (
    {"rna": 300, "protein": 60},
    {"rna": 300, "protein": 15},
    {"rna": 60, "protein": 60},
    {"rna": 300, "protein": 15, "atac": 300},
)
"""Features of each modality of the simulations: fewer show less. Of five domains each modality distinguishes one from all others."""

N_DOMAINS, N_SPOTS = 5, 1500


def of_set(name: str) -> dict:
    """Mean weight of pure noise, correlation of two seeds, and spread of the weights."""
    mdata = tissues.load(name)
    _, n_clusters = tissues.labels_of(mdata)
    noisy = altered.with_modality(mdata, "noise", altered.pure_noise(mdata.n_obs, np.random.default_rng(0)))
    ours.run(noisy, n_clusters)
    found = {"noise": float(ours.weights_of(noisy)["noise"].mean()), "correlation": np.nan, "spread": np.nan}
    if len(mdata.mod) > 1:
        both = [mdata.copy(), mdata.copy()]
        for seed, one in enumerate(both):
            ours.run(one, n_clusters, seed)
        found |= agreement(*(ours.weights_of(one).to_numpy() for one in both))
    return found


def agreement(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Least correlation over spots of the modalities whose weights vary, and the largest spread."""
    spread = np.minimum(one.std(axis=0), other.std(axis=0))
    vary = np.flatnonzero(spread > LEAST_SPREAD)
    least = min((float(np.corrcoef(one[:, m], other[:, m])[0, 1]) for m in vary), default=np.nan)
    return {"correlation": least, "spread": float(spread.max())}


def of_simulation(widths: dict[str, int], difficulty: float, seed: int) -> dict:
    """Rank correlations with the truth, and how many blind modalities have the smaller weight at the borders."""
    import spamca

    kinds = list(widths)
    mdata = spamca.datasets.simulated(
        n_spots=N_SPOTS,
        modalities=kinds,
        n_domains=N_DOMAINS,
        n_features=widths,
        difficulty=difficulty,
        random_state=seed,
    )
    truth = mdata.obs["label"].cat.codes.to_numpy()
    evidence = true_model.evidence_of(mdata)
    ratio, divergence = np.array([true_model.information(evidence[name], truth) for name in kinds]).transpose(1, 2, 0)
    ours.run(mdata, N_DOMAINS, seed)
    weights = ours.weights_of(mdata)[kinds].to_numpy()
    mean = np.array([weights[truth == k].mean(axis=0) for k in range(N_DOMAINS)])
    measures = {"ratio": ratio, "share": ratio / ratio.sum(axis=1, keepdims=True), "divergence": divergence}
    found = {name: float(spearmanr(mean.ravel(), values.ravel()).statistic) for name, values in measures.items()}
    seen = mdata.uns["simulation"]["seen_as"][kinds].to_numpy()
    below, pairs = at_borders(weights, truth, mdata.obsp["spatial_connectivities"], seen)
    return found | {"below": below, "pairs": pairs}


def at_borders(weights: np.ndarray, truth: np.ndarray, graph, seen: np.ndarray) -> tuple[int, int]:
    """Of the pairs of touching domains and the modalities blind to them, how many weigh less there than all that see; and all.

    Parameters
    ----------
    weights
        Shape (n_spots, n_modalities).
    truth
        Domain of each spot, shape (n_spots,).
    graph
        Spatial graph.
    seen
        What each modality takes a domain for, shape (n_domains, n_modalities).
    """
    edges = graph.tocoo()
    here, there = truth[edges.row], truth[edges.col]
    below = pairs = 0
    for a in range(len(seen)):
        for b in range(a + 1, len(seen)):
            blind = seen[a] == seen[b]
            spots = np.unique(edges.row[((here == a) & (there == b)) | ((here == b) & (there == a))])
            if len(spots) and blind.any() and not blind.all():
                mean = weights[spots].mean(axis=0)
                below += int((mean[blind] < mean[~blind].min()).sum())
                pairs += int(blind.sum())
    return below, pairs


def main() -> None:
    parser = ours.parser(__doc__, tissues.names())
    parser.add_argument("--simulations", type=int, default=3, help="seeds of each kind of simulation")
    parser.add_argument("--difficulties", type=float, nargs="+", default=[0.4, 0.6, 0.8])
    given = parser.parse_args()
    rows = []
    for name in given.sets:
        found = ours.kept(__file__, name, "", lambda name=name: of_set(name))
        rows.append([f"`{name}`", found["noise"], found["correlation"], found["spread"]])
    print(ours.table(["set", "mean weight of noise", "correlation of two seeds", "spread"], rows) + "\n")
    rows = []
    for widths in WIDTHS:
        described = ", ".join(f"{width} {kind}" for kind, width in widths.items())
        for difficulty in given.difficulties:
            runs = []
            for seed in range(given.simulations):
                name = f"{described.replace(', ', '-').replace(' ', '-')}-{difficulty}-{seed}"
                asked = (widths, difficulty, seed)
                runs.append(ours.kept(__file__, name, asked, lambda asked=asked: of_simulation(*asked)))
            means = [float(np.mean([run[key] for run in runs])) for key in ("ratio", "share", "divergence")]
            below, pairs = (sum(run[key] for run in runs) for key in ("below", "pairs"))
            rows.append([described, str(difficulty), *means, f"{below} of {pairs}"])
    heads = ["features", "difficulty", "log ratio", "its share", "divergence", "smaller where blind"]
    print(ours.table(heads, rows))


if __name__ == "__main__":
    main()
