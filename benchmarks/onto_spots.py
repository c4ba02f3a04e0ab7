"""Domains from two modalities that were measured at different points of one tissue.

    python -m benchmarks.onto_spots [table ...]

Two simulated modalities are drawn at random points of one tissue each, the second rotated, scaled and shifted. Landmarks with an
error of a tenth of a spacing give the map back to ``spamca.pp.onto_spots``. ARI of the domains on the points of the first, against the
same with both modalities measured there. Tables: ``counts``, ``intensities``, ``methods``. Prints them for the documentation.
"""

from __future__ import annotations

import sys
import warnings
from typing import NamedTuple

import numpy as np

N_POINTS, N_DOMAINS = 1300, 5
DENSITIES = (0.5, 1.0, 4.0)
"""Points of the second modality for each of the first."""

DIFFICULTIES = (0.2, 0.5, 0.8)
SEEDS = range(5)
LANDMARKS = 8


class Pair(NamedTuple):
    """A tissue measured twice: at one set of points, and with the second modality at points of its own."""

    together: object  # MuData
    apart: object  # MuData
    labels: np.ndarray  # true domains of the first set of points
    landmarks: tuple[np.ndarray, np.ndarray]


def values(kind, domain, classes, difficulty, seed, stream):
    """Counts of a kind, or intensities of metabolites, of points in domains: (n_points, n_features)."""
    from benchmarks.metabolites import draw_intensities

    from spamca.datasets._counts import KINDS, draw_counts, draw_modality

    if kind == "metabolite":
        return draw_intensities(domain, classes, difficulty, [seed, 3], stream)
    parts = draw_modality(KINDS[kind], classes, KINDS[kind].n_features, difficulty, [seed, 3])
    return draw_counts(parts, domain, [seed, 3, stream], means=False)[0]


def pair(kind: str, density: float, difficulty: float, seed: int) -> Pair:
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData

    from spamca.datasets._counts import KINDS, draw_counts, draw_modality
    from spamca.datasets._tissue import draw_domains, seen_as

    rng = np.random.default_rng([seed, 17])
    side, n_other = np.sqrt(N_POINTS), round(density * N_POINTS)
    first, second = (rng.uniform(0, side, size=(n, 2)) for n in (N_POINTS, n_other))
    domain = draw_domains(np.vstack([first, second]), N_DOMAINS, "blobs", np.random.default_rng([seed, 1]))
    classes = seen_as(N_DOMAINS, 2)
    rna = draw_modality(KINDS["rna"], classes[:, 0], KINDS["rna"].n_features, difficulty, [seed, 2])
    rna = draw_counts(rna, domain[:N_POINTS], [seed, 2], means=False)[0]
    here = values(kind, domain[:N_POINTS], classes[:, 1], difficulty, seed, 1)
    there = values(kind, domain[N_POINTS:], classes[:, 1], difficulty, seed, 2)

    angle, scale, shift = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 20), rng.normal(scale=100, size=2)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    marks = rng.uniform(0, side, size=(LANDMARKS, 2))
    seen = marks + rng.normal(scale=0.1, size=marks.shape)

    def modality(X, prefix, coordinates):
        obs = pd.DataFrame(index=[f"{prefix}{i}" for i in range(X.shape[0])])
        return AnnData(X, obs=obs, obsm={"spatial": coordinates})

    together = MuData({"rna": modality(rna, "a", first), kind: modality(here, "a", first)})
    apart = MuData({"rna": modality(rna, "a", first), kind: modality(there, "b", second @ turn.T + shift)})
    return Pair(together, apart, domain[:N_POINTS], (seen @ turn.T + shift, marks))


def found(mdata, labels) -> float:
    """ARI of the domains found, given their number."""
    from sklearn.metrics import adjusted_rand_score

    import spamca

    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=N_DOMAINS, progress_bar=False)
    return adjusted_rand_score(labels, mdata.obs["spamca"].astype(str))


def measured(kind: str, density: float, difficulty: float, seeds, **options) -> dict[str, list[float]]:
    """ARI by seed: both modalities at the same points, brought there, and the first alone."""
    from mudata import MuData

    import spamca

    scores: dict[str, list[float]] = {"same points": [], "onto spots": [], "rna alone": []}
    for seed in seeds:
        tissue = pair(kind, density, difficulty, seed)
        joined = spamca.pp.onto_spots(
            tissue.apart, reference="rna", transform={kind: tissue.landmarks}, landmarks="similarity", **options
        )
        scores["same points"].append(found(tissue.together, tissue.labels))
        scores["onto spots"].append(found(joined, tissue.labels))
        scores["rna alone"].append(found(MuData({"rna": tissue.apart["rna"].copy()}), tissue.labels))
    return scores


def table(kind: str) -> None:
    print(
        f"\n{kind}\n\n| density | difficulty | same points | onto spots | difference | rna alone |\n| --- | --- | --- | --- | --- | --- |"
    )
    for density in DENSITIES:
        for difficulty in DIFFICULTIES:
            means = {name: np.mean(scores) for name, scores in measured(kind, density, difficulty, SEEDS).items()}
            gap = means["onto spots"] - means["same points"]
            row = [means["same points"], means["onto spots"], gap, means["rna alone"]]
            print("|", " | ".join([f"{density:g}", f"{difficulty:g}", *(f"{one:.3f}" for one in row)]), "|", flush=True)


def methods() -> None:
    print("\n| method | kind | density | onto spots |\n| --- | --- | --- | --- |")
    for kind in ("protein", "metabolite"):
        for density in DENSITIES:
            for method in ("area", "kernel", "nearest"):
                score = np.mean(measured(kind, density, 0.5, SEEDS, method=method)["onto spots"])
                print(f"| {method} | {kind} | {density:g} | {score:.3f} |", flush=True)


TABLES = {"counts": lambda: table("protein"), "intensities": lambda: table("metabolite"), "methods": methods}


def main(*names: str) -> None:
    import logging

    warnings.simplefilter("ignore")
    logging.getLogger("spamca").setLevel(logging.ERROR)
    for name in names or TABLES:
        TABLES[name]()


if __name__ == "__main__":
    main(*sys.argv[1:])
