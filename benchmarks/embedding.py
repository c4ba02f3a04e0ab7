"""How good embeddings of measured tissue are: labels predicted from them, and hidden features.

    SPAMCA_TEST_DATA=... OMP_NUM_THREADS=1 python -m benchmarks.embedding [--sets SET ...] [--methods METHOD ...] [--probe-only]

*Probe*: labels of the 15 nearest spots in the embedding, 5 x 5 blocks of the tissue held out in five folds (``GroupKFold``);
adjusted Rand index of the predicted labels with those of the experts. *Hidden*: each modality in turn is hidden in a tenth of the
spots, and predicted by ridge regression from what the method makes of them; mean correlation over features, modalities and three draws.
Prints both as Markdown, and the choice of each family by the others.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from benchmarks.arrays import normalised, scaled
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GroupKFold
from sklearn.neighbors import KNeighborsClassifier

from spamca.denoise.components import ridge
from spamca.denoise.hidden import FOLDS, held_out
from spamca.graph import feature_graph, normalize
from spamca.nn import Inputs, Settings
from spamca.nn.sparse import Adjacency
from spamca.train import fit

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue as Given

SETS = (
    "dlpfc_151673",
    "dlpfc_151676",
    "dlpfc_151510",
    "her2st_a1",
    "her2st_e1",
    "her2st_h1",
    "hln_a1_panel_split",
    "starmap_mpfc_bz9",
    "osmfish_sscortex",
    "mob_rep12",
)
RANDOM = {"start": "random", "n_latent": 32, "spatial_scales": (1, 2, 4, 8), "fusion": "attention"}
RANDOM |= {"modality_uniform": 0.5, "learning_rate": 1e-2, "n_steps": 40}
METHODS: dict[str, int | dict] = {
    "plain": 0,
    "smoothed, 1 hop": 1,
    "smoothed, 2 hops": 2,
    "smoothed, 8 hops": 8,
    "default": {},
    "16 latents": {"n_latent": 16},
    "scales 0, 1, 2, 4, 8": {"spatial_scales": (0, 1, 2, 4, 8)},
    "scales 0, 1, 2, 4": {"spatial_scales": (0, 1, 2, 4)},
    "scales 0, 1, 8": {"spatial_scales": (0, 1, 8)},
    "scales 1, 2, 8": {"spatial_scales": (1, 2, 8)},
    "40 steps of training": {"n_steps": 40},
    "random start": RANDOM,
    "random start, contrast": RANDOM | {"contrast_weight": 0.1},
    "random start, clusters": RANDOM | {"cluster_weight": 0.1, "alignment_weight": 0.1},
    "random start, feature view": RANDOM | {"views": ("spatial", "feature")},
    "random start, scales 0, 1, 2, 4": RANDOM | {"spatial_scales": (0, 1, 2, 4)},
}
"""Hops of smoothing, or changes of the settings."""

SHARE = 0.1
DRAWS = 3
NEIGHBORS = 15
BLOCKS = 5


def family(name: str) -> str:
    return name.split("_", maxsplit=1)[0]


def seeds(change: int | dict) -> range:
    """Only what is drawn at random has several seeds."""
    return range(3 if isinstance(change, dict) and change.get("n_steps") else 1)


def tissue_of(given: Given, settings: Settings) -> Inputs:
    """What the network is given of a set."""
    features = [np.asarray(values, dtype=np.float32) for values in scaled(given).values()]
    graphs = [links_of(values) for values in features] if "feature" in settings.views else []
    return Inputs(
        tuple(map(torch.from_numpy, features)),
        Adjacency.from_scipy(normalize(given.graph)),
        tuple(Adjacency.from_scipy(normalize(graph)) for graph in graphs),
    )


def links_of(values: np.ndarray):
    return feature_graph(values, n_neighbors=20, metric="correlation").connectivities


def network_of(tissue: Inputs, settings: Settings, seed: int):
    return fit(tissue, 10, settings, random_state=seed, progress_bar=False, accelerator="cpu")


def smoothed(given: Given, n_hops: int) -> np.ndarray:
    values, operator = np.hstack(list(scaled(given).values())), normalised(given.graph)
    for _ in range(n_hops):
        values = operator @ values
    return values


def probe(given: Given, embedding: np.ndarray) -> float:
    """Adjusted Rand index of labels predicted by neighbours from other blocks."""
    place = given.coordinates - given.coordinates.min(axis=0)
    block = np.minimum((BLOCKS * place / place.max(axis=0)).astype(int), BLOCKS - 1) @ [BLOCKS, 1]
    known = given.labels != ""
    x, y, block = embedding[known], given.labels[known], block[known]
    predicted = y.copy()
    for train, test in GroupKFold(5).split(x, y, block):
        predicted[test] = KNeighborsClassifier(NEIGHBORS).fit(x[train], y[train]).predict(x[test])
    return float(adjusted_rand_score(y, predicted))


def hidden(given: Given, change: int | dict, seed: int) -> float:
    """Mean correlation of predicted hidden features with measured ones."""
    settings, scores = Settings(**change) if isinstance(change, dict) else Settings(), []
    tissue, names = tissue_of(given, settings), list(given.features)
    for draw in range(DRAWS):
        gone = np.random.default_rng([seed, draw]).random(len(given.coordinates)) < SHARE
        for m in range(len(names)):
            if isinstance(change, dict):
                known = _by_network(tissue, settings, m, gone, seed)
            else:
                known = _by_smoothing(given, m, gone, change)
            others = [x.numpy() for other, x in enumerate(tissue.features) if other != m]
            predictors, truth = np.hstack([known, *others]), tissue.features[m].numpy()
            predicted = ridge(predictors[~gone], truth[~gone], predictors[gone])
            scores.append(np.mean([_correlation(a, b) for a, b in zip(predicted.T, truth[gone].T, strict=True)]))
    return float(np.mean(scores))


def _by_network(tissue: Inputs, settings: Settings, m: int, gone: np.ndarray, seed: int) -> np.ndarray:
    present = torch.ones(tissue.n_spots, len(tissue.features), dtype=torch.bool)
    present[torch.from_numpy(gone), m] = False
    features, graphs, links = list(tissue.features), list(tissue.feature_graphs), None
    features[m] = features[m].masked_fill(torch.from_numpy(gone)[:, None], 0)
    if graphs:
        whole = links_of(tissue.features[m].numpy())
        links = whole.multiply((~gone)[:, None] & ~gone).tocsr()
        graphs[m] = Adjacency.from_scipy(normalize(links))
    part = replace(tissue, features=tuple(features), feature_graphs=tuple(graphs), present=present)
    return held_out(network_of(part, settings, seed).network, part, m, links)


def _by_smoothing(given: Given, m: int, gone: np.ndarray, n_hops: int) -> np.ndarray:
    """Smoothed features, those of the modality without the spot's own, as the network hides them."""
    operator, values = normalised(given.graph), list(scaled(given).values())
    fold = np.where(gone, -1, np.random.default_rng(0).permutation(len(gone)) % FOLDS)
    out = None
    for number in range(-1, FOLDS):
        shown = ((fold != number) & ~gone)[:, None].astype(float)
        around, weight = values[m] * shown, shown
        for _ in range(n_hops):
            around, weight = operator @ around, operator @ weight
        around = around / np.maximum(weight, 1e-9)
        out = np.zeros_like(around) if out is None else out
        out[fold == number] = around[fold == number]
    others = [values[other] for other in range(len(values)) if other != m]
    for _ in range(n_hops):
        others = [operator @ x for x in others]
    return np.hstack([out, *others])


