"""COSMOS (Zhou et al. 2025), from a checkout of its code that ``COSMOS_PATH`` names: it is no package of a registry.

Options are those of its tutorials; its own read-out is leiden on fifty neighbours of the embedding.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, os.environ["COSMOS_PATH"])

import numpy as np
import scanpy
from benchmarks.methods import Fit
from benchmarks.methods._leiden import leiden
from benchmarks.methods._objects import as_anndata, first_two
from COSMOS import cosmos

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue

OPTIONS = {"z_dim": 50, "lr": 1e-3, "wnn_epoch": 500, "total_epoch": 1000, "max_patience_bef": 10}
OPTIONS |= {"max_patience_aft": 30, "min_stop": 200, "spatial_regularization_strength": 0.01, "gpu": 0}
OPTIONS |= {"regularization_acceleration": True, "edge_subset_sz": 1_000_000}


def fit(tissue: Tissue, seed: int) -> Fit:
    """Features are given as values, already normalised."""
    names, note = first_two(tissue)
    pair = [as_anndata(tissue.features[name], tissue, "X") for name in names]
    for adata in pair:
        adata.obs["x_pos"], adata.obs["y_pos"] = adata.obsm["spatial"].T
    model = cosmos.Cosmos(adata1=pair[0], adata2=pair[1])
    model.preprocessing_data(n_neighbors=10)
    with tempfile.TemporaryDirectory() as folder:  # it writes what it found
        places = {f"{what}_save_filepath": str(Path(folder) / what) for what in ("embedding", "weights")}
        model.train(random_seed=seed, **places, **OPTIONS)
    embedding = np.asarray(model.embedding)
    adata = as_anndata(embedding, tissue, "X_cosmos")
    scanpy.pp.neighbors(adata, n_neighbors=50, use_rep="X_cosmos", random_state=seed)
    return Fit(embedding, leiden(adata.obsp["connectivities"], tissue.n_clusters, seed), note)
