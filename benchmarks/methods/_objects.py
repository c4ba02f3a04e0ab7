"""A tissue as the objects that scverse packages take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anndata
import mudata
import numpy as np
import pandas as pd
from benchmarks.arrays import scaled

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def as_anndata(values: np.ndarray, tissue: Tissue, key: str) -> anndata.AnnData:
    """Features as ``obsm[key]`` or, with ``key="X"``, as values; coordinates as ``obsm["spatial"]``."""
    values = np.ascontiguousarray(values, dtype=np.float32)
    obs = pd.DataFrame(index=[f"spot{i}" for i in range(len(values))])
    adata = anndata.AnnData(values.copy(), obs=obs)
    if key != "X":
        adata.obsm[key] = values
    adata.obsm["spatial"] = np.asarray(tissue.coordinates, dtype=np.float64)
    return adata


def as_mudata(tissue: Tissue, values: str) -> mudata.MuData:
    """Scaled features of every modality, as values or under the name ``values`` in ``obsm``."""
    modalities = {name: as_anndata(features, tissue, values) for name, features in scaled(tissue).items()}
    for name, modality in modalities.items():
        modality.var_names = [f"{name}{j}" for j in range(modality.n_vars)]
    return mudata.MuData(modalities)


def first_two(tissue: Tissue) -> tuple[list[str], str]:
    """Modalities for a method that takes two, RNA first where there is any, then protein; and a note where some are left out."""
    order = {"rna": 0, "protein": 1}
    names = sorted(tissue.features, key=lambda name: order.get(tissue.kinds[name], 2))
    if "rna" in names:
        names = ["rna", *(name for name in names if name != "rna")]
    return names[:2], f"{names[0]} and {names[1]} only" if len(names) > 2 else ""
