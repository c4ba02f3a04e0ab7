"""From MuData to what the network sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spamca import _checks, _edge, _keys
from spamca.graph import feature_graph, normalize
from spamca.nn import Tissue
from spamca.nn.sparse import Adjacency

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Corrected:
    """A modality without batch effects.

    Parameters
    ----------
    values
        Features, (n_modality, n_features).
    search
        Arguments of :func:`spamca.graph.feature_graph`.
    """

    values: np.ndarray
    search: Mapping[str, Any]

    @cached_property
    def connectivities(self) -> csr_matrix:
        """Feature graph built on the features, sparse of shape (n_modality, n_modality)."""
        return feature_graph(self.values, **self.search).connectivities


def root_mean_squares(mdata: MuData, corrected: Mapping[str, Corrected] | None = None) -> dict[str, float]:
    """Root mean square of the features of each modality, by name: divided by it, none outweighs another by its units."""
    values = {name: _values(modality, name, corrected) for name, modality in mdata.mod.items()}
    least = float(np.finfo(np.float32).tiny)
    return {name: max(float(np.sqrt(np.square(x, dtype=np.float64).mean())), least) for name, x in values.items()}


def gather(
    mdata: MuData,
    scale: Mapping[str, float] | None = None,
    corrected: Mapping[str, Corrected] | None = None,
    *,
    feature_graphs: bool = True,
) -> Tissue:
    """Lay out features and graphs of all modalities over the spots of the MuData.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    scale
        What the features of each modality are divided by, by name; None leaves them as they are.
    corrected
        By modality, features and feature graphs to take in place of those that are stored.
    feature_graphs
        Whether the network has a feature view.

    Returns
    -------
    The tissue, on the CPU.
    """
    features, graphs = [], []
    for name, modality in mdata.mod.items():
        row = _edge.rows(mdata, name)
        values = _values(modality, name, corrected)
        if scale is not None:
            values = values / np.float64(scale[name])  # in double precision
        features.append(torch.from_numpy(_edge.spread(values.astype(np.float32, copy=False), row)))
        if feature_graphs:
            graphs.append(
                Adjacency.from_scipy(normalize(_edge.spread_graph(feature_graph_of(modality, name, corrected), row)))
            )
    present = _edge.present(mdata)
    return Tissue(
        features=tuple(features),
        spatial=Adjacency.from_scipy(normalize(mdata.obsp[_keys.connectivities(_keys.SPATIAL)])),
        feature_graphs=tuple(graphs),
        present=None if present.all() else torch.from_numpy(present),
    )


def positions(mdata: MuData) -> np.ndarray | None:
    """Where each spot lies, (n_obs, 2) or with the number of its section as a third coordinate that outweighs the others.

    None where the coordinates are not in their usual place: the graph may be the user's own.
    """
    try:
        coords = _checks.check_coordinates(mdata)
    except (KeyError, ValueError):
        return None
    library_key = _checks.recorded_library_key(mdata)
    try:
        library = _checks.check_library(mdata, library_key)
    except (KeyError, ValueError):  # sections were renamed or left out since
        return coords
    if library is None:
        return coords
    section = np.unique(library, return_inverse=True)[1]
    return np.column_stack([coords, 2 * np.ptp(coords, axis=0).max() * section])


def features_of(modality: AnnData) -> np.ndarray:
    """Representation that the modality's feature graph was built on, shape (n_modality, n_features)."""
    return np.ascontiguousarray(modality.obsm[modality.uns[_keys.MODALITY_RECORD]["use_rep"]])


def _values(modality: AnnData, name: str, corrected: Mapping[str, Corrected] | None) -> np.ndarray:
    return features_of(modality) if corrected is None else corrected[name].values


def feature_graph_of(modality: AnnData, name: str, corrected: Mapping[str, Corrected] | None) -> csr_matrix:
    """Feature graph of a modality, that of corrected features where there are such, sparse (n_modality, n_modality)."""
    stored = modality.obsp[_keys.connectivities(_keys.FEATURE_NEIGHBORS)]
    return stored if corrected is None else corrected[name].connectivities
