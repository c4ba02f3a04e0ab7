"""The tissues of the benchmark, made ready for the methods.

    python -m benchmarks.tissues FOLDER SET[+NOISE[#SEED]] ...

Writes for each ``FOLDER/<name>.npz`` (arrays, for every method) and ``.h5mu`` (the same for spamca, with prepared
features and no graphs). Files are looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from benchmarks import fingerprint
from benchmarks.noise import BEFORE_FEATURES, disturb, thin
from benchmarks.tissue import Tissue, facts

if TYPE_CHECKING:
    from mudata import MuData

DATA = Path(os.environ.get("SPAMCA_TEST_DATA", ".")) / "data"
SEVERAL_SECTIONS = ("sim_mosaic_rep1",)
UNKNOWN = ("", "nan", "undetermined")
"""Labels that say nothing; spots that carry them are not scored."""

FAMILIES = {
    "DLPFC": ("dlpfc_151673", "dlpfc_151676", "dlpfc_151510"),
    "HER2ST": ("her2st_a1", "her2st_e1", "her2st_h1"),
    "lymph node": ("hln_a1_panel_split",),
    "STARmap": ("starmap_mpfc_bz9",),
    "osmFISH": ("osmfish_sscortex",),
    "olfactory bulb": ("mob_rep12",),
    "SpaMosaic simulations": ("sim_spamosaic_rep1", "sim_mosaic_rep1"),
    "triplet": ("sim_triplet",),
    "our simulations": ("sim_easy", "sim_medium", "sim_hard"),
}
"""Sets that are alike: a setting is scored on a family that it was not chosen on."""

_REAL = ("DLPFC", "HER2ST", "lymph node", "STARmap", "osmFISH", "olfactory bulb")

MEASURED = tuple(name for family in _REAL for name in FAMILIES[family])
"""Measured tissue with labels of experts."""

SIMULATIONS = {
    "sim_easy": {"difficulty": 0.25, "random_state": 101},
    "sim_medium": {"difficulty": 0.6, "pattern": "layers", "layout": "hexagonal", "n_domains": 7, "random_state": 102},
    "sim_hard": {
        "difficulty": 0.8,
        "layout": "random",
        "modalities": ("rna", "protein", "atac"),
        "n_spots": 2000,
        "random_state": 103,
    },
}
"""Simulations of graded difficulty, fixed before any choice was made by them."""

N_CLUSTERS_WITHOUT_LABELS = 14
N_NEIGHBORS = 6


def names() -> list[str]:
    """All sets: simulations of graded difficulty, then files of one section."""
    files = [path.stem for path in sorted(DATA.glob("*.h5mu")) if path.stem not in SEVERAL_SECTIONS]
    return [*SIMULATIONS, *files]


def labelled() -> list[str]:
    """The sets of known domains that are there."""
    known = {name for family in FAMILIES.values() for name in family}
    return [name for name in names() if name in known]


def split(name: str) -> tuple[str, str, int]:
    """Set, noise and seed of the noise: ``sim_easy+thinned=0.5#2`` to ``("sim_easy", "thinned=0.5", 2)``."""
    rest, _, seed = name.partition("#")
    base, _, noise = rest.partition("+")
    return base, noise, int(seed or 0)


def preparation_key(name: str) -> str:
    """Fingerprint of what the features of a tissue are made by."""
    files = ["tissues.py", *(["noise.py"] if split(name)[1] else [])]
    own = fingerprint.of_files(*(fingerprint.HERE / file for file in files))
    return own + fingerprint.of_spamca("features", "pp", "datasets", "graph")


def load(base: str) -> MuData:
    import mudata

    import spamca

    if base in SIMULATIONS:
        return spamca.datasets.simulated(**SIMULATIONS[base])
    return mudata.read_h5mu(DATA / f"{base}.h5mu")


def labels_of(mdata: MuData) -> tuple[np.ndarray | None, int]:
    """Labels, empty where a spot has none, and their number."""
    if "label" not in mdata.obs:
        return None, N_CLUSTERS_WITHOUT_LABELS
    labels = mdata.obs["label"].astype(object).fillna("").astype(str).to_numpy()
    labels = np.where(np.isin(labels, UNKNOWN), "", labels)
    return labels, len(set(labels) - {""})


def prepare(name: str) -> tuple[Tissue, MuData]:
    """Features of one tissue, with noise where the name says so."""
    import spamca
    from spamca.graph import spatial_graph

    base, noise, seed = split(name)
    mdata = load(base)
    if "spatial" not in mdata.obsm:
        first = next(iter(mdata.mod.values()))
        mdata.obsm["spatial"] = first[mdata.obs_names].obsm["spatial"]
    kind, _, value = noise.partition("=")
    rng = np.random.default_rng([seed, *noise.encode()])
    if kind in BEFORE_FEATURES:
        mdata = thin(mdata, float(value), rng)
    spamca.pp.prepare(mdata)
    records = {modality: mdata[modality].uns["spamca"] for modality in mdata.mod}
    representation = {modality: record["use_rep"] for modality, record in records.items()}
    if noise and kind not in BEFORE_FEATURES:
        mdata = disturb(mdata, noise, rng, representation)
    labels, n_clusters = labels_of(mdata)
    features = {}
    for modality, adata in mdata.mod.items():
        found = np.asarray(adata.obsm[representation[modality]], dtype=np.float32)
        features[modality] = np.zeros((mdata.n_obs, found.shape[1]), dtype=np.float32)
        features[modality][mdata.obs_names.get_indexer(adata.obs_names)] = found
    coordinates = np.asarray(mdata.obsm["spatial"], dtype=np.float64)
    graph = spatial_graph(coordinates, n_neighbors=N_NEIGHBORS).connectivities
    kinds = {modality: str(records[modality]["kind"]) for modality in features}
    return Tissue(name, features, kinds, coordinates, graph, labels, n_clusters), mdata


def main(folder: str, *wanted: str) -> None:
    warnings.simplefilter("ignore")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in wanted:
        path, key = Path(folder) / f"{name}.npz", preparation_key(name)
        if facts(path).get("key") == key:
            continue
        tissue, mdata = prepare(name)
        mdata.write(path.with_suffix(".part.h5mu"))
        path.with_suffix(".part.h5mu").replace(path.with_suffix(".h5mu"))
        tissue.write(path, key)


if __name__ == "__main__":
    main(*sys.argv[1:])
