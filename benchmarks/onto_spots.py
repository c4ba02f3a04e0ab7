"""Domains from two modalities that were measured at different points of one tissue.

    python -m benchmarks.onto_spots [table ...]

Two simulated modalities are drawn at random points of one tissue each, those of one rotated, scaled and shifted. Landmarks that miss
by a tenth of a spacing give the map back to ``spamca.pp.onto_spots``. ARI of the domains on the spots of the reference, against
the same with both modalities measured there. What limits any method is that a point lies next to a spot, and not on it: *nearest
known* is the ARI of labels from the true class of the spot in the reference and the true class of the nearest point in the other.
Tables: ``counts``, ``intensities``, ``methods``; prints them for the documentation. ``figure`` draws an overlay.
"""

from __future__ import annotations

import sys
import warnings
from typing import NamedTuple

import numpy as np

N_SPOTS, N_DOMAINS = 3000, 5
DIFFICULTIES = (0.2, 0.5, 0.8)
SEEDS = range(3)
LANDMARKS = 8

CASES = {
    "counts": [("protein", "rna", density) for density in (0.5, 1.0, 4.0)],
    "intensities": [("metabolite", "rna", density) for density in (0.5, 1.0, 4.0)]
    + [("metabolite", "metabolite", 2.0)],
}
"""Second modality, reference, and points of the other modality for each spot of the reference."""


class Pair(NamedTuple):
    """A tissue measured twice: at one set of points, and with the other modality at points of its own."""

    together: object  # MuData
    apart: object  # MuData
    labels: np.ndarray  # true domains of the spots of the reference
    nearest: float  # ARI with the class of the nearest point known
    landmarks: tuple[np.ndarray, np.ndarray]


def values(kind, domain, classes, difficulty, seed, stream):
    """Counts of a kind, or intensities of metabolites, of points in domains: (n_points, n_features)."""
    from benchmarks.metabolites import draw_intensities

    from spamca.datasets._counts import KINDS, draw_counts, draw_modality

    if kind == "metabolite":
        return draw_intensities(domain, classes, difficulty, [seed, 3], stream)
    seed = [seed, 2 if kind == "rna" else 3]
    parts = draw_modality(KINDS[kind], classes, KINDS[kind].n_features, difficulty, seed)
    return draw_counts(parts, domain, [*seed, stream], means=False)[0]


def nearest_known(spots, points, labels, other, classes) -> float:
    from scipy.spatial import KDTree
    from sklearn.metrics import adjusted_rand_score

    near = other[KDTree(points).query(spots)[1]]
    known = {tuple(pair): domain for domain, pair in enumerate(classes)}
    found = [known.get((classes[a, 0], classes[b, 1]), b) for a, b in zip(labels, near, strict=True)]
    return adjusted_rand_score(labels, found)


def pair(kind: str, reference: str, density: float, difficulty: float, seed: int) -> Pair:
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData

    from spamca.datasets._tissue import draw_domains, seen_as

    rng = np.random.default_rng([seed, 17])
    side, n_points = np.sqrt(N_SPOTS), round(density * N_SPOTS)
    spots, points = (rng.uniform(0, side, size=(n, 2)) for n in (N_SPOTS, n_points))
    domain = draw_domains(np.vstack([spots, points]), N_DOMAINS, "blobs", np.random.default_rng([seed, 1]))
    here, there = domain[:N_SPOTS], domain[N_SPOTS:]
    names = ("rna", kind) if reference == "rna" else (kind, "rna")
    classes = seen_as(N_DOMAINS, 2)
    own, other, again = (
        values(name, at, classes[:, side_of], difficulty, seed, stream)
        for stream, (name, at, side_of) in enumerate([(names[0], here, 0), (names[1], there, 1), (names[1], here, 1)])
    )
    angle, scale, shift = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 20), rng.normal(scale=100, size=2)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    marks = rng.uniform(0, side, size=(LANDMARKS, 2))
    seen = marks + rng.normal(scale=0.1, size=marks.shape)

    def modality(X, prefix, coordinates):
        obs = pd.DataFrame(index=[f"{prefix}{i}" for i in range(X.shape[0])])
        var = pd.DataFrame(index=[f"{prefix}_{X.shape[1]}_{i}" for i in range(X.shape[1])])
        return AnnData(X, obs=obs, var=var, obsm={"spatial": coordinates})

    together = MuData({names[0]: modality(own, "a", spots), names[1]: modality(again, "a", spots)})
    apart = MuData({names[0]: modality(own, "a", spots), names[1]: modality(other, "b", points @ turn.T + shift)})
    nearest = nearest_known(spots, points, here, there, classes)
    return Pair(together, apart, here, nearest, (seen @ turn.T + shift, marks))


