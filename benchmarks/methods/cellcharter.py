"""CellCharter (Varrone et al. 2024): features of a spot and of three rings of a Delaunay graph, and its Gaussian mixture."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import cellcharter
import numpy as np
import squidpy
from benchmarks.arrays import concatenated
from benchmarks.methods import Fit
from benchmarks.methods._objects import as_anndata

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue

N_LAYERS = 3


def fit(tissue: Tissue, seed: int) -> Fit:
    """The embedding is what it aggregates; its own read-out the mixture, with a full covariance for each domain."""
    import torch

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    adata = as_anndata(concatenated(tissue), tissue, "X_features")
    squidpy.gr.spatial_neighbors(adata, coord_type="generic", delaunay=True)
    cellcharter.gr.remove_long_links(adata)
    cellcharter.gr.aggregate_neighbors(adata, n_layers=N_LAYERS, use_rep="X_features")
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (what its k-means start draws from)
    mixture = cellcharter.tl.Cluster(
        tissue.n_clusters, random_state=seed, trainer_params={"accelerator": "cpu", "enable_progress_bar": False}
    )
    mixture.fit(adata, use_rep="X_cellcharter")
    labels = np.asarray(mixture.predict(adata, use_rep="X_cellcharter")).astype(int)
    return Fit(np.asarray(adata.obsm["X_cellcharter"]), labels)
