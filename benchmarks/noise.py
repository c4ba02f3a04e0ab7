"""Noise on a tissue: thinned counts, noise on features, spots dropped from modalities, a modality shuffled.

A noise is written as ``kind=value``: ``thinned=0.2``, ``gaussian=1``, ``dropped=0.3``, ``shuffled=rna``, ``only=rna``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mudata import MuData

LEVELS = {"thinned": ("0.5", "0.2", "0.1"), "gaussian": ("0.5", "1", "2"), "dropped": ("0.1", "0.3", "0.5")}
"""Levels of each kind that ``benchmarks.run --noise`` measures, next to every modality shuffled and every one alone."""

SETS = ("sim_spamosaic_rep1", "hln_a1_panel_split", "dlpfc_151673")
METHODS = ("spamca", "single", "concatenated", "smoothed k=6", "smoothed k=3", "MOFA+", "SpatialGlue", "WNN")
READOUTS = ("likelihood", "coherence", "own")
"""What is measured under noise: sets, methods, and the read-outs that cost little."""

BEFORE_FEATURES = ("thinned",)
"""Kinds that change counts; the others change what features were made from them."""


def noises_of(modalities: list[str]) -> list[str]:
    """All noises for a tissue with these modalities."""
    graded = [f"{kind}={level}" for kind, levels in LEVELS.items() for level in levels]
    return graded + [f"{kind}={name}" for kind in ("shuffled", "only") for name in modalities]


def thinned(counts: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Each count kept with probability ``share``."""
    return rng.binomial(counts.astype(np.int64), share).astype(np.float32)


def is_counts(values: np.ndarray) -> bool:
    return bool((values >= 0).all() and (values == np.round(values)).all())


def thin(mdata: MuData, share: float, rng: np.random.Generator) -> MuData:
    """Thin the counts of every modality that has counts; a spot keeps at least one count of each."""
    from scipy import sparse

    mdata = mdata.copy()
    for modality in mdata.mod.values():
        values = modality.X.toarray() if sparse.issparse(modality.X) else np.asarray(modality.X)
        if not is_counts(values):
            continue
        kept = thinned(values, share, rng)
        empty = np.flatnonzero(kept.sum(axis=1) == 0)
        kept[empty, values[empty].argmax(axis=1)] = 1
        modality.X = sparse.csr_matrix(kept)
    return mdata


def add_gaussian(values: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Normal noise on each column, its standard deviation ``level`` times the column's root mean square."""
    deviation = level * np.sqrt(np.square(values, dtype=np.float64).mean(axis=0))
    return (values + rng.normal(scale=deviation, size=values.shape)).astype(values.dtype)


def dropped_spots(n: int, n_modalities: int, share: float, rng: np.random.Generator) -> list[np.ndarray]:
    """For each modality the spots that lack it: ``share`` of all spots lack one, the modalities in equal parts."""
    lacking = rng.permutation(n)[: round(share * n)]
    return [np.sort(part) for part in np.array_split(lacking, n_modalities)]


def disturb(mdata: MuData, noise: str, rng: np.random.Generator, representation: dict[str, str]) -> MuData:
    """Apply a noise that comes after the features, which ``obsm[representation[modality]]`` holds."""
    import mudata

    kind, _, value = noise.partition("=")
    modalities = {name: modality.copy() for name, modality in mdata.mod.items()}
    if kind == "gaussian":
        for name, key in representation.items():
            modalities[name].obsm[key] = add_gaussian(modalities[name].obsm[key], float(value), rng)
    elif kind == "dropped":
        for name, spots in zip(modalities, dropped_spots(mdata.n_obs, len(modalities), float(value), rng), strict=True):
            lacking = mdata.obs_names[spots]
            modalities[name] = modalities[name][~modalities[name].obs_names.isin(lacking)].copy()
    elif kind == "shuffled":
        key, order = representation[value], rng.permutation(modalities[value].n_obs)
        modalities[value].obsm[key] = modalities[value].obsm[key][order]
    elif kind == "only":
        modalities = {value: modalities[value]}
    else:
        msg = f"noise {noise!r} is none of {(*LEVELS, 'shuffled', 'only')}"
        raise ValueError(msg)
    made = mudata.MuData(modalities)  # in an order of its own
    if "label" in mdata.obs:
        made.obs["label"] = mdata.obs["label"].reindex(made.obs_names)
    made.obsm["spatial"] = mdata.obsm["spatial"][mdata.obs_names.get_indexer(made.obs_names)]
    return made