def found(mdata, labels) -> float:
    """ARI of the domains found, given their number."""
    from sklearn.metrics import adjusted_rand_score

    import spamca

    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=N_DOMAINS, progress_bar=False)
    return adjusted_rand_score(labels, mdata.obs["spamca"].astype(str))


def joined(tissue: Pair, **options):
    import spamca

    reference, other = tissue.apart.mod
    transform = {other: tissue.landmarks}
    return spamca.pp.onto_spots(
        tissue.apart, reference=reference, transform=transform, landmarks="similarity", **options
    )


def table(name: str) -> None:
    from mudata import MuData

    columns = ["other", "reference", "points for a spot", "difficulty", "same points", "onto spots", "difference"]
    columns += ["reference alone", "nearest known"]
    print(f"\n{name}\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for kind, reference, density in CASES[name]:
        for difficulty in DIFFICULTIES:
            rows = []
            for seed in SEEDS:
                tissue = pair(kind, reference, density, difficulty, seed)
                alone = MuData({reference: tissue.apart[reference].copy()})
                scores = [found(one, tissue.labels) for one in (tissue.together, joined(tissue), alone)]
                rows.append([*scores[:2], scores[1] - scores[0], scores[2], tissue.nearest])
            numbers = [f"{one:.3f}" for one in np.mean(rows, axis=0)]
            other = kind if reference == "rna" else "rna"
            print("|", " | ".join([other, reference, f"{density:g}", f"{difficulty:g}", *numbers]), "|", flush=True)


def methods() -> None:
    print(
        "\nmethods, at difficulty 0.5\n\n| other | points for a spot | area | kernel | nearest |\n| --- | --- | --- | --- | --- |"
    )
    for kind, reference, density in [one for several in CASES.values() for one in several if one[1] == "rna"]:
        means = []
        for method in ("area", "kernel", "nearest"):
            tissues = (pair(kind, reference, density, 0.5, seed) for seed in SEEDS)
            means.append(np.mean([found(joined(tissue, method=method), tissue.labels) for tissue in tissues]))
        print(f"| {kind} | {density:g} |", " | ".join(f"{one:.3f}" for one in means), "|", flush=True)


def figure() -> None:
    """Write ``docs/_static/overlay.png``: a part of the tissue without the second modality, and a marker of each."""
    from pathlib import Path

    import spamca

    global N_SPOTS
    N_SPOTS = 500
    tissue = pair("metabolite", "rna", 3.0, 0.2, 1)
    other = tissue.apart["metabolite"]
    there = joined(tissue).uns["onto_spots"]["modalities"]["metabolite"]["points"]
    tissue.apart.mod["metabolite"] = other[there[:, 0] > 0.15 * there[:, 0].max()].copy()
    tissue.apart.update()
    mdata = joined(tissue)
    color = {name: best_marker(modality) for name, modality in tissue.apart.mod.items()}
    ax = spamca.pl.overlay(mdata, color=color, source=tissue.apart)
    ax.figure.savefig(Path(__file__).parents[1] / "docs" / "_static" / "overlay.png", dpi=110, bbox_inches="tight")


def best_marker(modality) -> str:
    """Feature whose values neighbours share most."""
    from scipy.spatial import KDTree

    X = np.log1p(modality.X.toarray() if hasattr(modality.X, "toarray") else np.asarray(modality.X))
    near = KDTree(modality.obsm["spatial"]).query(modality.obsm["spatial"], k=7)[1][:, 1:]
    Z = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9)
    return str(modality.var_names[(Z * Z[near].mean(axis=1)).mean(axis=0).argmax()])


def main(*names: str) -> None:
    import logging

    import spamca  # noqa: F401 (it sets the level of its logger)

    warnings.simplefilter("ignore")
    logging.getLogger("spamca").setLevel(logging.ERROR)
    for name in names or (*CASES, "methods"):
        if name in ("methods", "figure"):
            {"methods": methods, "figure": figure}[name]()
        else:
            table(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
