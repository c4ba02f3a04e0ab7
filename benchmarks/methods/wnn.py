"""Weighted nearest neighbours (Hao et al. 2021) through muon.

The graph is the result; the embedding that the common read-outs need is the spectral one of that graph, twenty
dimensions. The method's own read-out is leiden on the graph, at the resolution that gives K communities.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import igraph  # noqa: F401 (imports do not count as the method's time)
import muon
import numpy as np
import scanpy
from benchmarks.methods import Fit
from benchmarks.methods._leiden import leiden
from benchmarks.methods._objects import as_mudata
from sklearn.manifold import spectral_embedding

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue

N_DIMENSIONS = 20
N_CANDIDATES = 200
"""muon's default, past which it aborts on a smaller tissue."""


def fit(tissue: Tissue, seed: int) -> Fit:
    """Features are divided by their L2 norm per spot before, as muon advises."""
    mdata = as_mudata(tissue, values="X_features")
    for modality in mdata.mod.values():
        muon.pp.l2norm(modality, rep="X_features")
        modality.obsm["X_features"] = np.nan_to_num(modality.obsm["X_features"])  # spots without the modality
        scanpy.pp.neighbors(modality, use_rep="X_features", random_state=seed)
    n_candidates = min(N_CANDIDATES, mdata.n_obs // 2)
    muon.pp.neighbors(mdata, n_multineighbors=n_candidates, random_state=seed)
    graph = mdata.obsp["connectivities"].tocsr()
    graph = graph.maximum(graph.T)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where the graph falls into parts
        embedding = spectral_embedding(graph, n_components=N_DIMENSIONS, random_state=seed)
    labels = leiden(graph, tissue.n_clusters, seed)
    found = len(np.unique(labels))
    return Fit(embedding, labels, "" if found == tissue.n_clusters else f"leiden: {found} communities")
