"""Tissue changed in ways that should change nothing, or little: orders, jitter, features and modalities without meaning, halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from benchmarks.noise import is_counts
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

N_FEATURES = 50
RATE = 5.0
"""Features of a modality without meaning, and the mean of its counts."""

N_WAVES = 200
RANGE = 0.15
"""Plane waves of a random field, and its range as a share of the tissue's longer side."""


def rebuilt(mdata: MuData, modalities: Mapping[str, AnnData]) -> MuData:
    """A MuData of these modalities with the labels of another."""
    import mudata

    made = mudata.MuData({name: modality.copy() for name, modality in modalities.items()})
    if "label" in mdata.obs:
        made.obs["label"] = mdata.obs["label"].astype(object).reindex(made.obs_names).to_numpy()
    return made


def ordered(mdata: MuData, names: pd.Index) -> MuData:
    """The spots of these names, in their order."""
    parts = {key: modality[[n for n in names if n in modality.obs_names]] for key, modality in mdata.mod.items()}
    return rebuilt(mdata, parts)


def coordinates_of(mdata: MuData) -> pd.DataFrame:
    """Coordinates of all spots, by name."""
    parts = [pd.DataFrame(m.obsm["spatial"][:, :2], m.obs_names) for m in mdata.mod.values()]
    found = pd.concat(parts)
    return found[~found.index.duplicated()].loc[mdata.obs_names]


def jittered(mdata: MuData, share: float, rng: np.random.Generator) -> MuData:
    """Coordinates moved by normal noise of ``share`` of the median distance of nearest spots, the same in all modalities."""
    from scipy.spatial import KDTree

    at = coordinates_of(mdata)
    spacing = np.median(KDTree(at).query(at, k=2)[0][:, 1])
    at += share * spacing * rng.normal(size=at.shape)
    made = rebuilt(mdata, mdata.mod)
    for modality in made.mod.values():
        modality.obsm["spatial"] = at.loc[modality.obs_names].to_numpy()
    return made


def with_constant(mdata: MuData) -> MuData:
    """One feature more in each modality, one in all spots."""
    import anndata

    parts = {}
    for name, modality in mdata.mod.items():
        one = np.ones((modality.n_obs, 1), dtype=modality.X.dtype)
        stack = sparse.hstack if sparse.issparse(modality.X) else np.hstack
        values = stack([modality.X, one])
        values = values.tocsr() if sparse.issparse(values) else values
        row = pd.DataFrame(index=[f"constant of {name}"])
        for column in modality.var:
            row[column] = [modality.var[column].iloc[0]]
        parts[name] = anndata.AnnData(values, modality.obs, pd.concat([modality.var, row]), obsm=dict(modality.obsm))
    return rebuilt(mdata, parts)


def with_modality(mdata: MuData, name: str, values: np.ndarray) -> MuData:
    """A modality more, measured on all spots."""
    import anndata

    made = anndata.AnnData(np.asarray(values, dtype=np.float32), pd.DataFrame(index=mdata.obs_names))
    made.var_names = [f"{name}{j}" for j in range(made.n_vars)]
    made.obsm["spatial"] = coordinates_of(mdata).to_numpy()
    return rebuilt(mdata, {**mdata.mod, name: made})


def pure_noise(n: int, rng: np.random.Generator) -> np.ndarray:
    """Poisson counts of one rate, shape (n, 50)."""
    return rng.poisson(RATE, size=(n, N_FEATURES)).astype(np.float32)


def random_fields(at: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Gaussian random fields of unit variance and Gaussian covariance, shape (n_spots, n): sums of random plane waves."""
    at = at / np.ptp(at, axis=0).max()
    frequency = rng.normal(scale=1 / RANGE, size=(2, N_WAVES))
    waves = np.cos(at @ frequency + rng.uniform(0, 2 * np.pi, size=N_WAVES))
    fields = waves @ rng.normal(size=(N_WAVES, n))
    return (fields - fields.mean(axis=0)) / fields.std(axis=0)


def shared_by_neighbors(values: np.ndarray, graph: sparse.spmatrix) -> float:
    """Share of the variance that spots share with their neighbours: covariance over edges by variance, over all columns."""
    centred = values - values.mean(axis=0)
    edges = graph.tocoo()
    return float((centred[edges.row] * centred[edges.col]).sum() / edges.nnz / centred.var(axis=0).sum())


def structure(at: np.ndarray, strength: float, rng: np.random.Generator, *, counts: bool) -> np.ndarray:
    """Features that follow fields of their own, shape (n_spots, 50): ``strength`` is the share of the variance that is field."""
    strength = float(np.clip(strength, 0.01, 0.95))
    fields = random_fields(at, N_FEATURES, rng)
    if not counts:
        return np.sqrt(strength) * fields + np.sqrt(1 - strength) * rng.normal(size=fields.shape)
    # Of a log-normal rate exp(s f - s^2 / 2) the variance is RATE^2 (exp(s^2) - 1), next to that of Poisson counts, RATE.
    scale = np.sqrt(np.log1p(strength / (1 - strength) / RATE))
    return rng.poisson(RATE * np.exp(scale * fields - scale**2 / 2)).astype(np.float32)


def counted(mdata: MuData) -> list[str]:
    """Modalities that hold counts."""
    return [name for name, m in mdata.mod.items() if is_counts(m.X.data if sparse.issparse(m.X) else np.asarray(m.X))]


def halves(mdata: MuData, rng: np.random.Generator) -> tuple[MuData, MuData]:
    """Each count given to one of two halves by chance, which are independent then; modalities without counts are left out."""
    parts = ({}, {})
    for name in counted(mdata):
        modality = mdata[name]
        values = modality.X.toarray() if sparse.issparse(modality.X) else np.asarray(modality.X)
        one = rng.binomial(values.astype(np.int64), 0.5).astype(np.float32)
        for part, half in zip(parts, (one, values - one), strict=True):
            part[name] = modality.copy()
            part[name].X = sparse.csr_matrix(half, dtype=np.float32)
    return rebuilt(mdata, parts[0]), rebuilt(mdata, parts[1])
