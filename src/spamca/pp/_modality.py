"""One modality: the features that stand for it, given, found or prepared, and written to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.features import KINDS, infer_kind, matrix_of, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca.features import Features


@dataclass(frozen=True)
class Representation:
    """Features (n_modality, n_features) that stand for a modality: their name in ``obsm``, and the kind of omics.

    ``prepared`` holds new features, yet to be written, and ``how`` says how they were prepared.
    """

    key: str
    values: np.ndarray
    kind: str
    prepared: Features | None = None
    how: str = ""

    def store(self, modality: AnnData) -> None:
        """Write the features, if new, and the record of them."""
        record = modality.uns.get(_keys.MODALITY_RECORD, {})
        if self.prepared is not None:
            store_features(modality, self.kind, self.prepared)
        elif record.get("use_rep") != self.key or record.get("kind") != self.kind:
            modality.uns[_keys.MODALITY_RECORD] = {"kind": self.kind, "use_rep": self.key}


def prepare_modality(mdata: MuData, name: str, kind: str | None = None, **options: int) -> Representation:
    """Features of a modality by its kind of omics, inferred where it is None; nothing is written.

    ``options`` are those of the kind's preparation. ValueError where the matrix does not suit the kind.
    """
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
    how = f"prepared from {source} as {kind}: {', '.join(features.steps)}"
    return Representation(features.key, features.values, kind, features, how)


def store_features(modality: AnnData, kind: str, features: Features) -> None:
    """Write features to a modality under the names that scanpy and muon use."""
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
    modality.uns[_keys.MODALITY_RECORD] = {
        "kind": kind,
        "use_rep": features.key,
        "steps": ", ".join(features.steps),
        "loadings": features.loadings_key,
        "constants": {**features.constants, "n_used": float(features.used().sum())},
    }


def _prepared_here(modality: AnnData) -> bool:
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


def representation(
    mdata: MuData, name: str, use_rep: str | Mapping[str, str] | None, random_state: int
) -> Representation:
    """Features that stand for a modality: those given, else those that ``prepare``, scanpy or muon left, else new ones.

    Nothing is written.
    """
    modality, kind = mdata[name], _keys.GIVEN
    record = modality.uns.get(_keys.MODALITY_RECORD, {})
    key = use_rep if use_rep is None or isinstance(use_rep, str) else use_rep.get(name)
    if key is not None:
        _checks.check_name("use_rep", key)
    elif _prepared_here(modality):
        key, kind = record["use_rep"], record["kind"]
    elif key := next((key for key in _keys.REPRESENTATIONS if key in modality.obsm), None):
        logger.info("neighbors: using obsm[%r] for %r", key, name)
        if "loadings" in record and record["use_rep"] == key:
            lost = "is not what spamca.pp.prepare left, or its loadings are gone"
            advice = "prepare it again if it was made section by section"
            logger.warning("neighbors: obsm[%r] of %r %s; %s", key, name, lost, advice)
    else:
        prepared = prepare_modality(mdata, name, random_state=random_state)
        logger.info("neighbors: %r has no features yet, %s", name, prepared.how)
        return prepared
    return Representation(key, _checks.check_representation(mdata, name, key), kind)
