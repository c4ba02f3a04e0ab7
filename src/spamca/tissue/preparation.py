"""How a modality was prepared, and what its components leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from anndata.utils import make_index_unique

from spamca import _edge, _keys
from spamca._group import ALONE
from spamca._records import plain
from spamca.denoise import signal_share
from spamca.features import KINDS, Fitted, in_memory, infer_kind, matrix_of, opened, unexplained

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData
    from scipy.sparse import csr_matrix

    from spamca._group import Group
    from spamca.features._opened import Opened
    from spamca.tissue.tissue import Tissue

LOOKED_AT = 20_000
"""Most spots that tell what is usual in a tissue."""


def preparation_of(modality: AnnData | Opened) -> tuple[Fitted, np.ndarray] | None:
    """The preparation of the features that were used, and which these are, (n_vars,); None where the user brought components.

    KeyError if the modality no longer holds it, ValueError if features that were used were removed.
    """
    held = opened(modality)
    kind = held.modality.uns[_keys.MODALITY_RECORD]["kind"]
    if kind == _keys.GIVEN:
        return None
    fitted = stored_fitted(held.modality)
    used, n_used = fitted.used(), int(fitted.constants["n_used"])
    if used.sum() != n_used:
        msg = (
            f"{n_used} features were used when it was prepared, and {used.sum()} of them are left; take none out after "
            "spamca.pp.prepare(mdata)"
        )
        raise ValueError(msg)
    if (used & ~held.real).any():
        msg = "features that were used are marked as controls since; call spamca.pp.prepare(mdata) again"
        raise ValueError(msg)
    used |= held.real & KINDS[kind].centred
    return fitted.take(used), used


def stored_fitted(modality: AnnData) -> Fitted:
    """The preparation of all features, of unused ones too; a KeyError if the modality does not hold it."""
    record, found = modality.uns[_keys.MODALITY_RECORD], modality.varm[_keys.PREPARATION]
    return Fitted(
        np.asarray(modality.varm[record["loadings"]]),
        {str(column): found[column].to_numpy(dtype=np.float64) for column in found if column != _keys.LENGTH},
        {str(name): float(plain(value)) for name, value in record["constants"].items()},
    )


def kind_of(held: Opened, name: str) -> str:
    """Kind of a modality: that of its preparation, or inferred where the user brought the features."""
    kind = str(held.modality.uns.get(_keys.MODALITY_RECORD, {}).get("kind", _keys.GIVEN))
    return infer_kind(name, held) if kind == _keys.GIVEN else kind


def feature_names(modality: AnnData) -> pd.Index:
    """Names of the features, made unique where they repeat."""
    names = modality.var_names.astype(str)
    return names if names.is_unique else make_index_unique(pd.Index(names))


def signal_of(modality: AnnData) -> np.ndarray:
    """Share of signal in each component of a modality; ones where the user brought the components."""
    record = modality.uns[_keys.MODALITY_RECORD]
    # Where scanpy and muon keep the variance of components.
    kept = modality.uns.get(str(record["use_rep"]).removeprefix("X_")) if "loadings" in record else None
    if kept is None:
        return np.ones(modality.obsm[record["use_rep"]].shape[1])
    variance, ratio = np.asarray(kept["variance"]), np.asarray(kept["variance_ratio"])
    used = int((np.asarray(modality.varm[record["loadings"]]) != 0).any(axis=1).sum())
    return signal_share(variance, float(variance.sum() / ratio.sum()), int(_edge.measured(modality).sum()), used)


def usual_unexplained(mdata: MuData, tissue: Tissue, quantile: float, group: Group = ALONE) -> dict[str, float]:
    """What neighbours share beyond the components, by modality: a quantile over its spots in all processes, of many over an even sample.

    Left out are modalities whose components the user brought, or whose matrix is no longer what they were made from.
    """
    own, (most, _) = {}, group.share(tissue.n_spots, LOOKED_AT)
    for m, (name, row) in enumerate(zip(tissue.names, tissue.rows, strict=True)):
        spots = tissue.own(m, np.arange(tissue.n_spots))
        near = spots
        if len(spots) > most:
            spots = np.random.default_rng(0).choice(spots, most, replace=False)
            near = np.union1d(spots, tissue.graph[spots].indices)
            near = near[row[near] >= 0]
            near = near[np.argsort(row[near])]
        treated = _treated(mdata[name], row[near], tissue.features[m][near])
        if treated is not None:
            own[name] = unexplained(*treated, tissue.graph[near][:, near])[np.isin(near, spots)]
    parts = group.gather(own)
    known = [name for name in tissue.names if all(len(part.get(name, ())) for part in parts)]
    out = {name: float(np.quantile(np.concatenate([part[name] for part in parts]), quantile)) for name in known}
    return {name: reach for name, reach in out.items() if reach > 0}


def _treated(
    modality: AnnData, rows: np.ndarray, expected: np.ndarray
) -> tuple[np.ndarray | csr_matrix, Fitted, np.ndarray] | None:
    """Treated features of some measured rows, rising, their preparation, and the components that they give, if those are the expected ones."""
    kind = modality.uns[_keys.MODALITY_RECORD]["kind"]
    try:
        held = opened(modality)
        prepared = preparation_of(held)
        if prepared is None or modality.X is None:
            return None
        fitted, used = prepared
        treated, known = KINDS[kind].treat(
            matrix_of(held.taking(rows), kind)[0], np.flatnonzero(used[held.real]), fitted
        )
    except (KeyError, ValueError):
        return None
    treated = in_memory(treated)
    scores = known.scores(treated)
    return (treated, known, scores) if np.allclose(scores, expected, atol=1e-2 * np.abs(expected).max()) else None