def _correlation(predicted: np.ndarray, truth: np.ndarray) -> float:
    return float(np.corrcoef(predicted, truth)[0, 1]) if predicted.std() > 0 and truth.std() > 0 else 0.0


def measure(given: Given, change: int | dict, *, probe_only: bool) -> tuple[float, float, float, float]:
    """Probe, its standard deviation over seeds, hidden, and seconds."""
    probes, took = [], []
    for seed in seeds(change):
        begun = time.perf_counter()
        if isinstance(change, dict):
            settings = Settings(**change)
            embedding = network_of(tissue_of(given, settings), settings, seed).latents.fused.numpy()
        else:
            embedding = smoothed(given, change)
        took.append(time.perf_counter() - begun)
        probes.append(probe(given, embedding))
    predicted = np.nan if probe_only or change == 0 else hidden(given, change, 0)
    return float(np.mean(probes)), float(np.std(probes)), predicted, float(np.mean(took))


def left_out(scores: dict[str, dict[str, float]], methods: list[str]) -> float:
    """Mean over families of the score of the method that is best on the others."""

    def mean(method: str, names: list[str]) -> float:
        return float(np.mean([scores[name][method] for name in names]))

    out = []
    for one in sorted({family(name) for name in scores}):
        inside, outside = ([name for name in scores if (family(name) == one) is same] for same in (True, False))
        best = max(methods, key=lambda method: mean(method, outside))
        print(f"chosen without {one}: {best}, {mean(best, inside):.3f} on it")
        out.extend(scores[name][best] for name in inside)
    return float(np.mean(out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--probe-only", action="store_true", help="leave out the hidden features")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    from benchmarks.report import markdown
    from benchmarks.tissues import prepare

    found = {}
    for name in asked.sets:
        given = prepare(name)[0]
        found[name] = {method: measure(given, METHODS[method], probe_only=asked.probe_only) for method in asked.methods}
        print(f"{name} done", file=sys.stderr)
    for title, place in (("Probe", 0), ("Hidden", 2), ("Seconds", 3)):
        rows = []
        for method in asked.methods:
            values = [found[name][method][place] for name in asked.sets]
            rows.append([method, *(f"{value:.3f}" for value in values), f"**{np.mean(values):.3f}**"])
        print(f"\n{title}\n\n{markdown(rows, ['', *(f'`{name}`' for name in asked.sets), 'mean'])}\n", flush=True)
    spread = {method: np.mean([found[name][method][1] for name in asked.sets]) for method in asked.methods}
    print(
        "Standard deviation over seeds:", {method: round(float(value), 3) for method, value in spread.items() if value}
    )
    probes = {name: {method: values[0] for method, values in of.items()} for name, of in found.items()}
    ours = [method for method in asked.methods if isinstance(METHODS[method], dict)]
    print(f"Left out: {left_out(probes, ours):.3f}")


if __name__ == "__main__":
    main()
