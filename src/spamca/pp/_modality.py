"""One modality: the features that stand for it, given, found or prepared, and written to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.features import KINDS, Opened, holding, infer_kind, matrix_of
from spamca.features.controls import decided

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca.features import Features


N_TOP_GENES = 3000
"""Highly variable genes that are chosen where neither the user nor ``var["highly_variable"]`` says which or how many."""

EMPTY_ROWS = ("missing", "keep")
"""What rows that hold nothing are: spots that were not measured, or values like others."""

KEEPS_EMPTY = "keeps_empty"
"""Constant of a preparation: 1 where it took rows that hold nothing as they are."""

_NOTHING = (
    "modality {!r} holds nothing: all of its values are zero, NaN, or one number; leave it out of mdata, or, of several processes with "
    "sharded=True, give this one a further section that has it"
)


@dataclass(frozen=True)
class Representation:
    """Features (n_modality, n_features) that stand for a modality: their name in ``obsm``, and the kind of omics.

    Rows of spots that were not ``measured``, booleans (n_modality,), are zero or not read. ``prepared`` holds new features, yet to be
    written, and ``how`` says how they were prepared.
    """

    key: str
    values: np.ndarray
    kind: str
    measured: np.ndarray
    prepared: Features | None = None
    how: str = ""

    def store(self, modality: AnnData) -> None:
        """Write the features, if new, the record of them, and which spots were measured."""
        _edge.write_measured(modality, self.measured)
        record = modality.uns.get(_keys.MODALITY_RECORD, {})
        if self.prepared is not None:
            store_features(modality, self.kind, self.prepared)
        elif record.get("use_rep") != self.key or record.get("kind") != self.kind:
            modality.uns[_keys.MODALITY_RECORD] = {"kind": self.kind, "use_rep": self.key}


def prepare_modality(
    mdata: MuData,
    name: str,
    kind: str | None = None,
    *,
    n_top_genes: int | None = None,
    empty: str,
    caller: str = "prepare",
    **options: int,
) -> Representation:
    """Features of a modality by its kind of omics, inferred where it is None; nothing is written.

    ``n_top_genes`` is None where the user's own choice of features counts; ``empty`` says what rows that hold nothing are, and the other
    options are those of the kind's preparation. ValueError where the matrix does not suit the kind.
    """
    modality = counted(mdata[name], name, empty, caller)
    _checks.check_features(modality.X, name)
    kind = kind or infer_kind(name, modality)
    X, source = matrix_of(modality, kind)
    _checks.check_features(X, name, counts=KINDS[kind].counts)
    chosen = _chosen(modality.var, name) if n_top_genes is None else None
    try:
        features = KINDS[kind].prepare(X, n_top_genes=n_top_genes or N_TOP_GENES, chosen=chosen, **options)
    except ValueError as error:
        msg = f"modality {name!r} cannot be prepared as {kind}: {error}; give other features, or leave it out of mdata"
        raise ValueError(msg) from error
    usual, features = features, beside(mdata[name], features)
    own = "" if chosen is None else f"{chosen.sum()} features of var['highly_variable'], "
    how = f"prepared from {source} as {kind}: {own}{', '.join(features.steps)}"
    if features.key != usual.key:
        how += f", into obsm[{features.key!r}], as obsm or varm hold others under the usual name"
    features = replace(
        features.among(len(modality.real), np.flatnonzero(modality.real)),
        values=_edge.spread(features.values, _edge.places(modality.measured)),
        constants={**features.constants, KEEPS_EMPTY: float(empty == "keep")},
    )
    return Representation(features.key, features.values, kind, modality.measured, features, how)


def counted(modality: AnnData, name: str, empty: str, caller: str) -> Opened:
    """The modality without rows that hold nothing, unless they are kept, and without controls; both are logged."""
    every = np.ones(modality.n_obs, dtype=bool)
    held = Opened(modality, every)
    if not held.real.all():
        left_out = modality.var_names[~held.real]
        logger.info("%s: leaving out %d controls of %r, e.g. %r", caller, len(left_out), name, left_out[0])
        if not held.real.any():
            msg = f"all {len(held.real)} features of modality {name!r} are controls; leave it out of mdata, or set var['control']"
            raise ValueError(msg)
    return held if empty == "keep" else without_empty(held, name, caller)


def without_empty(held: Opened, name: str, caller: str) -> Opened:
    """The modality without rows that hold nothing but controls or nothing at all, which are logged."""
    if held.X is None or held.X.dtype.kind not in "biuf" or not held.X.shape[1]:
        return held
    which = holding(held.X)
    return held if which.all() else held.having(_some(which, name, caller))


def check_measured(modality: AnnData, name: str) -> np.ndarray:
    """Which spots of a modality its preparation found to be measured; a ValueError if none is left, as in a part of the tissue."""
    which = _edge.measured(modality)
    if not which.any():
        raise ValueError(_NOTHING.format(name))
    return which


def _some(which: np.ndarray, name: str, caller: str) -> np.ndarray:
    """Which rows hold something, logged; a ValueError if none does."""
    if not which.any():
        raise ValueError(_NOTHING.format(name))
    if not which.all():
        what = "%r holds nothing in %d of %d spots, which count as not measured"
        what += "; empty_rows='keep' takes them as they are" if caller in ("prepare", "neighbors") else ""
        logger.info(f"%s: {what}", caller, name, (~which).sum(), len(which))
    return which


def _chosen(var: pd.DataFrame, name: str) -> np.ndarray | None:
    """Features that ``var["highly_variable"]`` marks, booleans (n_features,); None where there is no such column."""
    if _keys.HIGHLY_VARIABLE not in var:
        return None
    chosen = decided(var, _keys.HIGHLY_VARIABLE, np.zeros(len(var), dtype=bool))
    if not chosen.any():
        msg = (
            f"mdata[{name!r}].var['highly_variable'] marks no feature but controls; set it to booleans, remove it, or pass n_top_genes for "
            "a new choice"
        )
        raise ValueError(msg)
    return chosen


def beside(modality: AnnData, features: Features) -> Features:
    """The features, under names of our own where scanpy's and muon's hold what this package did not write."""
    record, loadings, key = modality.uns.get(_keys.MODALITY_RECORD, {}), features.loadings_key, features.key
    name = key.removeprefix("X_")
    taken = key in modality.obsm or loadings in modality.varm or name in modality.uns
    lost = "loadings" in record and record["loadings"] not in modality.varm  # of sections that were joined
    ours = record.get("use_rep") == key and (lost or _prepared_here(modality))
    if ours or not taken:
        return features
    return replace(features, key=_keys.own_features(name), loadings_key=_keys.own_loadings(loadings))


def store_features(modality: AnnData, kind: str, features: Features) -> None:
    """Write features to a modality under the names that scanpy and muon use."""
    modality.obsm[features.key] = features.values
    modality.varm[features.loadings_key] = features.loadings
    modality.var[_keys.USED] = features.used()
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
    mdata: MuData, name: str, use_rep: str | Mapping[str, str] | None, empty: str
) -> Representation | None:
    """Features that stand for a modality: those given, else those that ``prepare``, scanpy or muon left; None where there are none."""
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
        return None
    if kind != _keys.GIVEN:
        values = _checks.check_representation(mdata, name, key)
        return Representation(key, values, kind, check_measured(modality, name))
    which = given_rows(modality, key, name, empty, "neighbors")
    return Representation(key, _checks.check_representation(mdata, name, key, which), kind, which)


def given_rows(modality: AnnData, key: str, name: str, empty: str, caller: str) -> np.ndarray:
    """Which rows of features that the user brought hold something, in these and in the matrix that they were made from."""
    which = np.ones(modality.n_obs, dtype=bool)
    if empty == "keep":
        return which
    # A matrix that is not in memory is not read for this.
    matrix = Opened(modality, which).X if isinstance(modality.X, np.ndarray) or issparse(modality.X) else None
    for values in (_checks.dense(modality.obsm[key]) if key in modality.obsm else None, matrix):
        if values is not None and values.ndim == 2 and values.shape[1] and values.dtype.kind in "biuf":
            which &= holding(values)
    return _some(which, name, caller)
