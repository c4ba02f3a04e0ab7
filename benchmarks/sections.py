"""Several sections: what takes batch effects out, and what that costs where there are none, as a Markdown table.

    python benchmarks/sections.py [method ...] > table.md

Sets are files of the folder ``data`` of ``$SPAMCA_TEST_DATA``, files cut into two halves that stand for sections, as they are or
with the counts of one half thinned gene by gene, and simulations. K is the number of labels. Each cell is the ARI over all spots
and the lowest of a section; of the network the mean over as many seeds as ``$SEEDS`` says, two where it is not set. Harmony is
left out where ``harmonypy`` is not installed.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from contextlib import ExitStack
from itertools import islice
from unittest import mock

import numpy as np
from benchmarks.tissues import DATA
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca.cluster import mixture, principal_components
from spamca.domains import find_domains
from spamca.graph import normalize
from spamca.tissue import read

warnings.filterwarnings("ignore")
logging.getLogger("spamca").setLevel(logging.WARNING)
SEEDS = range(int(os.environ.get("SEEDS", "2")))
N_HOPS, N_COMPONENTS = 2, 20


def halved(name, axis, thinned=0.0):
    """A file cut in two; counts of the second half are thinned, each gene by a factor of its own."""
    import mudata

    mdata = mudata.read_h5mu(DATA / f"{name}.h5mu")
    at = spamca._checks.check_coordinates(mdata)[:, axis]
    mdata.obs["section"] = np.where(at < np.median(at), "a", "b")
    rng = np.random.default_rng(0)
    for modality in mdata.mod.values() if thinned else ():
        second = mdata.obs.loc[modality.obs_names, "section"].to_numpy() == "b"
        X = modality.X.toarray() if hasattr(modality.X, "toarray") else modality.X.copy()
        shift = thinned * rng.normal(size=modality.n_vars)
        if (np.abs(np.round(X)) == X).all():
            X[second] = rng.binomial(X[second].astype(int), np.exp(-np.abs(shift)))
        else:
            X[second] += 2 * shift * X.std(axis=0)
        modality.X = X
    return mdata


def mosaic():
    import mudata

    return mudata.read_h5mu(DATA / "sim_mosaic_rep1.h5mu")


def simulated(batch_effect):
    return spamca.datasets.simulated(n_spots=2400, n_sections=2, batch_effect=batch_effect)


SETS = {
    "mosaic": mosaic,
    "no effect": lambda: simulated(0.0),
    "effect 0.3": lambda: simulated(0.3),
    "effect 1": lambda: simulated(1.0),
    "spamosaic x": lambda: halved("sim_spamosaic_rep1", 0),
    "spamosaic y": lambda: halved("sim_spamosaic_rep1", 1),
    "spamosaic y, thinned": lambda: halved("sim_spamosaic_rep1", 1, 0.5),
    "dlpfc x": lambda: halved("dlpfc_151673", 0),
    "dlpfc y": lambda: halved("dlpfc_151673", 1),
    "dlpfc x, thinned": lambda: halved("dlpfc_151673", 0, 0.5),
}


class Sight:
    """What a method sees of a set."""

    def __init__(self, mdata):
        spamca.pp.neighbors(mdata, library_key="section")
        self.mdata, self.truth = mdata, mdata.obs["label"].astype(str).to_numpy()
        self.known = ~np.isin(self.truth, ("undetermined", "nan", ""))
        self.k = len(set(self.truth[self.known]))
        self.names, self.section = np.unique(mdata.obs["section"].astype(str), return_inverse=True)
        tissue = read(mdata)
        self.arrays = {"features": tissue.features, "adjacency": tissue.graph, "present": tissue.present}
        self.present = tissue.has

    def smoothed(self, features):
        """Modalities side by side, each of unit scale, smoothed within sections."""
        scaled = [x / np.sqrt(np.square(x).mean()) for x in features]
        graph, out = normalize(self.arrays["adjacency"]), np.hstack(scaled).astype(np.float64)
        for _ in range(N_HOPS):
            out = graph @ out
        return out

    def read(self, features, spots):
        """Domains of some spots by the mixture of smoothed features of the modalities that all of them have; others -1."""
        kept = [x for x, has in zip(features, self.present.T, strict=True) if has[spots].all()]
        out = np.full(len(self.truth), -1)
        points = principal_components(self.smoothed(kept)[spots], N_COMPONENTS)[0]
        out[spots] = mixture(points, self.k, selection="likelihood", random_state=0).labels
        return out


def alone(sight):
    """Each section by itself, its domains numbered apart from those of the others."""
    out = np.zeros(len(sight.truth), dtype=int)
    for section in range(len(sight.names)):
        spots = sight.section == section
        out[spots] = sight.read(sight.arrays["features"], spots)[spots] + sight.k * section
    yield out


def together(features):
    """Smoothed features of a modality that all spots have, or of each modality where there is none, of which the best."""

    def method(sight):
        found, common = features(sight), sight.present.all(axis=0)
        wanted = [np.ones(len(sight.truth), bool)] if common.any() else list(sight.present.T)
        yield max((sight.read(found, spots) for spots in wanted), key=lambda labels: score(sight, labels)[0])

    return method


def as_they_are(sight):
    return sight.arrays["features"]


def harmony(sight):
    import harmonypy
    import pandas as pd

    out = []
    for values, has in zip(sight.arrays["features"], sight.present.T, strict=True):
        obs = pd.DataFrame({"section": sight.section[has].astype(str)})
        found = np.asarray(harmonypy.run_harmony(values[has].astype(np.float64), obs, "section", verbose=False).Z_corr)
        spread = np.zeros(values.shape)
        spread[has] = found if found.shape == values[has].shape else found.T
        out.append(spread)
    return out


def found(*, sections=True, **replaced):
    """The domains alone, with parts of the search replaced."""

    def method(sight):
        with ExitStack() as stack:
            for name, value in replaced.items():
                stack.enter_context(mock.patch(f"spamca.domains.{name.replace('__', '.')}", value))
            given = {"sections": sight.section if sections else None, **sight.arrays}
            features, adjacency = given.pop("features"), given.pop("adjacency")
            yield find_domains(features, adjacency, sight.k, **given).assignment.argmax(axis=1)

    return method


def only(first, last):
    """Some of the starts."""
    from spamca.domains import across

    starts = across._starts
    return lambda *arguments: islice(starts(*arguments), first, last)


def unscaled(values, adjacency, sections, present=None):
    return np.ones((sections.max() + 1, values.shape[1]))


def unshifted(values, assignment, sections):
    return np.zeros((sections.max() + 1, values.shape[1]))


def network(**options):
    def method(sight):
        for seed in SEEDS:
            spamca.tl.integrate(sight.mdata, sight.k, random_state=seed, progress_bar=False, **options)
            yield sight.mdata.obs["spamca"].cat.codes.to_numpy()

    return method


METHODS = {
    "smoothed, each section alone": alone,
    "smoothed, together": together(as_they_are),
    "Harmony, smoothed, together": together(harmony),
    "domains without correction": found(sections=False),
    "domains": found(),
    "domains, starts as they are only": found(across___starts=only(0, 1)),
    "domains, starts less their means only": found(across___starts=only(1, 2)),
    "domains, starts matched only": found(across___starts=only(2, None)),
    "domains, nothing regrouped": found(across__regroup=lambda _, found, __: found),
    "domains, sections not scaled": found(sectioned__section_scales=unscaled),
    "domains, sections not shifted": found(sectioned__section_shifts=unshifted),
    "default": network(),
    "default without correction": network(batch_correction=False),
}


def score(sight, labels):
    """ARI over all spots that are read, and the lowest of a section."""
    read = sight.known & (labels >= 0)
    whole = adjusted_rand_score(sight.truth[read], labels[read])
    parts = [read & (sight.section == s) for s in range(len(sight.names))]
    return whole, min(adjusted_rand_score(sight.truth[part], labels[part]) for part in parts if part.any())


def main(names):
    try:
        import harmonypy  # noqa: F401
    except ImportError:
        names = [name for name in names if "Harmony" not in name]
    sights = {name: Sight(make()) for name, make in SETS.items()}
    print("| method |", " | ".join(sights), "|")
    print("|---" * (len(sights) + 1) + "|")
    for name in names:
        cells = []
        for sight in sights.values():
            whole, lowest = np.mean([score(sight, labels) for labels in METHODS[name](sight)], axis=0)
            cells.append(f"{whole:.3f} ({lowest:.3f})")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(METHODS))
