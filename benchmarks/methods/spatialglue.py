"""SpatialGlue (Long et al. 2024), the package of the registry, with the settings that it has for the kind of tissue.

It takes two modalities. Its own read-out is R's mclust (model "EEE") on twenty principal components.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.methods import Fit
from benchmarks.methods._objects import as_anndata, first_two
from SpatialGlue.preprocess import construct_neighbor_graph, fix_seed
from SpatialGlue.SpatialGlue_pyG import Train_SpatialGlue

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def fit(tissue: Tissue, seed: int, *, epigenome: tuple[str, ...] = ("atac",)) -> Fit:
    """``datatype`` is its own for RNA with epigenome, and that of Visium with protein else."""
    names, note = first_two(tissue)
    with_epigenome = any(name in epigenome for name in names)
    datatype = "Spatial-epigenome-transcriptome" if with_epigenome else "10x"
    fix_seed(seed)
    pair = [as_anndata(tissue.features[name], tissue, "feat") for name in names]
    data = construct_neighbor_graph(*pair, datatype=datatype)
    found = Train_SpatialGlue(data, datatype=datatype, random_seed=seed).train()
    return Fit(found["SpatialGlue"], note=note)
