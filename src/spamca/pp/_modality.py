"""One modality: its features computed from its matrix, and written to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _keys
from spamca.pp._feature_graphs import forget_feature_graph

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca.features import Features


@dataclass(frozen=True)
class Prepared:
    """Features of a modality, its kind of omics, and where its matrix was found: ``"X"`` or a layer."""

    kind: str
    source: str
    features: Features

    def __str__(self) -> str:
        return f"prepared from {self.source} as {self.kind}: {', '.join(self.features.steps)}"


def prepare_modality(mdata: MuData, name: str, kind: str | None = None, **options: int) -> Prepared:
    """Features of a modality by its kind of omics, inferred where it is None; nothing is written.

    ``options`` are those of the kind's preparation. A ValueError says where the matrix does not suit the kind.
    """
    from spamca.features import KINDS, infer_kind, matrix_of, opened

    modality = opened(mdata[name])
    _checks.check_features(modality.X, name)
    kind = kind or infer_kind(name, modality)
    X, source = matrix_of(modality, kind)
    _checks.check_features(X, name, counts=KINDS[kind].counts)
    try:
        features = KINDS[kind].prepare(X, **options)
    except ValueError as error:
        msg = f"modality {name!r} cannot be prepared as {kind}: {error}; give other features, or leave it out of mdata"
        raise ValueError(msg) from error
    return Prepared(kind, source, features)


def store_features(modality: AnnData, prepared: Prepared) -> None:
    """Write features to a modality under the names that scanpy and muon use."""
    features = prepared.features
    modality.obsm[features.key] = features.values
    modality.varm[features.loadings_key] = features.loadings
    if features.highly_variable is not None:
        modality.var[_keys.HIGHLY_VARIABLE] = features.highly_variable
    modality.uns[features.key.removeprefix("X_")] = {
        "variance": features.variance,
        "variance_ratio": features.variance_ratio,
        "stdev": np.sqrt(features.variance),
    }
    columns = {**features.columns, _keys.LENGTH: _lengths(features.loadings)}
    modality.varm[_keys.PREPARATION] = pd.DataFrame(columns, index=modality.var_names)
    more = {"steps": ", ".join(features.steps), "loadings": features.loadings_key}
    more["constants"] = {**features.constants, "n_used": float(features.used().sum())}
    record_representation(modality, prepared.kind, features.key, **more)


def prepared_here(modality: AnnData) -> bool:
    """Whether the recorded features come from the loadings that were stored with them.

    They do not after another principal component analysis under the same names, nor where sections prepared one by one were
    joined, which drops the loadings.
    """
    record, found = modality.uns.get(_keys.MODALITY_RECORD, {}), modality.varm.get(_keys.PREPARATION)
    if record.get("use_rep") not in modality.obsm or record.get("loadings") not in modality.varm:
        return False
    if found is None or _keys.LENGTH not in found:
        return False
    return np.allclose(_lengths(modality.varm[record["loadings"]]), found[_keys.LENGTH], rtol=1e-4)


def _lengths(loadings: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.asarray(loadings, dtype=np.float64), axis=1)


def forget_stale_graph(modality: AnnData, features: Features) -> bool:
    """Remove the feature graph of a modality unless it was built on the very features to be written; whether one was removed."""
    graph = modality.uns.get(_keys.FEATURE_NEIGHBORS)
    if not isinstance(graph, Mapping):
        return False
    on = graph.get("params", {}).get("use_rep")
    if on == features.key and on in modality.obsm and np.array_equal(modality.obsm[on], features.values):
        return False
    return forget_feature_graph(modality)


def record_representation(modality: AnnData, kind: str, use_rep: str, **more: Any) -> None:
    """Write down which representation stands for a modality."""
    modality.uns[_keys.MODALITY_RECORD] = {"kind": kind, "use_rep": use_rep, **more}
