"""PRAGA (Huang et al. 2025), from a checkout of its code that ``PRAGA_PATH`` names: it is no package of a registry.

Options are the defaults of its command line; its own read-out is R's mclust on twenty principal components.
"""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

sys.path.insert(0, os.environ["PRAGA_PATH"])

import torch
from benchmarks.methods import Fit, _joblib  # noqa: F401 (before PRAGA is imported)
from benchmarks.methods._objects import as_anndata, first_two
from PRAGA.preprocess import construct_neighbor_graph, fix_seed
from PRAGA.Train_model import Train

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue

OPTIONS = {"init_k": 10, "KNN_k": 20, "alpha": 0.9, "cl_weight": 1, "RNA_weight": 5, "ADT_weight": 5, "tau": 2}


def fit(tissue: Tissue, seed: int) -> Fit:
    """The two-modality version."""
    names, note = first_two(tissue)
    datatype = "Spatial-epigenome-transcriptome" if "atac" in names else "10x"
    chosen = SimpleNamespace(**OPTIONS, n_clusters=tissue.n_clusters, data_type=datatype)
    fix_seed(seed)
    pair = [as_anndata(tissue.features[name], tissue, "feat") for name in names]
    data = construct_neighbor_graph(*pair, datatype=datatype, Arg=chosen)
    found = Train(data, datatype=datatype, device=torch.device("cpu"), Arg=chosen).train()
    return Fit(found["PRAGA"], note=note)
